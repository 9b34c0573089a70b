"""The distribution a slot is drawn from, and the draw."""

import numpy as np

from recommender.data.types import Floats, Ints

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def slot_probabilities(scores: Floats, *, temperature: float, epsilon: float) -> FloatArray:
    """Probability of each allowed candidate of a slot.

        p = (1 − ε) · softmax(s / τ) + ε / |A|

    With τ = 0 the softmax is 1 at the greatest score; of equal ones the first counts, so callers order by item index.

    Args:
        scores: (a,) slot scores s_t(a|h), a ≥ 1.
        temperature: τ ≥ 0.
        epsilon: ε in [0, 1].
    Returns: (a,) float64 that sums to 1.
    """
    values = np.asarray(scores, np.float64)
    if temperature > 0:
        weight = values - values.max()
        weight /= temperature
        np.exp(weight, out=weight)
        weight /= weight.sum()
    else:
        weight = np.zeros(len(values))
        weight[values.argmax()] = 1.0
    if epsilon:
        weight *= 1.0 - epsilon
        weight += epsilon / len(values)
    return np.asarray(weight, np.float64)


def slot_choice(probabilities: FloatArray, uniform: float | FloatArray) -> Ints:
    """Index drawn for each uniform number, by inverting the cumulative probabilities.

    Args:
        probabilities: (a,) of a slot.
        uniform: numbers in [0, 1), one or an array of any shape.
    Returns: of the shape of ``uniform``.
    """
    total = probabilities.cumsum()
    place: Ints = np.minimum(total.searchsorted(uniform * total[-1], side="right"), len(probabilities) - 1)
    return place
