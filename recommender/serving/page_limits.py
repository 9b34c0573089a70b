"""What a page is limited by: its floors and ceilings, and what may stand beside what is on it already."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.data.ruleset import KnobValues, RulesetValue
from recommender.data.types import Bools, Context, Gathered, Ints
from recommender.serving.scores import kind_of
from recommender.slate.limits import AD, SMALL_PROVIDER, Limit
from recommender.slate.rules import RulesHere, kinds_of, rule_limits, rules_here

FEWER_PER_ROW = 1
"""Items of a kind in a row, where the shopper wants to see fewer of them."""

_ASKED_FOR = ("department", "search")
"""Pages that somebody opened to see a kind of thing: there it is shown all the same."""


def limits_of(context: Context, gathered: Gathered, knobs: KnobValues, here: RulesHere | None) -> tuple[Limit, ...]:
    """Floors and ceilings of a page: quotas and caps of rules, and those that knobs ask for."""
    limits = list(rule_limits(here, gathered))
    if knobs.category_cap:
        groups = kinds_of("category", gathered)
        limits += [Limit(members, most=knobs.category_cap, per_row=True) for members, _category in groups]
    if knobs.ad_cap and len(gathered.sponsored_rows):
        limits.append(Limit(rows_mask(gathered.sponsored_rows, len(gathered)), most=knobs.ad_cap, rule=AD))
    if len(context.fewer_ids) and context.surface not in _ASKED_FOR:
        kinds = kind_of(gathered)
        limits += [Limit(kinds == kind, most=FEWER_PER_ROW, per_row=True) for kind in context.fewer_ids.tolist()]
    if knobs.provider_floor and len(gathered.small_rows):
        small = rows_mask(gathered.small_rows, len(gathered))
        limits.append(Limit(small, share=knobs.provider_floor, per_row=True, rule=SMALL_PROVIDER))
    return tuple(limits)


def rows_mask(rows: Ints, c: int) -> Bools:
    """(c,) which candidates ``rows`` names."""
    members = np.zeros(c, np.bool_)
    members[rows] = True
    return members


@dataclass(frozen=True)
class Company:
    """What may stand beside the cards of a page, as far as variants, caps, ceilings and ad slots go."""

    context: Context
    gathered: Gathered
    ruleset: RulesetValue

    def first(
        self, items: Sequence[int], *, instead_of: int, section: str, row: Sequence[int], page: Sequence[int]
    ) -> int:
        """The first candidate that may take the place of a card that is gone, 0 none.

        Args:
            items: ids of candidates.
            instead_of: id of the card that is gone.
            section: code of its row.
            row: ids of the cards that stand in that row.
            page: ids of the cards that stand on the page, the row's among them.
        """
        gone, in_row, on_page = int(self._rows([instead_of])[0]), self._rows(row), self._rows(page)
        rows = zip(items, self._rows(items).tolist(), strict=True)
        return next((item for item, at in rows if self._admits(at, gone, section, in_row, on_page)), 0)

    def _admits(self, at: int, gone: int, section: str, in_row: Ints, on_page: Ints) -> bool:
        gathered, knobs = self.gathered, self.ruleset.knobs
        if gathered.group[at] and (gathered.group[on_page] == gathered.group[at]).any():
            return False
        same_brand = int((gathered.brand[in_row] == gathered.brand[at]).sum())
        if gathered.brand[at] and 0 < knobs.brand_cap <= same_brand:
            return False
        if knobs.ad_every and np.isin([at, gone], gathered.sponsored_rows).sum() == 1:
            return False
        ceilings = (limit for limit in self._limits if limit.most and limit.section in ("", section))
        return not any(
            limit.members[at] and limit.members[in_row if limit.of_row else on_page].sum() >= limit.most
            for limit in ceilings
        )

    @cached_property
    def _limits(self) -> tuple[Limit, ...]:
        here = rules_here(self.ruleset.rules, self.context, self.gathered)
        return limits_of(self.context, self.gathered, self.ruleset.knobs, here)

    def _rows(self, item_ids: Sequence[int]) -> Ints:
        return np.searchsorted(self.gathered.item_ids, np.array(item_ids, np.int64))
