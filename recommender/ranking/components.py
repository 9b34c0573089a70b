"""Component scores: what each model thinks of each candidate, computed in one place for training and for serving.

``components_compute`` gives a (c, K) matrix whose columns are ``COMPONENTS``, in this order; ``components_of`` gives
one for each of several versions of a shopper at once, which is what keeps counterfactuals cheap.

=================== ==========================================================================================
encoder             log-probability of the sequence encoder among the candidates
rules               log of the sequential-rule probability, newest ten items, decay 0.8
mixture             log(encoder probability + 0.4 · rule probability): either model alone may carry an item
item_knn            log of the summed cosine similarity to the history
knn_recent          the same for the newest three items
text                cosine between whitened text and the decayed mean of the history's whitened texts
text_nearest        largest whitened cosine to one of the newest ten items
popularity          log(1 + interactions)
recent_popularity   log(1 + decayed interactions)
own_frequency       log(1 + times this shopper met the item)
own_recency         1 / (1 + distinct moments since this shopper last met it), 0 if never
brand               share of the decayed history with the candidate's brand
category            share with its category
department          share with its department
encoder_rank        1 / (rank + 5) · 5 by encoder, likewise:
rules_rank
knn_rank
text_rank
=================== ==========================================================================================

Every number is finite; what a model cannot say (no text, item newer than the bundle) is that column's "nothing known"
value. Popularity of an item newer than the bundle is 0, its encoder bias the vocabulary's mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.profile import Profile, profile_of
from recommender.data.types import Context, Floats, Gathered, Ints
from recommender.encoders.whitening import Whitening

COMPONENTS = (
    "encoder",
    "rules",
    "mixture",
    "item_knn",
    "knn_recent",
    "text",
    "text_nearest",
    "popularity",
    "recent_popularity",
    "own_frequency",
    "own_recency",
    "brand",
    "category",
    "department",
    "encoder_rank",
    "rules_rank",
    "knn_rank",
    "text_rank",
)

RULES_HISTORY, RULES_DECAY = 10, 0.8
KNN_HISTORY, KNN_DECAY = 50, 0.95
KNN_RECENT = 3
TEXT_HISTORY, TEXT_DECAY = 10, 0.8
AFFINITY_HISTORY, AFFINITY_DECAY = 20, 0.9
RULE_SHARE = 0.4  # of the mixture
RULE_FLOOR, KNN_FLOOR = 1e-4, 1e-2  # what is added before a logarithm is taken
RANK_OFFSET = 5.0


@dataclass(frozen=True)
class _Request:
    """Everything a column may read: b versions of one shopper, c candidates."""

    profiles: Sequence[Profile]
    gathered: Gathered
    arrays: LearnedArrays
    states: Floats  # (b, d)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        return self.gathered.index >= 0

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.profiles), len(self.gathered)

    def of_items(self, values: npt.NDArray[np.generic], missing: float) -> Floats:
        """(c,) ``values`` (n,) of the candidates; ``missing`` where the bundle does not know one."""
        if not len(values):
            return np.full(len(self.gathered), missing, np.float32)
        return np.asarray(np.where(self.known, values[self.gathered.index], missing), np.float32)

    def recent(self, n: int, decay: float) -> tuple[Ints, Ints, Floats]:
        """Newest known entries of all profiles: (e,) whose, (e,) vocabulary index, (e,) weight."""
        parts: list[tuple[Ints, Floats]] = [profile.recent(n, decay) for profile in self.profiles]
        owner = np.repeat(np.arange(len(parts)), [len(index) for index, _ in parts])
        return owner, np.concatenate([index for index, _ in parts]), np.concatenate([weight for _, weight in parts])


def components_compute(
    context: Context, gathered: Gathered, arrays: LearnedArrays, *, history_index: Ints, state: Floats
) -> Floats:
    """Score every candidate with every component.

    Args:
        context: history oldest first; ``ignored_ids`` are left out of it.
        gathered: c candidates.
        arrays: of the bundle.
        history_index: (h,) vocabulary index of each history entry, -1 unknown (``Bundle.index_of``).
        state: (d,) state vector of the shopper (``encoders.inputs``).
    Returns: (c, K) float32, columns as ``COMPONENTS``, all finite.
    """
    matrix: Floats = components_of([profile_of(context, history_index)], gathered, arrays, state[None])[0]
    return matrix


def components_of(profiles: Sequence[Profile], gathered: Gathered, arrays: LearnedArrays, states: Floats) -> Floats:
    """``components_compute`` for b versions of a shopper.

    Args:
        profiles: b of them.
        gathered: c candidates.
        arrays: of the bundle.
        states: (b, d) their state vectors.
    Returns: (b, c, K) float32.
    """
    request = _Request(profiles, gathered, arrays, states)
    encoder = log_softmax(encoder_logits(gathered, arrays, states))
    rules = _neighbour_scores(request, "rules", RULES_HISTORY, RULES_DECAY, normalised=True)
    knn = _neighbour_scores(request, "knn", KNN_HISTORY, KNN_DECAY)
    knn_recent = _neighbour_scores(request, "knn", KNN_RECENT, 1.0)
    text, nearest = _text(request)
    frequency, recency = _own(request)
    ranks = reciprocal_rank(np.stack([encoder, rules, knn, text]))
    columns = (
        encoder,
        np.log(rules + RULE_FLOOR),
        np.log(np.exp(encoder) + RULE_SHARE * rules + 1e-7),
        np.log(knn + KNN_FLOOR),
        np.log(knn_recent + KNN_FLOOR),
        text,
        nearest,
        np.broadcast_to(np.log1p(request.of_items(arrays.popularity, 0.0)), request.shape),
        np.broadcast_to(np.log1p(request.of_items(arrays.recent_popularity, 0.0)), request.shape),
        frequency,
        recency,
        *_affinities(request),
        *ranks,
    )
    return np.stack(columns, axis=2).astype(np.float32)  # (b, c, K)


def encoder_logits(gathered: Gathered, arrays: LearnedArrays, states: Floats) -> Floats:
    """(b, c) state · item vector + bias; items newer than the bundle by their fresh vectors and the mean bias."""
    bias = np.full(len(gathered), float(arrays.item_bias.mean()) if len(arrays.item_bias) else 0.0, np.float32)
    vectors = np.zeros((len(gathered), states.shape[1]), np.float32)
    known = gathered.index >= 0
    vectors[known] = arrays.item_vectors[gathered.index[known]]
    bias[known] = arrays.item_bias[gathered.index[known]]
    if len(gathered.fresh_rows) and gathered.fresh_vectors.shape[1] == states.shape[1]:
        vectors[gathered.fresh_rows] = gathered.fresh_vectors
    return np.asarray(states @ vectors.T + bias, np.float32)


def log_softmax(logits: Floats) -> Floats:
    """(…, c) logarithm of the softmax over the last axis."""
    if not logits.shape[-1]:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float32)


def reciprocal_rank(scores: Floats) -> Floats:
    """(…, c) 5 / (rank + 5) along the last axis, rank 0 for the best; equal scores share the middle of their ranks.

    >>> reciprocal_rank(np.array([3.0, 1.0, 2.0])).round(2).tolist()
    [1.0, 0.71, 0.83]
    """
    c = scores.shape[-1]
    if not c:
        return np.asarray(scores, np.float32)
    order = np.argsort(-scores, axis=-1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=-1)
    same = ordered[..., 1:] == ordered[..., :-1]
    edge = np.zeros((*scores.shape[:-1], 1), np.bool_)
    places = np.arange(c)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, same], axis=-1), 0, places), axis=-1)
    ends = np.where(np.concatenate([same, edge], axis=-1), c, places)
    last = np.minimum.accumulate(ends[..., ::-1], axis=-1)[..., ::-1]
    middle = np.empty(scores.shape, np.float32)
    np.put_along_axis(middle, order, ((first + last) / 2).astype(np.float32), axis=-1)
    return np.asarray(RANK_OFFSET / (middle + np.float32(RANK_OFFSET)), np.float32)


def _neighbour_scores(request: _Request, table: str, n: int, decay: float, *, normalised: bool = False) -> Floats:
    """(b, c) summed table weights from the newest ``n`` items, divided by the sum of their decays if ``normalised``."""
    arrays = request.arrays
    if table == "rules":
        neighbours = Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)
    else:
        neighbours = Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)
    owner, index, weight = request.recent(n, decay)
    b, c = request.shape
    if not len(index):
        return np.zeros((b, c), np.float32)
    if normalised:
        weight = (weight / np.bincount(owner, weights=weight, minlength=b)[owner]).astype(np.float32)
    row, item, amount = neighbours.contributions(index, weight)
    place = np.full(len(neighbours), c, np.int64)  # candidate of each vocabulary item; c: none
    place[request.gathered.index[request.known]] = np.flatnonzero(request.known)
    scores = np.bincount(owner[row] * (c + 1) + place[item], weights=amount, minlength=b * (c + 1))
    return scores.reshape(b, c + 1)[:, :c].astype(np.float32)


def _text(request: _Request) -> tuple[Floats, Floats]:
    """(b, c) cosine to the decayed mean of the history's texts, and to the nearest of them."""
    whitened = request.arrays.text_whitened
    cosine, nearest = np.zeros(request.shape, np.float32), np.zeros(request.shape, np.float32)
    owner, index, weight = request.recent(TEXT_HISTORY, TEXT_DECAY)
    if not len(index) or not whitened.shape[1]:
        return cosine, nearest
    liked, place = np.unique(index, return_inverse=True)
    similarity = _candidate_text(request) @ whitened[liked].T  # (c, u)
    for version in range(len(request.profiles)):
        own = owner == version
        if own.any():
            mean = weight[own] @ whitened[index[own]]
            length = max(float(np.linalg.norm(mean)), 1e-9)
            cosine[version] = similarity[:, place[own]] @ (weight[own] / np.float32(length))
            nearest[version] = similarity[:, place[own]].max(axis=1)
    return cosine, nearest


