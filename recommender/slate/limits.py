"""Floors and ceilings: how many of some candidates may, or must, stand on a page or in a row.

A ceiling closes its members once so many stand. A floor narrows the allowed set of a slot to its members where the
cards so far fall short of their share: of a row of n slots that owes k, ⌊k · t / n⌋ are due by slot t, and of one that
owes the share f, ⌊f · t⌋. Both act before the draw, so what is logged is the probability of what was shown. A floor
that nothing allowed can meet is passed over.

Reference: Zehlike et al., 2017 (FA*IR), for floors that hold in every prefix of a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bools, Ints

AD = -1
"""``Slate.held_by`` of a card in a slot for sponsored items."""

SMALL_PROVIDER = -2
"""``Slate.held_by`` of a card that room for small providers brought."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Limit:
    """One floor or ceiling, or both."""

    members: Bools  # (c,)
    least: int = 0
    most: int = 0  # 0: no ceiling
    share: float = 0.0  # floor as a share of a row's slots
    per_row: bool = False
    section: str = ""  # its code, "" every one
    rule: int = 0  # id, or AD or SMALL_PROVIDER
    priority: int = 0

    @property
    def of_row(self) -> bool:
        """Whether it counts the cards of a row and not of the page; a section is one row of a page at most."""
        return self.per_row or bool(self.section)


class PageLimits:
    """The limits of a page in the order of their priority, and what has been placed of each."""

    def __init__(self, limits: Sequence[Limit], ads: Bools | None = None, ad_every: int = 0) -> None:
        """Start an empty page.

        Args:
            limits: in any order.
            ads: (c,) sponsored candidates.
            ad_every: every so many-th slot of a row is for them and no other is, 0 none is set apart.
        """
        self.limits = tuple(sorted(limits, key=lambda limit: (-limit.priority, limit.rule)))
        c = len(limits[0].members) if limits else 0 if ads is None else len(ads)
        self.members = np.array([limit.members for limit in self.limits], np.bool_).reshape(-1, c)  # (l, c)
        self.count = np.zeros(len(self.limits), np.int64)  # (l,) on the page
        self.ads, self.ad_every = ads, ad_every

    def place(self, row: int) -> None:
        """Count candidate ``row`` as shown."""
        self.count += self.members[:, row]

    def room(self, section: str) -> Ints:
        """(l,) how many more members may stand in a new row of ``section``; a large number where no ceiling is."""
        unlimited = np.iinfo(np.int64).max // 2
        return np.array(
            [
                limit.most - (0 if limit.of_row else count) if _holds(limit, section) and limit.most else unlimited
                for limit, count in zip(self.limits, self.count.tolist(), strict=True)
            ],
            np.int64,
        )


class RowLimits:
    """The limits of one row over its m candidates."""

    def __init__(self, page: PageLimits, section: str, slots: int, candidates: Ints, pinned: Bools) -> None:
        """Start an empty row.

        Args:
            page: what stands on the page.
            section: the row's code.
            slots: how many cards it may have.
            candidates: (m,) their rows.
            pinned: (m,) will stand in the row whatever is drawn: ceilings keep room for them.
        """
        self._page, self._slots = page, max(min(slots, len(candidates)), 1)
        held = np.array([k for k, limit in enumerate(page.limits) if _holds(limit, section)], np.int64)
        self._limits = [page.limits[k] for k in held.tolist()]
        self._members = page.members[held][:, candidates]
        self._room = page.room(section)[held] - (self._members & pinned).sum(axis=1)  # (w,)
        self._owed: list[int] = [
            min(limit.least - (0 if limit.of_row else int(page.count[k])), self._slots)
            for k, limit in zip(held.tolist(), self._limits, strict=True)
        ]
        self._floors = [(k, limit) for k, limit in enumerate(self._limits) if self._owed[k] > 0 or limit.share]
        self._count = np.zeros(len(held), np.int64)
        self._placed = 0
        self._ads = None if page.ads is None or not page.ad_every else page.ads[candidates]

    def closed(self) -> Bools:
        """(m,) candidates that a ceiling bars."""
        return np.asarray(self._members[self._room <= 0].any(axis=0))

    def place(self, at: int, *, pinned: bool) -> None:
        """Count the candidate at ``at``; a pinned one had its room kept."""
        self._placed += 1
        self._count += self._members[:, at]
        if not pinned:
            self._room -= self._members[:, at]

    def narrowed(self, usable: Bools) -> tuple[Bools, int]:
        """Who may stand in the next slot, and the rule (or ``AD``, ``SMALL_PROVIDER``) that left others out, 0 none."""
        may, by = usable, 0
        if self._ads is not None:
            is_ad = (self._placed + 1) % self._page.ad_every == 0
            may, by = _part(may, self._ads if is_ad else ~self._ads, AD if is_ad else 0, by)
        for k, limit in self._floors:
            if self._due(k, limit) > self._count[k]:
                may, by = _part(may, self._members[k], limit.rule, by)
        return may, by

    def _due(self, k: int, limit: Limit) -> int:
        slot = self._placed + 1
        by_share = int(limit.share * slot + _ROUNDING)
        return max(int(self._owed[k]) * slot // self._slots, by_share)


def _part(may: Bools, wanted: Bools, rule: int, by: int) -> tuple[Bools, int]:
    """``may`` without who is not wanted, unless nobody is left; ``rule`` where that left somebody out, else ``by``."""
    part = may & wanted
    if not part.any():
        return may, by
    return part, rule if rule and (part != may).any() else by


def _holds(limit: Limit, section: str) -> bool:
    return limit.section in ("", section)
