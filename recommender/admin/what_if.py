"""What the drafts would have moved: pages of the last days decided again with them, beside what serves now."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import get_language

from catalog.models import ItemText, Shop
from recommender.data.ruleset import RulesetValue
from recommender.data.types import ArtifactMismatch, DataError
from recommender.experiments.assignment import arm_assign, ruleset_of_arm
from recommender.models import RequestLog
from recommender.serving.decide import decide
from recommender.serving.pack import request_unpack
from recommender.store.fresh import fresh_refill
from recommender.store.live import serving_read, serving_then
from recommender.store.rulesets import ruleset_compile, ruleset_value

PAGES = 20
SINCE = timedelta(days=2)
MOVED_SHOWN = 5


@dataclass(frozen=True)
class Moved:
    """An item that more or fewer pages would have shown."""

    title: str
    pages: int


@dataclass(frozen=True)
class WhatIf:
    """Pages as the drafts would have made them, against the ruleset that serves."""

    pages: int
    different: int  # pages with other items or another order
    cards: int  # of all these pages
    replaced: int  # cards that would have been other items
    up: list[Moved]
    down: list[Moved]


def what_if(shop: Shop, now: datetime) -> WhatIf:
    """Decide the latest logged pages twice, with the drafts and with what serves, from the same seeds.

    Each side draws the arm of the page's shopper anew, among the experiments that it runs.
    Candidates are those gathered then: an item that no source brought to a page cannot come up in it.

    Raises: DataError where the drafts cannot be compiled.
    """
    draft = ruleset_value(ruleset_compile(shop), "draft")
    serving = serving_read(shop.pk).ruleset
    logs = RequestLog.objects.of(shop).filter(at__gte=now - SINCE).order_by("-at")[:PAGES]
    pairs = [pair for log in logs if (pair := _decided_twice(log, serving, draft)) is not None]
    before, after = (Counter(item for pair in pairs for item in pair[side]) for side in (0, 1))
    replaced = sum(len(set(old) - set(new)) for old, new in pairs)
    return WhatIf(
        pages=len(pairs),
        different=sum(old != new for old, new in pairs),
        cards=sum(len(old) for old, _new in pairs),
        replaced=replaced,
        up=_moved(after - before),
        down=_moved(before - after),
    )


def _decided_twice(log: RequestLog, serving: RulesetValue, draft: RulesetValue) -> tuple[list[int], list[int]] | None:
    """Items of the page with either ruleset; None where its bundle is gone."""
    try:
        then = serving_then(log)
        context, gathered = request_unpack(bytes(log.payload), then.bundle)
        gathered = fresh_refill(gathered, then.bundle, log.bundle_id)
    except (DataError, ArtifactMismatch):
        return None

    def items(ruleset: RulesetValue) -> list[int]:
        drawn = arm_assign(ruleset, context, settings.DPE_SECRET)
        decision = decide(drawn, gathered, ruleset_of_arm(ruleset, drawn.arm), then.bundle, int(log.seed))
        return list(decision.item_ids.tolist())

    return items(serving), items(draft)


def _moved(counts: Counter[int]) -> list[Moved]:
    most = counts.most_common(MOVED_SHOWN)
    rows = ItemText.objects.filter(item_id__in=[item for item, _n in most]).values_list("item_id", "language", "title")
    language = get_language() or "en"
    titles = {item: title for item, _language, title in sorted(rows, key=lambda row: row[1] == language)}
    return [Moved(titles.get(item, str(item)), n) for item, n in most]