def _candidate_text(request: _Request) -> Floats:
    """(c, w) whitened text vectors; those of items newer than the bundle are whitened here."""
    gathered, arrays = request.gathered, request.arrays
    text = np.zeros((len(gathered), arrays.text_whitened.shape[1]), np.float32)
    text[request.known] = arrays.text_whitened[gathered.index[request.known]]
    if len(gathered.fresh_rows) and gathered.fresh_text.shape[1] == arrays.text_vectors.shape[1]:
        whitening = Whitening(arrays.text_mean, arrays.text_whitening)
        text[gathered.fresh_rows] = whitening.apply(gathered.fresh_text)
    return text


def _own(request: _Request) -> tuple[Floats, Floats]:
    """(b, c) log(1 + times met) and 1 / (1 + distinct moments since)."""
    frequency, recency = np.zeros(request.shape, np.float32), np.zeros(request.shape, np.float32)
    for version, profile in enumerate(request.profiles):
        same = profile.item_ids[:, None] == request.gathered.item_ids  # (p, c), newest first
        entry, candidate = np.nonzero(same)
        if len(entry):
            moment = np.cumsum(np.diff(profile.times_us, prepend=profile.times_us[0]) != 0)
            met, newest, times = np.unique(candidate, return_index=True, return_counts=True)
            frequency[version, met] = np.log1p(times)
            recency[version, met] = 1.0 / (1.0 + moment[entry[newest]])
    return frequency, recency


def _affinities(request: _Request) -> tuple[Floats, Floats, Floats]:
    """(b, c) share of the decayed history with the candidate's brand, category, department; 0 where it has none."""
    gathered, arrays = request.gathered, request.arrays
    owner, index, weight = request.recent(AFFINITY_HISTORY, AFFINITY_DECAY)
    entries, place = np.unique(index, return_inverse=True)
    shares = np.zeros((len(request.profiles), len(entries)), np.float32)  # (b, u)
    total = np.bincount(owner, weights=weight, minlength=len(request.profiles))
    np.add.at(shares, (owner, place), weight / total[owner])

    def affinity(of_vocabulary: Ints, of_candidates: Ints) -> Floats:
        same = (of_vocabulary[entries][:, None] == of_candidates) & (of_candidates != 0)  # (u, c)
        return np.asarray(shares @ same.astype(np.float32), np.float32)

    return (
        affinity(arrays.brand, gathered.brand),
        affinity(arrays.category, gathered.category),
        affinity(arrays.department, gathered.department),
    )
