"""Draws a page: sections one after another, each slot by slot, every choice with its probability.

With the prefix h (everything placed, earlier pages included) and the allowed set A(h), slot t is drawn from

    s(a|h) = score(a)·boost(a) + w·Q(a) + bonus(a) + λ·diversity gain(a|h) + calibration·gain(a|h)
    p      = (1 − ε)·softmax(s / τ) + ε / |A|

and a section from the same law over the sections that are still thick enough. Nothing is reordered afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.ruleset import KnobValues
from recommender.data.types import Bools, ChosenSection, Floats, Ints
from recommender.slate.calibration import CalibrationGain
from recommender.slate.diversity import DiversityGain
from recommender.slate.layout import Row
from recommender.slate.sampling import slot_choice, slot_probabilities

ALLOWED = 200
"""Size of the allowed set: the best so many of what may stand in a slot."""


@dataclass(frozen=True)
class Board:
    """What composing needs to know about the c candidates."""

    order: Ints  # (c,) tie order: vocabulary index, unknown items last
    vectors: Floats  # (c, d) unit length or zero
    brand: Ints  # (c,) 0 none
    group: Ints  # (c,) variant group, 0 none
    department: Ints  # (c,)
    open: Bools  # (c,) may be shown at all


@dataclass(frozen=True)
class Slate:
    """A composed page; arrays over its s slots in page order."""

    rows: Ints  # (s,) candidate
    section_of: Ints  # (s,) index into sections
    sections: tuple[ChosenSection, ...]
    propensities: Floats  # (s,)
    forced: Bools  # (s,)
    scores: Floats  # (s,) slot score, NaN for pins that were not scored
    uniform_share: Floats  # (s,) part of the propensity that exploration gave, ε / |A| / p
    first_pool: Ints  # (a,) allowed rows of the first drawn slot
    pinned_by: Ints  # (s,) rule id, 0 where no pin


@dataclass
class _Slot:
    row: int
    section: int
    propensity: float
    forced: bool
    score: float
    uniform: float
    rule: int


class Composer:
    """One page in the making. ``uniform`` gives the next random number in [0, 1)."""

    def __init__(self, board: Board, knobs: KnobValues, mix: dict[int, float], uniform: Callable[[], float]) -> None:
        """Start an empty page for a shopper with the department ``mix``."""
        self.board = board
        self.knobs = knobs
        self.uniform = uniform
        self.free = board.open.copy()  # (c,)
        self.calibration = CalibrationGain(board.department, mix if knobs.calibration else {})
        self.slots: list[_Slot] = []
        self.sections: list[ChosenSection] = []
        self.first_pool: Ints = np.zeros(0, np.int64)
        self.reserved: set[int] = set()

    def compose(self, rows: Sequence[Row], scores: Sequence[Floats]) -> Slate:
        """Draw the page.

        Args:
            rows: the sections that are possible.
            scores: per section (c,) score·boost + w·Q + bonus; -inf where a rule excludes.
        """
        left = list(range(len(rows)))
        able = [row.members & np.isfinite(values) for row, values in zip(rows, scores, strict=True)]
        while left:
            may = {k: able[k] & self.free for k in left}
            left = [k for k in left if self._is_thick(rows[k], may[k])]
            if not left:
                break
            self._reserve([rows[k] for k in left])
            worth = np.array([self._worth(rows[k], scores[k][may[k]]) for k in left], np.float32)
            p = slot_probabilities(worth, temperature=self.knobs.temperature, epsilon=self.knobs.exploration)
            place = int(slot_choice(p, self.uniform() if len(left) > 1 else 0.0))
            chosen = left[place]
            self.sections.append(ChosenSection(rows[chosen].code, rows[chosen].subject, float(p[place])))
            self._fill(rows[chosen], scores[chosen], may[chosen])
            left = [k for k in left if rows[k].code != rows[chosen].code]
        return self._slate()

    def _is_thick(self, row: Row, may: Bools) -> bool:
        """Whether the section can hold its least number of cards under its caps."""
        held = sum(1 for pin in row.pins if self.free[pin.row] and not may[pin.row])
        groups: set[int] = set()
        brands: dict[int, int] = {}
        for candidate in np.flatnonzero(may):  # mostly the first few are enough
            if held >= row.minimum:
                break
            group, brand = int(self.board.group[candidate]), int(self.board.brand[candidate])
            if group in groups or (brand and 0 < self.knobs.brand_cap <= brands.get(brand, 0)):
                continue
            groups.update({group} if group else ())
            brands[brand] = brands.get(brand, 0) + 1
            held += 1
        return held >= row.minimum

    def _worth(self, row: Row, scores: Floats) -> float:
        """Score of a section: its place in the layout and the mean of its best cards."""
        best = -np.partition(-scores, row.minimum - 1)[: row.minimum] if len(scores) > row.minimum else scores
        return row.prior + 0.1 * float(best.mean() if len(best) else 0.0)

    def _reserve(self, rows: Sequence[Row]) -> None:
        """Items pinned in sections to come are kept out of other draws, so that the pin can hold."""
        self.reserved = {pin.row for row in rows for pin in row.pins}

    def _fill(self, row: Row, scores: Floats, may: Bools) -> None:
        filling = RowFilling(self, row, scores, may)
        if filling.is_plain:
            filling.place_all(row.n)
            return
        for slot in range(row.n):
            filling.place(slot)

    def _slate(self) -> Slate:
        slots = self.slots
        return Slate(
            rows=np.array([slot.row for slot in slots], np.int64),
            section_of=np.array([slot.section for slot in slots], np.int64),
            sections=tuple(self.sections),
            propensities=np.array([slot.propensity for slot in slots], np.float32),
            forced=np.array([slot.forced for slot in slots], np.bool_),
            scores=np.array([slot.score for slot in slots], np.float32),
            uniform_share=np.array([slot.uniform for slot in slots], np.float32),
            first_pool=self.first_pool,
            pinned_by=np.array([slot.rule for slot in slots], np.int64),
        )


class RowFilling:
    """The slots of one chosen section: its own diversity and brand counts on top of the page's."""

    def __init__(self, page: Composer, row: Row, scores: Floats, may: Bools) -> None:
        """Prepare the section's candidates in score order, ties by item index; ``may`` (c,) stand in it."""
        self.page, self.row = page, row
        candidates = np.flatnonzero(may)
        pinned = np.array([pin.row for pin in row.pins if page.free[pin.row]], np.int64)
        if len(pinned):
            candidates = np.union1d(candidates, pinned)
        static = np.where(np.isfinite(scores[candidates]), scores[candidates], 0.0)
        ranking = np.lexsort((page.board.order[candidates], -static))
        self.candidates = candidates[ranking]  # (m,)
        self.static = static[ranking].astype(np.float32)  # (m,)
        self.brand = page.board.brand[self.candidates]
        self.group = page.board.group[self.candidates]
        self.usable = np.isfinite(scores[self.candidates]) & row.members[self.candidates]
        if page.reserved:
            self.usable &= ~self._reserved()
        self.pins = {pin.slot: pin for pin in row.pins if page.free[pin.row]}
        self.diversity = (
            DiversityGain(page.board.vectors[self.candidates], slots=row.n) if page.knobs.diversity else None
        )
        self.brand_count: dict[int, int] = {}

    def _reserved(self) -> Bools:
        """(m,) pinned somewhere still to come, or a variant of such an item."""
        pinned = np.array(sorted(self.page.reserved), np.int64)
        groups = self.page.board.group[pinned]
        return np.isin(self.candidates, pinned) | np.isin(self.group, groups[groups > 0])

    @property
    def is_plain(self) -> bool:
        """Whether no slot depends on another: without chance, diversity, calibration, caps, variants and pins."""
        knobs = self.page.knobs
        chance = knobs.temperature or knobs.exploration
        return not (chance or knobs.diversity or knobs.calibration or knobs.brand_cap or self.pins or self.group.any())

    def place_all(self, n: int) -> None:
        """What ``place`` does slot by slot where slots are independent: the best ``n`` in order."""
        best = np.flatnonzero(self.usable)[:n]
        left = int(self.usable.sum())
        if len(best) and not len(self.page.first_pool):
            self.page.first_pool = self.candidates[np.flatnonzero(self.usable)[:ALLOWED]]
        section = len(self.page.sections) - 1
        for slot, (row, score) in enumerate(
            zip(self.candidates[best].tolist(), self.static[best].tolist(), strict=True)
        ):
            self.page.slots.append(_Slot(row, section, 1.0, slot == left - 1, score, 0.0, 0))
        self.page.free[self.candidates[best]] = False

    def place(self, slot: int) -> None:
        """Fill one slot: a pin, a draw, or nothing where nothing is allowed."""
        pin = self.pins.get(slot)
        if pin is not None:
            self._take(int(np.flatnonzero(self.candidates == pin.row)[0]), 1.0, forced=True, rule=pin.rule)
            return
        allowed, scores, probabilities = self.distribution()
        if not len(allowed):
            return
        if not len(self.page.first_pool):
            self.page.first_pool = self.candidates[allowed]
        single = len(allowed) == 1
        place = 0 if single else int(slot_choice(probabilities, self.page.uniform()))
        p = float(probabilities[place])
        uniform = self.page.knobs.exploration / len(allowed) / p
        self._take(int(allowed[place]), p, forced=single, score=float(scores[place]), uniform=uniform)

    def distribution(self) -> tuple[Ints, Floats, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        """The next slot's allowed set, as positions in ``candidates``, with slot scores and probabilities."""
        allowed = self.usable.nonzero()[0][:ALLOWED]  # (a,)
        scores = self.static[allowed]
        knobs = self.page.knobs
        if self.diversity is not None:
            scores = scores + np.float32(knobs.diversity) * self.diversity.gains(allowed)
        if knobs.calibration:
            scores = scores + np.float32(knobs.calibration) * self.page.calibration.gains(self.candidates[allowed])
        if not len(allowed):
            return allowed, scores, np.zeros(0)
        p = slot_probabilities(scores, temperature=knobs.temperature, epsilon=knobs.exploration)
        return allowed, scores, p

    def _take(
        self, at: int, p: float, *, forced: bool, score: float = float("nan"), uniform: float = 0.0, rule: int = 0
    ) -> None:
        page, row = self.page, int(self.candidates[at])
        page.slots.append(_Slot(row, len(page.sections) - 1, p, forced, score, uniform, rule))
        page.free[row] = False
        page.calibration.place(row)
        if self.diversity is not None:
            self.diversity.place(at)
        self.usable[at] = False
        self._cap(at)

    def _cap(self, at: int) -> None:
        """Close what may not stand beside the placed item: its variants on the page, its brand in the row."""
        group, brand = int(self.group[at]), int(self.brand[at])
        if group:
            self.usable &= self.group != group
            self.page.free &= self.page.board.group != group
        if brand and self.page.knobs.brand_cap:
            self.brand_count[brand] = self.brand_count.get(brand, 0) + 1
            if self.brand_count[brand] >= self.page.knobs.brand_cap:
                self.usable &= self.brand != brand
