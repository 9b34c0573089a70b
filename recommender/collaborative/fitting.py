"""What every fit of a collaborative model is told besides behaviour and its own configuration."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommender.data.relations import Triples
from recommender.data.sequences import Sequences
from recommender.data.types import DataError, Floats, Ints

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


def no_progress(done: int, total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Fitting:
    """Randomness, time and progress of one fit."""

    seed: int = 0
    until_us: int = 0  # end of behaviour, 0 where it has no times
    department: Ints | None = None  # (n,) of each item, 0 none; for what is counted per segment
    triples: Triples | None = None  # what the catalogue says of the items
    progress: Progress = no_progress


def behaviour_require(sequences: Sequences, model: str) -> None:
    """Refuse what nothing can be learned from.

    Raises: DataError where there is no item or no interaction.
    """
    if sequences.n_items == 0 or not len(sequences.item):
        raise DataError(f"{model} has no interaction to learn from; import behaviour first")


def inverse_propensity(counts: Floats, power: float) -> Floats:
    """(n,) weights that hold back what is met often: (mean count of met items / count) ** power, 1 where never met.

    Popular items are met partly because they are shown; weighing by the inverse of how often undoes as much of it as
    ``power`` says: 0 leaves behaviour as it is, 0.5 is the usual compromise, 1 takes each item as often as the next.

    Reference: Schnabel, Swaminathan, Singh, Chandak, Joachims, 2016.
    """
    met = counts > 0
    weights = np.ones(len(counts), np.float32)
    if power and met.any():
        weights[met] = (counts[met].mean() / counts[met]) ** power
    return weights


def most_met(counts: Floats, n: int) -> Ints:
    """(at most n,) the items met most often, ascending: what is learned where all would be too many.

    Args:
        counts: (items,) interactions of each; of equal ones the lower index goes first.
        n: how many.
    """
    return np.sort(np.argsort(-counts, kind="stable")[:n]).astype(np.int64)


def met_matrix(sequences: Sequences, *, newest: int) -> sparse.csr_matrix:
    """(u, n) 1 where a shopper met an item among their ``newest`` entries, float32."""
    met = sequences.keep(sequences.age < newest).counts()
    met.data[:] = 1.0
    return met
