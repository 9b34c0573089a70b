"""The slots of one chosen section, one after another: a pin, a draw from the slot's own distribution, or nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recommender.data.ruleset import Diversity
from recommender.data.types import Bools, Floats, Ints
from recommender.slate.diversity import DiversityGain, LeastLikeGain
from recommender.slate.layout import Row
from recommender.slate.limits import RowLimits
from recommender.slate.sampling import FloatArray, slot_choice, slot_probabilities
from recommender.slate.slate import ALLOWED, Slot

if TYPE_CHECKING:
    from recommender.slate.compose import Composer


class RowFilling:
    """The slots of one chosen section: its own diversity, brand counts and limits on top of the page's."""

    def __init__(self, page: "Composer", row: Row, scores: Floats, may: Bools, *, beside: Sequence[int] = ()) -> None:
        """Prepare the section's candidates in score order, ties by item index.

        Args:
            page: that the section stands on.
            row: the section.
            scores: (c,) of the candidates in it.
            may: (c,) who may stand in it.
            beside: candidates that are placed in it whether they may or not, apart from its pins.
        """
        self.page, self.row = page, row
        candidates = np.flatnonzero(may)
        placed = np.array([*(pin.row for pin in row.pins if page.free[pin.row]), *beside], np.int64)
        if len(placed):
            candidates = np.union1d(candidates, placed)
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
        self.limits: RowLimits | None = None
        if page.limits is not None:
            will_stand = np.isin(self.candidates, [pin.row for pin in self.pins.values() if pin.slot < row.n])
            self.limits = RowLimits(page.limits, row.code, row.n, self.candidates, will_stand)
            self.usable &= ~self.limits.closed()
        self.diversity = self._diversity() if page.knobs.diversity else None
        self.brand_count: dict[int, int] = {}

    def _diversity(self) -> DiversityGain | LeastLikeGain:
        vectors = self.page.board.vectors[self.candidates]
        if self.page.knobs.diversity_by == Diversity.MMR:
            return LeastLikeGain(vectors)
        return DiversityGain(vectors, slots=self.row.n)

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
        mixed = knobs.diversity or knobs.calibration or knobs.brand_cap or self.limits is not None
        return not (chance or mixed or self.pins or self.group.any())

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
            self.page.slots.append(Slot(row, section, 1.0, slot == left - 1, score, 0.0))
        self.page.free[self.candidates[best]] = False

    def place(self, slot: int) -> None:
        """Fill one slot: a pin, a draw, or nothing where nothing is allowed."""
        pin = self.pins.get(slot)
        if pin is not None and self.page.free[pin.row]:  # not beside its own variant
            self._take(int(np.flatnonzero(self.candidates == pin.row)[0]), 1.0, forced=True, rule=pin.rule)
            return
        may, held_by = self._may()
        allowed, scores = self._scored(may)
        if not len(allowed):
            return
        if not len(self.page.first_pool):
            self.page.first_pool = self.candidates[allowed]
        knobs, single = self.page.knobs, len(allowed) == 1
        if knobs.temperature or knobs.exploration:
            probabilities = self._probabilities(scores)
            place = 0 if single else int(slot_choice(probabilities, self.page.uniform()))
            p = float(probabilities[place])
        else:  # what the distribution comes to, without making it
            place, p = int(scores.argmax()), 1.0
        uniform = knobs.exploration / len(allowed) / p
        self._take(int(allowed[place]), p, forced=single, score=float(scores[place]), uniform=uniform, held_by=held_by)

    def distribution(self) -> tuple[Ints, Floats, FloatArray]:
        """The next slot's allowed set, as positions in ``candidates``, its slot scores and probabilities, all (a,)."""
        allowed, scores = self._scored(self._may()[0])
        return allowed, scores, self._probabilities(scores) if len(allowed) else np.zeros(0)

    def _may(self) -> tuple[Bools, int]:
        """Who may stand in the next slot, and what left others out."""
        return (self.usable, 0) if self.limits is None else self.limits.narrowed(self.usable)

    def _scored(self, may: Bools) -> tuple[Ints, Floats]:
        """The allowed set as positions in ``candidates``, and its slot scores."""
        allowed = may.nonzero()[0][:ALLOWED]  # (a,)
        scores = self.static[allowed]
        knobs = self.page.knobs
        if self.diversity is not None:
            scores = scores + np.float32(knobs.diversity) * self.diversity.gains(allowed)
        if knobs.calibration:
            scores = scores + np.float32(knobs.calibration) * self.page.calibration.gains(self.candidates[allowed])
        return allowed, scores

    def _probabilities(self, scores: Floats) -> FloatArray:
        knobs = self.page.knobs
        return slot_probabilities(scores, temperature=knobs.temperature, epsilon=knobs.exploration)

    def _take(
        self,
        at: int,
        p: float,
        *,
        forced: bool,
        score: float = float("nan"),
        uniform: float = 0.0,
        rule: int = 0,
        held_by: int = 0,
    ) -> None:
        page, row = self.page, int(self.candidates[at])
        page.slots.append(Slot(row, len(page.sections) - 1, p, forced, score, uniform, rule, held_by))
        page.free[row] = False
        page.calibration.place(row)
        if self.diversity is not None:
            self.diversity.place(at)
        self.usable[at] = False
        self._cap(at)
        if self.limits is not None:
            self._count(at, row, pinned=any(pin.row == row for pin in self.pins.values()))

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

    def _count(self, at: int, row: int, *, pinned: bool) -> None:
        """Count the placed item into every limit and close what may stand no more."""
        if self.limits is None or self.page.limits is None:
            return
        self.page.limits.place(row)
        self.limits.place(at, pinned=pinned)
        self.usable &= ~self.limits.closed()
