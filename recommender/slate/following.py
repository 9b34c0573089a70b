"""Walks along a page that was drawn and asks, slot by slot, with what probability a plan would have drawn it.

Each slot is asked with everything before it as it was shown: the one-slot deviations for which off-policy estimates
are valid (``evaluation.off_policy``). With the plan that the page was drawn from the answers are its propensities.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.ruleset import KnobValues
from recommender.data.types import Bools, ChosenSection, Floats, Ints
from recommender.slate.compose import Composer
from recommender.slate.filling import RowFilling
from recommender.slate.layout import Row
from recommender.slate.slate import Board

_NEVER = -1
Doubles = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class ShownSlots:
    """What a decision drew and pinned, in page order; what filled holes afterwards is not part of it."""

    rows: Ints  # (s,) candidate, -1 for one that is none
    section_of: Ints  # (s,) index into sections
    sections: tuple[ChosenSection, ...]


@dataclass(frozen=True)
class SlotLaw:
    """The distribution that a plan draws one slot from."""

    rows: Ints  # (a,) candidates that may stand there
    probabilities: Doubles  # (a,) sum to 1
    scores: Floats  # (a,) slot scores s_t(a|h); NaN for a pin, which is not scored

    def of(self, row: int) -> float:
        """Probability of a candidate, 0 where it may not stand there."""
        return float(self.probabilities[self.rows == row].sum())

    def score_of(self, row: int) -> float:
        """Slot score of a candidate, NaN where it may not stand there."""
        found = self.scores[self.rows == row]
        return float(found[0]) if len(found) else float("nan")


def page_follow(
    board: Board,
    knobs: KnobValues,
    mix: dict[int, float],
    plan: tuple[Sequence[Row], Sequence[Floats]],
    shown: ShownSlots,
) -> list[SlotLaw | None]:
    """The law of every slot of a shown page under a plan.

    Args:
        board: the candidates.
        knobs: of the plan.
        mix: the shopper's mix of departments.
        plan: sections that are possible, and per section (c,) the score of each candidate.
        shown: the page.
    Returns: (s,) a law, or None where the plan has no such section, or fewer slots in it.
    """
    return _Follower(board, knobs, mix).follow(*plan, shown)


class _Follower(Composer):
    """A composer that places what was shown instead of drawing."""

    def __init__(self, board: Board, knobs: KnobValues, mix: dict[int, float]) -> None:
        super().__init__(board, knobs, mix, uniform=lambda: 0.0)

    def follow(self, rows: Sequence[Row], scores: Sequence[Floats], shown: ShownSlots) -> list[SlotLaw | None]:
        able = [row.members & np.isfinite(values) for row, values in zip(rows, scores, strict=True)]
        left, laws = list(range(len(rows))), list[SlotLaw | None]()
        for number, section in enumerate(shown.sections):
            may = {k: able[k] & self.free for k in left}
            left = self._thick(rows, left, may)
            self.sections.append(section)
            items = shown.rows[shown.section_of == number].tolist()
            same = (k for k in left if (rows[k].code, rows[k].subject) == (section.code, section.subject))
            chosen = next(same, _NEVER)
            if chosen == _NEVER:
                laws += [None] * len(items)
                for row in items:
                    self.pass_by(row)
            else:
                laws += _FollowedRow(self, rows[chosen], scores[chosen], may[chosen], items).laws(items)
            left = [k for k in left if rows[k].code != section.code]
        return laws

    def pass_by(self, row: int) -> None:
        """A card that stands where the plan has no place: it is on the page all the same."""
        if row < 0:
            return
        self.free[row] = False
        self.calibration.place(row)
        if self.limits is not None:
            self.limits.place(row)
        if self.board.group[row]:
            self.free &= self.board.group != self.board.group[row]


class _FollowedRow(RowFilling):
    """The slots of one section, placed as they were shown.

    What was shown counts into diversity, caps and floors of the row also where the plan would not have drawn it.
    """

    def __init__(self, page: _Follower, row: Row, scores: Floats, may: Bools, items: Sequence[int]) -> None:
        super().__init__(page, row, scores, may, beside=[item for item in items[: row.n] if item >= 0])
        self.usable &= page.free[self.candidates]
        self.follower = page

    def laws(self, items: Sequence[int]) -> list[SlotLaw | None]:
        found: list[SlotLaw | None] = []
        for slot, row in enumerate(items):
            found.append(self._law(slot) if slot < self.row.n else None)
            at = np.flatnonzero(self.candidates == row)
            if len(at) and slot < self.row.n:
                self._take(int(at[0]), 1.0, forced=False)
            else:
                self.follower.pass_by(row)
        return found

    def _law(self, slot: int) -> SlotLaw | None:
        pin = self.pins.get(slot)
        if pin is not None and self.page.free[pin.row]:
            return SlotLaw(np.array([pin.row], np.int64), np.ones(1), np.full(1, np.nan, np.float32))
        allowed, scores, probabilities = self.distribution()
        return SlotLaw(self.candidates[allowed], probabilities, scores) if len(allowed) else None
