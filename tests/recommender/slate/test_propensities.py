"""The page's propensities are what they claim: enumerated by hand, summed over all paths, and drawn a million times."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest

from recommender.data.ruleset import Diversity, KnobValues
from recommender.data.types import Bools
from recommender.slate.calibration import SMOOTHING
from recommender.slate.compose import Composer
from recommender.slate.diversity import OWN_SHARE, unit_rows
from recommender.slate.filling import RowFilling
from recommender.slate.layout import Row
from recommender.slate.limits import AD, SMALL_PROVIDER, Limit
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


def mask(*members: int) -> Bools:
    return np.isin(np.arange(N), members)


@dataclass(frozen=True)
class Case:
    """What a page is asked for, and who may stand in each slot of it, written down by hand.

    ``only`` gives, by slot, the items that the slot is narrowed to; ``most`` pairs of items and how many of them.
    """

    knobs: KnobValues = KNOBS
    limits: tuple[Limit, ...] = ()
    ads: Bools | None = None
    only: tuple[frozenset[int], ...] = (frozenset(range(N)),) * SLOTS
    late: frozenset[int] = frozenset()  # where the last slot is narrowed to them unless one stands already
    most: tuple[tuple[frozenset[int], int], ...] = ()
    held_by: int = 0
    pinned: bool = True


EVERY = frozenset(range(N))
CASES = {
    "a cap and a pin": Case(),
    "maximal marginal relevance": Case(replace(KNOBS, diversity_by=Diversity.MMR.value)),
    "at least one of three, which only the last slot still owes": Case(
        limits=(Limit(mask(3, 4), least=1, rule=4),), late=frozenset({3, 4}), held_by=4
    ),
    "at most one of three": Case(limits=(Limit(mask(0, 2, 4), most=1, rule=4),), most=((frozenset({0, 2, 4}), 1),)),
    "at most two where a pin is one of them": Case(
        limits=(Limit(mask(0, 2, 4, PINNED), most=2, rule=4),), most=((frozenset({0, 2, 4, PINNED}), 2),)
    ),
    "every third card is an ad": Case(
        replace(KNOBS, ad_every=3), ads=mask(1, 3), only=(EVERY - {1, 3}, EVERY, frozenset({1, 3})), held_by=AD
    ),
    "half of the cards for small providers": Case(
        KnobValues(temperature=0.5, exploration=0.1, diversity=0.3, calibration=0.2, brand_cap=0),
        limits=(Limit(mask(3, 4), share=0.34, per_row=True, rule=SMALL_PROVIDER),),
        late=frozenset({3, 4}),
        held_by=SMALL_PROVIDER,
        pinned=False,
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def board(case: Case) -> Board:
    return Board(
        order=np.arange(N),
        vectors=VECTORS,
        brand=BRAND,
        group=np.zeros(N, np.int64),
        department=DEPARTMENT,
        open=np.ones(N, np.bool_),
        limits=case.limits,
        ads=case.ads,
    )


def row(case: Case) -> Row:
    everyone = np.ones(N, np.bool_)
    pins = (Pin(PIN_SLOT, PINNED, rule=1),) if case.pinned else ()
    return Row("top_picks", 0, everyone, np.zeros(N, np.float32), SLOTS, 1, 0.0, pins=pins)


def by_hand(prefix: Path, case: Case) -> dict[int, float]:
    """Probability of each item in the next slot, written down from the design's formula."""
    if case.pinned and len(prefix) == PIN_SLOT:
        return {PINNED: 1.0}
    allowed = allowed_by_hand(prefix, case)
    knobs = case.knobs
    kernel = (1 - OWN_SHARE) * VECTORS @ VECTORS.T
    np.fill_diagonal(kernel, 1.0)

    def log_det(items: Path) -> float:
        return float(np.linalg.slogdet(kernel[np.ix_(items, items)])[1]) if items else 0.0

    def diversity(item: int) -> float:
        if knobs.diversity_by == Diversity.MMR:
            return -max(float(VECTORS[item] @ VECTORS[placed]) for placed in prefix) if prefix else 0.0
        return log_det((*prefix, item)) - log_det(prefix)

    def calibration(item: int) -> float:
        shown = np.mean([DEPARTMENT[placed] == DEPARTMENT[item] for placed in prefix]) if prefix else 0.0
        return float(np.log((MIX.get(int(DEPARTMENT[item]), 0) + SMOOTHING) / (shown + SMOOTHING)))

    s = np.array([SCORES[i] + 0.3 * diversity(i) + 0.2 * calibration(i) for i in allowed])
    softmax = np.exp(s / 0.5) / np.exp(s / 0.5).sum()
    return dict(zip(allowed, 0.9 * softmax + 0.1 / len(allowed), strict=True))


