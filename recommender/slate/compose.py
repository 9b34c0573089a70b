"""Draws a page: sections one after another, each slot by slot, every choice with its probability.

With the prefix h (everything placed, earlier pages included) and the allowed set A(h), slot t is drawn from

    s(a|h) = score(a)·boost(a) + w·Q(a) + bonus(a) + λ·diversity gain(a|h) + calibration·gain(a|h)
    p      = (1 − ε)·softmax(s / τ) + ε / |A|

and a section from the same law over the sections that are still thick enough. Nothing is reordered afterwards: what
floors and ceilings ask for (``limits``) narrows A(h) before the draw.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from recommender.data.ruleset import KnobValues
from recommender.data.types import Bools, ChosenSection, Floats, Ints
from recommender.slate.calibration import CalibrationGain
from recommender.slate.filling import RowFilling
from recommender.slate.layout import Row
from recommender.slate.limits import PageLimits
from recommender.slate.sampling import slot_choice, slot_probabilities
from recommender.slate.slate import Board, Slate, Slot


class Composer:
    """One page in the making. ``uniform`` gives the next random number in [0, 1)."""

    def __init__(self, board: Board, knobs: KnobValues, mix: dict[int, float], uniform: Callable[[], float]) -> None:
        """Start an empty page for a shopper with the department ``mix``."""
        self.board = board
        self.knobs = knobs
        self.uniform = uniform
        self.free = board.open.copy()  # (c,)
        self.calibration = CalibrationGain(board.department, mix if knobs.calibration else {})
        self.slots: list[Slot] = []
        self.sections: list[ChosenSection] = []
        self.first_pool: Ints = np.zeros(0, np.int64)
        self.reserved: set[int] = set()
        has_ads = board.ads is not None and knobs.ad_every > 0
        self.limits = PageLimits(board.limits, board.ads, knobs.ad_every) if board.limits or has_ads else None

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
            left = self._thick(rows, left, may)
            if not left:
                break
            worth = np.array([self._worth(rows[k], scores[k][may[k]]) for k in left], np.float32)
            p = slot_probabilities(worth, temperature=self.knobs.temperature, epsilon=self.knobs.exploration)
            place = int(slot_choice(p, self.uniform() if len(left) > 1 else 0.0))
            chosen = left[place]
            self.sections.append(ChosenSection(rows[chosen].code, rows[chosen].subject, float(p[place])))
            self._fill(rows[chosen], scores[chosen], may[chosen])
            left = [k for k in left if rows[k].code != rows[chosen].code]
        return self._slate()

    def _thick(self, rows: Sequence[Row], left: list[int], may: Mapping[int, Bools]) -> list[int]:
        """Those of the rows ``left`` that are thick enough, without what is pinned in others of them."""
        left = [k for k in left if self._is_thick(rows[k], may[k])]
        self._reserve([rows[k] for k in left])
        if not self.reserved:
            return left
        left = [k for k in left if self._is_thick(rows[k], may[k] & ~self._pinned_elsewhere(rows[k]))]
        self._reserve([rows[k] for k in left])
        return left

    def _pinned_elsewhere(self, row: Row) -> Bools:
        """(c,) pinned in another section to come."""
        elsewhere = np.zeros(len(self.free), np.bool_)
        elsewhere[sorted(self.reserved - {pin.row for pin in row.pins})] = True
        return elsewhere

    def _is_thick(self, row: Row, may: Bools) -> bool:
        """Whether the section can hold its least number of cards under its caps."""
        held = sum(1 for pin in row.pins if self.free[pin.row] and not may[pin.row])
        groups: set[int] = set()
        brands: dict[int, int] = {}
        room = None if self.limits is None else self.limits.room(row.code)
        for candidate in np.flatnonzero(may):  # mostly the first few are enough
            if held >= row.minimum:
                break
            group, brand = int(self.board.group[candidate]), int(self.board.brand[candidate])
            if group in groups or (brand and 0 < self.knobs.brand_cap <= brands.get(brand, 0)):
                continue
            if self.limits is not None and room is not None:
                counted = self.limits.members[:, candidate]
                if (room[counted] <= 0).any():
                    continue
                room -= counted
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
            held_by=np.array([slot.held_by for slot in slots], np.int64),
        )
