"""Significance levels for tests that never end: among all promotions, only a small share may be false.

A gate that is asked every night at 2.5 % promotes something useless in more than half of all months. LORD++ starts with
a small budget, spends it over time, and earns some back with every true discovery.
"""

import math
from collections.abc import Sequence

_TERMS = 10_000


def _gamma(j: int) -> float:
    """Share of the budget that is spent ``j`` tests after it was earned."""
    return math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j)))) if j >= 1 else 0.0


_TOTAL = sum(_gamma(j) for j in range(1, _TERMS))


def lord_level(rejections: Sequence[bool], *, alpha: float = 0.05) -> float:
    """Level of the next test, given which of the earlier ones rejected.

        α_t = γ_t·w₀ + (α − w₀)·γ_{t−τ₁} + α·Σ_{j≥2} γ_{t−τ_j},   w₀ = α/2

    where τ_j is the time of the j-th rejection and γ sums to 1. The expected share of false rejections stays below α.

    >>> round(lord_level([]), 4)
    0.0035
    >>> lord_level([False, False]) < lord_level([False, True])
    True

    Args:
        rejections: all earlier tests in their order, refused promotions included.
        alpha: false discovery rate that is kept.
    Reference: Ramdas, Yang, Wainwright, Jordan, 2017.
    """
    start = alpha / 2
    now = len(rejections) + 1
    times = [place for place, rejected in enumerate(rejections, 1) if rejected]
    level = _gamma(now) * start
    if times:
        level += (alpha - start) * _gamma(now - times[0]) + alpha * sum(_gamma(now - time) for time in times[1:])
    return level / _TOTAL
