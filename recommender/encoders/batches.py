"""Training batches: windows of sequences, gathered by length so that little is computed on padding."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints
from recommender.encoders.augmentation import Augmentation
from recommender.encoders.inputs import hours_before_newest

NO_TARGET = -1


@dataclass(frozen=True)
class Histories:
    """Runs of at most ``t`` entries, left-aligned, oldest first."""

    items: Ints  # (b, t) vocabulary index, 0 beyond the length
    kinds: npt.NDArray[np.int64]  # (b, t)
    lengths: Ints  # (b,)
    hours: Floats  # (b, t) before the newest entry, NaN where unknown and beyond the length


@dataclass(frozen=True)
class Batch(Histories):
    """Windows and what followed; column 0 of ``targets`` belongs to the start token before the first entry."""

    targets: Ints  # (b, t+1) item to predict after each position, NO_TARGET where there is none


@dataclass(frozen=True)
class _Lessons:
    """What an epoch reads and what it predicts."""

    read: Sequences
    target: Ints  # (m,) what follows each entry, NO_TARGET where nothing does
    opener: Ints  # (m,) the item itself where it is its shopper's first, else NO_TARGET


@dataclass(frozen=True)
class _Windows:
    begin: Ints  # (w,) first entry
    length: Ints  # (w,)


def batches_epoch(
    sequences: Sequences,
    *,
    max_length: int,
    tokens: int,
    rng: np.random.Generator,
    augmentation: Augmentation | None = None,
    part: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """One pass over all sequences in random order.

    Sequences longer than ``max_length`` are cut into windows at a random phase. Entries of one order are shuffled, and
    predict an entry of the next order instead of each other, for an order is a set.

    Args:
        sequences: behaviour, oldest first.
        max_length: longest window.
        tokens: entries per batch, padding included.
        rng: decides phases, shuffles and the order of batches.
        augmentation: how short sequences are varied.
        part: (i, k) gives the i-th of k nearly equal shares of every batch, perhaps without rows: k processes with
            equal ``rng`` read every batch between them.
    """
    lessons = _lessons(sequences, augmentation, rng)
    windows = _windows_cut(lessons.read, max_length, rng)
    share, shares = part
    for whole in _buckets(windows.length, tokens, rng):
        rows = whole[share::shares]
        yield _batch(lessons, windows.begin[rows], windows.length[rows])


def _lessons(sequences: Sequences, augmentation: Augmentation | None, rng: np.random.Generator) -> _Lessons:
    if augmentation is not None:
        sequences = augmentation.loosened(sequences, rng)
    sequences = _orders_shuffle(sequences, rng)
    target = _next_items(sequences, rng)
    opener = np.where(sequences.user == np.append(-1, sequences.user[:-1]), NO_TARGET, sequences.item)
    if augmentation is None:
        return _Lessons(sequences, target, opener)
    read, kept = replace(sequences, item=augmentation.read(sequences, rng)), augmentation.kept(sequences, rng)
    return _Lessons(read.keep(kept), target[kept], opener[kept])


def batch_count(sequences: Sequences, *, tokens: int) -> int:
    """About how many batches an epoch has: what a progress bar needs."""
    return max(1, int((sequences.lengths + 1).sum() * (1.1 / tokens)))


def _orders_shuffle(sequences: Sequences, rng: np.random.Generator) -> Sequences:
    """The same sequences with a random order inside each set bought together."""
    if not sequences.order.any():
        return sequences
    group = _groups(sequences)
    shuffled = np.lexsort((rng.random(len(group)), group))
    return Sequences(
        sequences.start,
        sequences.item[shuffled],
        sequences.kind[shuffled],
        sequences.at_us,
        sequences.order,
        sequences.n_items,
    )


def _groups(sequences: Sequences) -> Ints:
    """(m,) number of the order each entry belongs to, rising; an entry without an order is its own."""
    user, order = sequences.user, sequences.order
    new = np.ones(len(order), np.bool_)
    new[1:] = (user[1:] != user[:-1]) | (order[1:] != order[:-1]) | (order[1:] == 0)
    return np.cumsum(new) - 1


def _next_items(sequences: Sequences, rng: np.random.Generator) -> Ints:
    """(m,) what follows each entry: a random entry of the next order of the same shopper."""
    group = _groups(sequences)
    first = np.flatnonzero(np.diff(group, prepend=-1))  # (g,) first entry of each group
    bounds = np.append(first, len(group))
    following = np.minimum(group + 1, len(first) - 1)
    size = bounds[following + 1] - bounds[following]
    pick = bounds[following] + (rng.random(len(group)) * size).astype(np.int64)
    user = sequences.user
    last = (group + 1 >= len(first)) | (user[pick] != user)
    return np.where(last, NO_TARGET, sequences.item[pick])


def _windows_cut(sequences: Sequences, max_length: int, rng: np.random.Generator) -> _Windows:
    """Consecutive windows that cover each sequence; the first may be shorter, by a random phase."""
    begins, lengths = [], []
    phase = rng.integers(1, max_length + 1, len(sequences))
    for start, length, first in zip(sequences.start[:-1], sequences.lengths, phase, strict=True):
        if length <= max_length:
            cuts = np.array([0, length])
        else:
            cuts = np.append(np.concatenate([[0], np.arange(first, length, max_length)]), length)
        begins.append(start + cuts[:-1])
        lengths.append(np.diff(cuts))
    begin, length = np.concatenate(begins), np.concatenate(lengths)
    return _Windows(begin[length > 0], length[length > 0])


def _buckets(lengths: Ints, tokens: int, rng: np.random.Generator) -> Iterator[Ints]:
    """Rows of similar length, at most ``tokens`` entries per group, groups in random order."""
    order = np.lexsort((rng.random(len(lengths)), lengths))[::-1]
    groups, begin = [], 0
    while begin < len(order):
        size = max(1, tokens // (int(lengths[order[begin]]) + 1))
        groups.append(order[begin : begin + size])
        begin += size
    for number in rng.permutation(len(groups)):
        yield groups[number]


def _batch(lessons: _Lessons, begin: Ints, length: Ints) -> Batch:
    longest = int(length.max(initial=0))
    histories = histories_cut(lessons.read, begin, length, longest)
    inside = np.arange(longest) < length[:, None]
    after = np.full((len(begin), longest + 1), NO_TARGET, np.int64)
    after[:, 1:][inside] = lessons.target[(begin[:, None] + np.arange(longest))[inside]]
    after[:, 0] = lessons.opener[begin]  # windows that begin a sequence teach the start token
    return Batch(histories.items, histories.kinds, histories.lengths, histories.hours, after)


def padding_share(sequences: Sequences, *, max_length: int, tokens: int, rng: np.random.Generator) -> float:
    """Share, in [0, 1), of an epoch's computed positions that are padding; start tokens count as work.

    Arguments as of ``batches_epoch``.
    """
    batches = list(batches_epoch(sequences, max_length=max_length, tokens=tokens, rng=rng))
    computed = sum(batch.targets.size for batch in batches)
    return 1 - sum(int((batch.lengths + 1).sum()) for batch in batches) / max(computed, 1)


def histories_newest(sequences: Sequences, users: Ints, max_length: int) -> Histories:
    """The newest ``max_length`` entries of each of ``users`` (b,), as (b, max_length) rows."""
    lengths = np.minimum(sequences.lengths[users], max_length)
    return histories_cut(sequences, sequences.start[users + 1] - lengths, lengths, max_length)


def histories_cut(sequences: Sequences, begin: Ints, lengths: Ints, columns: int) -> Histories:
    """Runs of entries as padded rows.

    Args:
        sequences: behaviour.
        begin: (b,) first entry of each run.
        lengths: (b,) its entries.
        columns: width, at least the longest length.
    """
    place = np.arange(columns)
    inside = place < lengths[:, None]
    flat = np.where(inside, begin[:, None] + place, 0)
    return Histories(
        np.where(inside, sequences.item[flat], 0),
        np.where(inside, sequences.kind[flat], 0).astype(np.int64),
        lengths,
        hours_before_newest(np.where(inside, sequences.at_us[flat], 0)),
    )
