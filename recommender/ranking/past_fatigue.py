"""What a shopper had been shown in vain before a moment, as the shopper's state told it then.

The rules are those of ``users.state``: a card that was seen tires with the shopper's next deed and not before, so that
a reload changes nothing; counts halve with every whole day without a deed; an answer clears its item.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from recommender.data.snapshot import InteractionTable
from recommender.data.types import DAY_US, Ints
from users.kinds import ANSWER_KINDS, Kind

KEPT = 500
"""Items a state remembers, the most often shown first."""


@dataclass
class _Tired:
    """One shopper's counts by vocabulary index, as far as their deeds have been followed."""

    counts: dict[int, int] = field(default_factory=dict)
    pending: dict[int, int] = field(default_factory=dict)  # seen since the last deed
    opened: set[int] = field(default_factory=set)  # clicked on a page: looking at it is an answer
    updated_us: int = 0

    def answer(self, item: int) -> None:
        self.counts.pop(item, None)
        self.pending.pop(item, None)

    def join(self, at_us: int) -> None:
        """A deed: rest for the days that passed, then what was seen since counts."""
        days = max(0, at_us - self.updated_us) // DAY_US if self.updated_us else 0
        self.updated_us = at_us
        if not days and not self.pending:
            return
        counts = {item: count >> min(days, 62) for item, count in self.counts.items()}
        for item, count in self.pending.items():
            counts[item] = counts.get(item, 0) + count
        strongest = sorted((item for item in counts if counts[item]), key=lambda item: (-counts[item], item))
        self.counts, self.pending = {item: counts[item] for item in strongest[:KEPT]}, {}


class PastFatigue:
    """Counts of every shopper at a moment that, for each of them, only moves forward."""

    def __init__(self, facts: InteractionTable, first: Ints) -> None:
        """Follow deeds.

        Args:
            facts: sorted by (shopper, time).
            first: (u+1,) where each shopper's begin.
        """
        self.facts, self.next, self.end = facts, first[:-1].tolist(), first[1:].tolist()
        self.tired: dict[int, _Tired] = {}

    def at(self, shopper: int, at_us: int) -> dict[int, int]:
        """Item → times it was shown in vain, as known just before ``at_us``."""
        return self._followed(shopper, at_us).counts

    def show(self, shopper: int, at_us: int, items: Sequence[int], clicked: Sequence[bool]) -> None:
        """The shopper saw a page.

        Args:
            shopper: row of who saw it.
            at_us: when, in microseconds since 1970; not before what was shown or asked for earlier.
            items: what stood on it.
            clicked: which of these will have been opened.
        """
        tired = self._followed(shopper, at_us)
        for item, opened in zip(items, clicked, strict=True):
            tired.pending[item] = tired.pending.get(item, 0) + 1
            if opened:
                tired.opened.add(item)

    def _followed(self, shopper: int, at_us: int) -> _Tired:
        tired, facts, row = self.tired.setdefault(shopper, _Tired()), self.facts, self.next[shopper]
        while row < self.end[shopper] and facts.at_us[row] < at_us:
            item, kind = int(facts.item[row]), int(facts.kind[row])
            if kind in ANSWER_KINDS or (kind == Kind.VIEW and item in tired.opened):
                tired.answer(item)
            tired.join(int(facts.at_us[row]))
            row += 1
        self.next[shopper] = row
        return tired
