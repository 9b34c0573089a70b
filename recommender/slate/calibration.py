"""Calibration: a page should mix departments as its shopper does.

    gain(a | h) = log( (p[dep(a)] + α) / (q[dep(a) | h] + α) )

p is the shopper's own mix (newer history counts more), q the mix of what is already placed. Departments the page
neglects gain, those it overdoes lose. Where the shopper's mix is unknown every gain is 0.

Reference: Steck, 2018 (calibrated recommendations), with the gain of one item instead of the divergence of a list.
"""

import numpy as np

from recommender.data.types import Floats, Ints

SMOOTHING = 0.1
DECAY = 0.95
"""Weight of a history entry = DECAY ** (its age in steps)."""


def department_mix(departments: Ints) -> dict[int, float]:
    """The shopper's mix of departments.

    Args:
        departments: (p,) department of each profile entry, newest first; 0 and -1 are unknown and left out.
    Returns: department → share; empty where nothing is known.
    """
    known = departments > 0
    weight = (DECAY ** np.arange(len(departments)))[known]
    names, place = np.unique(departments[known], return_inverse=True)
    total = np.bincount(place, weights=weight, minlength=len(names))
    return {int(name): float(share) for name, share in zip(names, total / max(total.sum(), 1e-12), strict=True)}


def favourite_department(mix: dict[int, float]) -> int:
    """The department with the largest share of a mix, the lower id of equal ones; 0 for an empty mix."""
    return max(mix, key=lambda name: (mix[name], -name), default=0)


class CalibrationGain:
    """Calibration gain of every candidate given what the page already holds."""

    def __init__(self, departments: Ints, mix: dict[int, float]) -> None:
        """Start with an empty page.

        Args:
            departments: (c,) department of each candidate.
            mix: the shopper's own, from ``department_mix``.
        """
        names, self._place = np.unique(departments, return_inverse=True)
        self._wanted = np.array([mix.get(int(name), 0.0) for name in names]) + SMOOTHING
        self._count = np.zeros(len(names))
        self._placed = 0
        self._known = bool(mix)

    def gains(self, rows: Ints | slice = slice(None)) -> Floats:
        """(a,) gain of the candidates ``rows`` (a,), by default of all."""
        if not self._known:
            return np.zeros(self._place[rows].shape, np.float32)
        shown = self._count / max(self._placed, 1)
        by_department = np.log(self._wanted / (shown + SMOOTHING)).astype(np.float32)
        return np.asarray(by_department[self._place[rows]])

    def place(self, row: int) -> None:
        """Count candidate ``row`` as shown."""
        self._count[self._place[row]] += 1
        self._placed += 1
