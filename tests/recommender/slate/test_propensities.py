"""The page's propensities are what they claim: enumerated by hand, summed over all paths, and drawn a million times."""

from itertools import product

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues
from recommender.slate.calibration import SMOOTHING
from recommender.slate.compose import Composer
from recommender.slate.diversity import OWN_SHARE, unit_rows
from recommender.slate.filling import RowFilling
from recommender.slate.layout import Row
from recommender.slate.rules import Pin
from recommender.slate.sampling import slot_choice
from recommender.slate.slate import Board

KNOBS = KnobValues(temperature=0.5, exploration=0.1, diversity=0.3, calibration=0.2, brand_cap=1)
N, SLOTS, PINNED, PIN_SLOT = 6, 3, 5, 1
SCORES = np.array([1.0, 0.8, 0.9, 0.2, 0.5, 0.1], np.float32)
VECTORS = unit_rows(np.random.default_rng(3).normal(size=(N, 4)).astype(np.float32))
BRAND = np.array([1, 1, 2, 2, 0, 3])
DEPARTMENT = np.array([7, 7, 8, 8, 9, 7])
MIX = {7: 0.7, 8: 0.3}
Path = tuple[int, ...]


def board() -> Board:
    return Board(
        order=np.arange(N),
        vectors=VECTORS,
        brand=BRAND,
        group=np.zeros(N, np.int64),
        department=DEPARTMENT,
        open=np.ones(N, np.bool_),
    )


def row() -> Row:
    everyone = np.ones(N, np.bool_)
    pin = Pin(PIN_SLOT, PINNED, rule=1)
    return Row("top_picks", 0, everyone, np.zeros(N, np.float32), SLOTS, 1, 0.0, pins=(pin,))


def by_hand(prefix: Path) -> dict[int, float]:
    """Probability of each item in the next slot, written down from the design's formula."""
    if len(prefix) == PIN_SLOT:
        return {PINNED: 1.0}
    used = {int(BRAND[item]) for item in prefix if BRAND[item]}
    allowed = [
        item for item in range(N) if item not in prefix and item != PINNED and not (BRAND[item] and BRAND[item] in used)
    ]
    kernel = (1 - OWN_SHARE) * VECTORS @ VECTORS.T
    np.fill_diagonal(kernel, 1.0)

    def log_det(items: Path) -> float:
        return float(np.linalg.slogdet(kernel[np.ix_(items, items)])[1]) if items else 0.0

    def calibration(item: int) -> float:
        shown = np.mean([DEPARTMENT[placed] == DEPARTMENT[item] for placed in prefix]) if prefix else 0.0
        return float(np.log((MIX.get(int(DEPARTMENT[item]), 0) + SMOOTHING) / (shown + SMOOTHING)))

    s = np.array([SCORES[i] + 0.3 * (log_det((*prefix, i)) - log_det(prefix)) + 0.2 * calibration(i) for i in allowed])
    softmax = np.exp(s / 0.5) / np.exp(s / 0.5).sum()
    return dict(zip(allowed, 0.9 * softmax + 0.1 / len(allowed), strict=True))


def paths() -> dict[Path, float]:
    """Every page that can come about with its probability."""
    found: dict[Path, float] = {(): 1.0}
    for _ in range(SLOTS):
        found = {(*path, item): p * q for path, p in found.items() for item, q in by_hand(path).items()}
    return found


def composed(uniforms: list[float]) -> Composer:
    numbers = iter(uniforms)
    return Composer(board(), KNOBS, MIX, lambda: next(numbers))


def test_all_paths_sum_to_one() -> None:
    assert sum(paths().values()) == pytest.approx(1.0)


def test_logged_propensities_are_those_of_the_formula() -> None:
    expected, reached = paths(), set()
    grid = np.linspace(0.001, 0.999, 60)
    for first, last in product(grid, grid):
        slate = composed([first, last]).compose([row()], [SCORES])
        path = tuple(slate.rows.tolist())
        reached.add(path)
        assert np.prod(slate.propensities, dtype=np.float64) == pytest.approx(expected[path], rel=1e-4)
        assert slate.forced.tolist() == [False, True, False]
        assert slate.propensities[PIN_SLOT] == 1.0
    assert reached == set(expected)


def test_a_million_draws_agree_with_the_enumeration() -> None:
    draws = 1_000_000
    uniforms = np.random.default_rng(11).random((2, draws))
    counts: dict[Path, int] = {}
    firsts = _drawn((), uniforms[0])
    for first in np.unique(firsts):
        lasts = _drawn((int(first),), uniforms[1][firsts == first])
        for last, count in zip(*np.unique(lasts, return_counts=True), strict=True):
            counts[int(first), PINNED, int(last)] = int(count)
    for path, p in paths().items():
        spread = np.sqrt(p * (1 - p) / draws)
        assert abs(counts.get(path, 0) / draws - p) < 5 * spread, path
    assert sum(counts.values()) == draws


def _drawn(prefix: Path, uniforms: np.ndarray) -> np.ndarray:
    """Items that the composer's own distribution and draw give for many uniform numbers after ``prefix``."""
    page = composed([])
    page._reserve([row()])
    filling = RowFilling(page, row(), SCORES, page.free & np.isfinite(SCORES))
    for item in prefix:
        filling._take(int(np.flatnonzero(filling.candidates == item)[0]), 1.0, forced=False)
    if prefix:
        filling.place(PIN_SLOT)
    allowed, _, probabilities = filling.distribution()
    return filling.candidates[allowed][slot_choice(probabilities, uniforms)]
