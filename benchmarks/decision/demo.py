"""Stages on the demo shop, whose people's true tastes are known: the ranker that learned from its pages included."""

from pathlib import Path

import numpy as np
from django.utils import timezone

from benchmarks.decision.public import N, StageFound, Told, stages_compare
from benchmarks.decision.stages import Asked, Stages
from benchmarks.decision.true_tastes import graded_ndcg, true_tastes_read
from catalog.models import Item, Shop
from recommender.data.types import DataError
from recommender.demo_shop.load import DemoSize
from recommender.homepage import request_preview
from recommender.serving.state import shopper_view
from users.models import Shopper


def demo_stages_measure(shop: Shop, truth: Path, *, shoppers: int, told: Told) -> list[StageFound]:
    """NDCG@10 of every stage with what its people truly want as gains.

    What could have been shown is everything available that the shopper has not met.

    Args:
        shop: the demo shop, with a bundle that serves.
        truth: the file of its tastes.
        shoppers: at most so many, in the order of their numbers, which says nothing about them.
        told: progress.
    Raises: DataError where no bundle serves, or truth and shop do not belong together.
    """
    tastes = true_tastes_read(truth, days=DemoSize().days)
    row = {external: number for number, external in enumerate(tastes.external_ids)}
    items = {pk: row[external] for pk, external in Item.objects.of(shop).values_list("pk", "external_id")}
    available = set(
        Item.objects.of(shop).visible(timezone.now()).in_stock().for_everybody().values_list("pk", flat=True)
    )
    people = Shopper.objects.of(shop).filter(synthetic=True, merged_into=None, state__isnull=False)
    chosen = list(people.order_by("external_id")[:shoppers])
    values: dict[str, list[float]] = {}
    for number, shopper in enumerate(chosen):
        page = request_preview(shop=shop, shopper=shopper, language="en", now=timezone.now())
        bundle, context, gathered = page.serving.bundle, page.context, page.gathered
        if bundle is None:
            raise DataError(f"no bundle serves {shop}; train one first")
        view = shopper_view(context, bundle, gathered.fresh_history_ids, gathered.fresh_history_vectors)
        worth = tastes.worth(int(shopper.external_id.removeprefix("demo-")))
        met = set(context.history.item_ids.tolist()) | set(context.purchased_ids.tolist())
        ideal = worth[[items[pk] for pk in available - met]]
        asked = Asked(context, gathered, bundle, view.history_index, view.state)
        for name, (rows, _) in Stages(knobs=page.serving.ruleset.knobs)(asked):
            fresh = [pk for pk in gathered.item_ids[rows].tolist() if pk not in met]
            shown = worth[[items[pk] for pk in fresh]]
            values.setdefault(name, []).append(graded_ndcg(shown, ideal, N))
        told(number + 1, len(chosen))
    columns = {name: np.array(several, np.float32) for name, several in values.items()}
    return stages_compare(columns, np.arange(len(chosen)))
