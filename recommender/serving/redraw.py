"""A logged request under other rules: the page they would have drawn, and what they think of the one that was."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np

from recommender.data.ruleset import RulesetValue
from recommender.data.types import Context, Floats, Gathered
from recommender.serving.bundle import Bundle
from recommender.serving.decide import page_compose
from recommender.serving.plan import Plan, Request, board_of, plan_make
from recommender.serving.scores import scores_compute
from recommender.serving.state import shopper_view
from recommender.slate.following import ShownSlots, SlotLaw, page_follow
from recommender.slate.slate import Slate

PAGE_DIALS = frozenset({"exploration", "temperature", "diversity", "diversity_by", "calibration", "brand_cap"})
"""Knobs that act on the page alone; the others may be part of a candidate's base score."""


@dataclass(frozen=True)
class Expected:
    """What the ranker of a request's bundle expects of c candidates that are seen."""

    clicks: Floats  # (c,) per showing
    revenue: Floats  # (c,) minor units per showing, 0 where the price is not known


class Redrawing:
    """One request under one ruleset; nothing is computed before it is asked for."""

    def __init__(self, context: Context, gathered: Gathered, ruleset: RulesetValue, bundle: Bundle | None) -> None:
        """Encode and score.

        Args:
            context: of the request, with the arm that it has under ``ruleset``.
            gathered: its candidates.
            ruleset: that of the arm.
            bundle: of the day.
        """
        view = shopper_view(context, bundle, gathered.fresh_history_ids, gathered.fresh_history_vectors)
        scores = scores_compute(context, gathered, bundle, view, ruleset.knobs)
        self.request = Request(context, gathered, ruleset, bundle, view, scores)

    def under(self, context: Context, ruleset: RulesetValue, gathered: Gathered) -> "Redrawing":
        """The same candidates, with the tags of ``gathered``, under another ruleset.

        Scores are kept where no dial of theirs differs.
        """
        mine, theirs = asdict(self.request.ruleset.knobs), asdict(ruleset.knobs)
        if any(mine[dial] != theirs[dial] for dial in mine.keys() - PAGE_DIALS):
            return Redrawing(context, gathered, ruleset, self.request.bundle)
        other = object.__new__(Redrawing)
        other.request = replace(self.request, context=context, ruleset=ruleset, gathered=gathered)
        return other

    @cached_property
    def plan(self) -> Plan:
        """The sections that the page may have."""
        return plan_make(self.request)

    def page(self, seed: int) -> Slate:
        """The page that is drawn, as ``decide`` draws it."""
        return page_compose(self.request, self.plan, seed)[1]

    def laws(self, shown: ShownSlots) -> list[SlotLaw | None]:
        """The law of each slot of the page that was shown, everything before it as it was."""
        board, plan = board_of(self.request, self.plan.limits), (self.plan.rows, self.plan.scores)
        return page_follow(board, self.request.ruleset.knobs, self.request.view.mix, plan, shown)

    def expected(self) -> Expected | None:
        """What the ranker expects, None where the bundle has none."""
        ranked, price = self.request.scores.ranked, self.request.gathered.price_minor
        if ranked is None:
            return None
        return Expected(ranked.p_click, np.where(price > 0, price, 0).astype(np.float32) * ranked.p_purchase)