def allowed_by_hand(prefix: Path, case: Case) -> list[int]:
    pinned = {PINNED} if case.pinned else set()
    used = {int(BRAND[item]) for item in prefix if BRAND[item]} if case.knobs.brand_cap else set()
    free = [i for i in range(N) if i not in prefix and i not in pinned and not (BRAND[i] and BRAND[i] in used)]
    for members, most in case.most:
        if len(members & {*prefix, *pinned}) >= most:
            free = [item for item in free if item not in members]
    narrowed = [item for item in free if item in case.only[len(prefix)]]
    if case.late and len(prefix) == SLOTS - 1 and not case.late & {*prefix}:
        narrowed = [item for item in narrowed if item in case.late]
    return narrowed or free


def paths(case: Case) -> dict[Path, float]:
    """Every page that can come about with its probability."""
    found: dict[Path, float] = {(): 1.0}
    for _ in range(SLOTS):
        found = {(*path, item): p * q for path, p in found.items() for item, q in by_hand(path, case).items()}
    return found


def composed(uniforms: list[float], case: Case) -> Composer:
    numbers = iter(uniforms)
    return Composer(board(case), case.knobs, MIX, lambda: next(numbers))


def test_all_paths_sum_to_one(case: Case) -> None:
    assert sum(paths(case).values()) == pytest.approx(1.0)


def test_logged_propensities_are_those_of_the_formula(case: Case) -> None:
    expected, reached = paths(case), set()
    drawn = SLOTS - case.pinned
    grid = np.linspace(0.001, 0.999, 60 if drawn == 2 else 24)
    for uniforms in product(grid, repeat=drawn):
        slate = composed(list(uniforms), case).compose([row(case)], [SCORES])
        path = tuple(slate.rows.tolist())
        reached.add(path)
        assert np.prod(slate.propensities, dtype=np.float64) == pytest.approx(expected[path], rel=1e-4)
        if case.pinned:
            assert slate.forced[PIN_SLOT]
            assert slate.propensities[PIN_SLOT] == 1.0
        assert set(slate.held_by.tolist()) <= {0, case.held_by}
    assert reached <= set(expected)
    assert all(p < 1e-3 for path, p in expected.items() if path not in reached)


def test_a_million_draws_agree_with_the_enumeration(case: Case) -> None:
    draws = 1_000_000
    uniforms = np.random.default_rng(11).random((SLOTS, draws))
    counts = _counted((), np.arange(draws), uniforms, case)
    for path, p in paths(case).items():
        spread = np.sqrt(p * (1 - p) / draws)
        assert abs(counts.get(path, 0) / draws - p) < 5 * spread + 1e-12, path
    assert sum(counts.values()) == draws


def _counted(prefix: Path, which: np.ndarray, uniforms: np.ndarray, case: Case) -> dict[Path, int]:
    """How many of the draws ``which`` that began with ``prefix`` end in each page."""
    if len(prefix) == SLOTS:
        return {prefix: len(which)}
    items = _drawn(prefix, uniforms[len(prefix), which], case)
    counts: dict[Path, int] = {}
    for item in np.unique(items):
        counts |= _counted((*prefix, int(item)), which[items == item], uniforms, case)
    return counts


def _drawn(prefix: Path, uniforms: np.ndarray, case: Case) -> np.ndarray:
    """Items that the composer's own distribution and draw give for many uniform numbers after ``prefix``."""
    if case.pinned and len(prefix) == PIN_SLOT:
        return np.full(len(uniforms), PINNED)
    page = composed([], case)
    page._reserve([row(case)])
    filling = RowFilling(page, row(case), SCORES, page.free & np.isfinite(SCORES))
    for slot, item in enumerate(prefix):
        if case.pinned and slot == PIN_SLOT:
            filling.place(PIN_SLOT)
        else:
            filling._take(int(np.flatnonzero(filling.candidates == item)[0]), 1.0, forced=False)
    allowed, _, probabilities = filling.distribution()
    return filling.candidates[allowed][slot_choice(probabilities, uniforms)]
