"""Files by which a peer in an environment of its own is told what to learn and hands in its lists.

A folder holds ``order.json``, ``train.npz``, perhaps ``stop.npz`` (some shoppers' next items, for early stopping), and
per question ``ask-<k>.npz`` (histories), which the peer answers with ``lists-<k>.npz`` and ``outcome.json``. Both sides
use this file; it needs nothing but numpy.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.splits import Targets
from recommender.data.types import Ints
from recommender.trials.lists import Lists

Options = dict[str, Any]
"""Of a model, by its own names; plain JSON values."""


@dataclass(frozen=True)
class Order:
    """What a peer is told beside behaviour."""

    model: str
    options: Options
    seed: int
    threads: int
    questions: int
    repeats: bool
    max_seconds: float  # training ends with the first epoch that ends later
    epochs: int = 0  # train exactly so many; 0: stop early on ``stop.npz``


@dataclass(frozen=True)
class Outcome:
    """What a peer tells beside lists."""

    epochs: int
    learn_seconds: float
    versions: dict[str, str]
    curve: list[tuple[float, float]] = field(default_factory=list)  # (seconds since the start, validation NDCG@10)


@dataclass(frozen=True)
class Question:
    """Whom to make lists for."""

    histories: Sequences  # one row per shopper asked, oldest first
    repeats: bool


@dataclass(frozen=True)
class Commission:
    """A folder as the peer reads it."""

    order: Order
    train: Sequences
    stop: tuple[Question, Targets] | None
    questions: tuple[Question, ...]


def commission_write(
    folder: Path, order: Order, train: Sequences, stop: Targets | None, questions: Sequence[Question]
) -> None:
    """Write everything a peer needs into an existing folder."""
    (folder / "order.json").write_text(json.dumps(asdict(order)))
    _sequences_write(folder / "train.npz", train)
    if stop is not None:
        np.savez(folder / "stop.npz", users=stop.users, start=stop.start, item=stop.item)
    for number, question in enumerate(questions):
        _sequences_write(folder / f"ask-{number}.npz", question.histories, repeats=question.repeats)


def commission_read(folder: Path) -> Commission:
    """What ``commission_write`` wrote."""
    order = Order(**json.loads((folder / "order.json").read_text()))
    train, _ = _sequences_read(folder / "train.npz")
    stop = None
    if (folder / "stop.npz").exists():
        with np.load(folder / "stop.npz") as file:
            targets = Targets(file["users"], file["start"], file["item"])
        stop = Question(histories_of(train, targets.users), order.repeats), targets
    asked = [_sequences_read(folder / f"ask-{number}.npz") for number in range(order.questions)]
    return Commission(order, train, stop, tuple(Question(*one) for one in asked))


def outcome_write(folder: Path, outcome: Outcome, lists: Sequence[Lists]) -> None:
    """Hand in lists, one table per question."""
    for number, one in enumerate(lists):
        np.savez_compressed(folder / f"lists-{number}.npz", index=one.index, scores=one.scores)
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)))


def outcome_read(folder: Path, questions: int) -> tuple[Outcome, list[Lists]]:
    """What a peer handed in."""
    outcome = Outcome(**json.loads((folder / "outcome.json").read_text()))
    lists = []
    for number in range(questions):
        with np.load(folder / f"lists-{number}.npz") as file:
            lists.append(Lists(file["index"], file["scores"]))
    return outcome, lists


def histories_of(sequences: Sequences, users: Ints) -> Sequences:
    """The given shoppers' items, one row each, in the given order; items outside the vocabulary are left out."""
    lists = [sequences.items_of(int(user)) for user in users]
    return sequences_from_lists([one[one >= 0].tolist() for one in lists], sequences.n_items)


def _sequences_write(file: Path, sequences: Sequences, *, repeats: bool = False) -> None:
    np.savez(file, start=sequences.start, item=sequences.item, n_items=sequences.n_items, repeats=repeats)


def _sequences_read(path: Path) -> tuple[Sequences, bool]:
    with np.load(path) as file:
        item = file["item"]
        zeros = np.zeros(len(item), np.int64)
        kinds = np.zeros(len(item), np.int8)
        return Sequences(file["start"], item, kinds, zeros, zeros, int(file["n_items"])), bool(file["repeats"])
