"""How well a bundle answers kept-back shoppers, asked the way the shop asks: exact gather, then ``decide``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from recommender.data.ruleset import EVALUATION_KNOBS, RulesetValue
from recommender.data.splits import Targets
from recommender.data.types import Context, Decision, Floats, Gathered, Ints
from recommender.evaluation.metrics import TargetRanks, ranks_collect, ranks_in_list, ranks_in_scores
from recommender.ranking.choices import context_of, state_of
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.training.holdout import Holdout

RULESET = RulesetValue(hash="evaluation", knobs=EVALUATION_KNOBS)


class Decide(Protocol):
    """``serving.decide.decide``: pure, deterministic for equal arguments."""

    def __call__(
        self,
        context: Context,
        gathered: Gathered,
        ruleset: RulesetValue,
        bundle: Bundle,
        seed: int,
        *,
        trace: bool = False,
    ) -> Decision:
        """Choose a page."""
        ...


def bundle_ranks(
    bundle: Bundle,
    holdout: Holdout,
    item_ids: Ints,
    decide: Decide,
    *,
    progress: Callable[[float, float], None] | None = None,
) -> TargetRanks:
    """Ranks of what the judged shoppers did next in the lists that ``decide`` makes of a bundle.

    Args:
        bundle: any bundle of the shop; items it does not know are misses.
        holdout: behaviour before the targets, and the targets.
        item_ids: (n,) ids of the holdout's vocabulary.
        decide: ``serving.decide.decide``.
        progress: called with (shoppers done, shoppers).
    """
    gather = ExactGather(bundle.arrays)
    judged, ranks = holdout.thirds.report, []
    for row, user in enumerate(judged.users.tolist()):
        shown = _list_of(bundle, gather, holdout, user, item_ids, decide)
        wanted = item_ids[judged.of(row)]
        ranks.append(ranks_in_list(shown, -np.arange(len(shown), dtype=np.float32), wanted))
        if progress:
            progress(row + 1, len(judged))
    return ranks_collect(ranks)


def _list_of(bundle: Bundle, gather: ExactGather, holdout: Holdout, user: int, item_ids: Ints, decide: Decide) -> Ints:
    context = replace(context_of(holdout.train, user, item_ids, now_us=holdout.now_us), shop_id=bundle.manifest.shop_id)
    index = bundle.index_of(context.history.item_ids)
    state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
    gathered = gather(context, history_index=index, state=state)
    return decide(context, gathered, RULESET, bundle, seed=0).item_ids


def popularity_ranks(popularity: Floats, holdout: Holdout) -> TargetRanks:
    """Ranks in one list of best sellers, each shopper's own items left out.

    Args:
        popularity: (n,) interactions of each item.
        holdout: as for ``bundle_ranks``.
    """
    judged: Targets = holdout.thirds.report
    ranks = []
    for row, user in enumerate(judged.users.tolist()):
        scores = popularity.astype(np.float32).copy()
        scores[holdout.train.items_of(user)] = -np.inf
        ranks.append(ranks_in_scores(scores, judged.of(row)))
    return ranks_collect(ranks)
