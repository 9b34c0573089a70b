"""Every shopper's list made in the background: the same ``decide``, over exact candidates, many shoppers at a time.

Fallback pages read it, and whoever sends messages (``lists_api``). A list is made under the arm that its shopper
draws, and made again when bundle, rules or running experiment are others, a rule's time has begun or ended, its shopper
has done something or what they bought has been used up since; what is up to date is left alone, so a killed run goes on
where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from catalog.models import Shop
from catalog.moments import microseconds, moment_of
from recommender.data.ruleset import KnobValues, RulesetValue, SectionValue
from recommender.data.snapshot import ItemTable
from recommender.data.types import Context, DataError, Gathered, Section
from recommender.experiments.assignment import arm_assign, experiment_active, ruleset_of_arm
from recommender.facts.context import Asked, context_plain, contexts_read
from recommender.facts.item_limits import item_limits_read
from recommender.facts.item_marks import item_marks_read
from recommender.facts.snapshot import items_read
from recommender.jobs import JobProgress
from recommender.models import JobRun, PrecomputedList
from recommender.retrieval.exact import ExactGather, GatherSizes
from recommender.retrieval.used_up import lasting_days
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.state import ShopperView, shopper_view
from recommender.store.asked_for import AskedFor, asked_for_read, gathered_with
from recommender.store.live import serving_read
from recommender.store.ready_lists import lists_fallen_due, lists_write
from users.consent import consent_granted
from users.models import Consent, Shopper

LENGTH = 60
SURFACE = "push"
CHUNK = 100  # shoppers read, compared with all items and written at a time
MAKER_SECONDS = 300  # for so long refreshed lists may rest on the same prices and stock
STEP = _("Making lists")


@dataclass(frozen=True)
class _Maker:
    """One shop's live bundle, opened for many shoppers."""

    shop: Shop
    bundle: Bundle
    bundle_id: int
    gather: ExactGather
    ruleset: RulesetValue
    asked: AskedFor  # what the rules name: items that are candidates whatever else is, bearers of their tags

    def lists_of(self, shoppers: Sequence[Shopper], now: datetime) -> list[PrecomputedList]:
        """A list for each who wants personalised pages, best first, without exploration.

        Where messages are switched to the same for everybody, all lists are the one of a stranger.
        """
        asked = Asked(surface=SURFACE, session="", now=now, language=self.shop.language)
        everybody = contexts_read(self.shop, shoppers, asked, self.ruleset.segments, self.bundle.segments)
        wanted = [arm_assign(self.ruleset, one, settings.DPE_SECRET) for one in everybody if one.personalise]
        if not wanted:
            return []
        if SURFACE in self.ruleset.plain_surfaces:
            wanted = [context_plain(one) for one in wanted]
        views = [shopper_view(context, self.bundle) for context in wanted]
        histories, states = [view.history_index for view in views], np.stack([view.state for view in views])
        rulesets = [_plain(ruleset_of_arm(self.ruleset, context.arm)) for context in wanted]
        shares = [ruleset.knobs.replenish for ruleset in rulesets]
        found = self.gather.many(wanted, histories=histories, states=states, replenish=shares)
        return [self._list_of(*one, now) for one in zip(wanted, found, rulesets, views, strict=True)]

    def _list_of(
        self, context: Context, gathered: Gathered, ruleset: RulesetValue, view: ShopperView, now: datetime
    ) -> PrecomputedList:
        if ruleset.rules:
            gathered = gathered_with(self.asked, context, gathered, self.bundle)
        decision = decide(context, gathered, ruleset, self.bundle, seed=0, view=view, explained=False)
        return PrecomputedList(
            shopper_id=context.shopper_id,
            shop=self.shop,
            bundle_id=self.bundle_id,
            ruleset_hash=self.ruleset.hash,
            arm=context.arm,
            item_ids=decision.item_ids.tolist(),
            scores=decision.scores.tolist(),
            made_at=now,
        )


def lists_precompute(job: JobRun, progress: JobProgress) -> dict[str, Any]:
    """Do a job of kind ``precompute``.

    Parameters of the job: ``shard`` and ``shards`` (default 0 of 1): shoppers whose id leaves ``shard`` when divided.

    Returns:
        ``made`` (lists made now) and ``bundle``.

    Raises:
        DataError: no bundle serves the shop.
        JobStopped: the job was cancelled.
    """
    progress.plan({STEP: 1.0})
    progress.step(STEP)
    shard, shards = int(job.params.get("shard", 0)), int(job.params.get("shards", 1))
    made = shard_precompute(job.shop, shard, shards, progress.update)
    return {"made": made, "bundle": serving_read(job.shop_id).bundle_id}


def shard_precompute(
    shop: Shop, shard: int, shards: int, report: Callable[[float, float], None], *, chunk: int = CHUNK
) -> int:
    """Make the lists of one shard that are not up to date.

    Args:
        shop: whose shoppers.
        shard: which shard, from 0.
        shards: of how many.
        report: called after each chunk with shoppers done and shoppers in all; may raise to stop.
        chunk: shoppers at a time.

    Returns:
        How many lists were made.

    Raises:
        DataError: no bundle serves the shop.
    """
    now = timezone.now()
    maker = _maker(shop, now)
    waiting = _stale(maker, now).annotate(part=F("pk") % shards).filter(part=shard).values_list("pk", flat=True)
    ids = sorted({*waiting, *_fallen_due(maker, now, shard, shards)})
    made = 0
    for start in range(0, len(ids), chunk):
        part = ids[start : start + chunk]
        made += _lists_write(maker, list(Shopper.objects.filter(pk__in=part).order_by("pk")), now)
        report(start + len(part), len(ids))
    return made


def list_refresh(shop: Shop, shopper_id: int) -> bool:
    """Make one shopper's list again after they did something, or remove it if they want no personalised pages.

    Returns:
        False where no list was made: there is no such shopper, no consent, or no bundle to make it with.
    """
    now = timezone.now()
    shopper = Shopper.objects.of(shop).filter(pk=shopper_id, merged_into=None).first()
    if shopper is None:
        return False
    if not consent_granted(shop=shop, shopper=shopper, purpose=Consent.Purpose.PERSONALISATION):
        PrecomputedList.objects.filter(pk=shopper.pk).delete()
        return False
    serving = serving_read(shop.pk)
    if serving.bundle is None:
        return False
    period = int(now.timestamp() // MAKER_SECONDS)
    _lists_write(_maker_kept(shop, serving.bundle_id, serving.ruleset.hash, period), [shopper], now)
    return True


@lru_cache(maxsize=2)
def _maker_kept(shop: Shop, bundle_id: int, ruleset: str, period: int) -> _Maker:
    """A maker for many refreshes: the key changes with bundle, rules and time."""
    return _maker(shop, timezone.now())


def _maker(shop: Shop, now: datetime) -> _Maker:
    serving = serving_read(shop.pk)
    if serving.bundle is None or serving.bundle_id is None:
        raise DataError(f"no bundle serves {shop} yet; train one first")
    items = _items_of(shop, serving.bundle, now)
    sizes, segments = GatherSizes.of(serving.bundle.quotas), serving.trend.segments
    ids, big = np.asarray(serving.bundle.arrays.item_ids), serving.trend.big_providers
    limits, marks = item_limits_read(shop.pk, ids), item_marks_read(shop.pk, ids, big_providers=big)
    arrays = serving.bundle.arrays
    gather = ExactGather(
        arrays, items=items, sizes=sizes, segments=segments, limits=limits, marks=marks, witnessed=False
    )
    asked = asked_for_read(shop.pk, serving.ruleset, now, big_providers=big)
    return _Maker(shop, serving.bundle, serving.bundle_id, gather, serving.ruleset, asked)


def _plain(ruleset: RulesetValue) -> RulesetValue:
    """The rules as one list without chance."""
    knobs: KnobValues = replace(ruleset.knobs, exploration=0.0, temperature=0.0, one_list=True)
    layout = (SectionValue(Section.TOP_PICKS, n=LENGTH, minimum=1, surface=SURFACE),)
    return replace(ruleset, knobs=knobs, layout=layout)


def _items_of(shop: Shop, bundle: Bundle, now: datetime) -> ItemTable:
    """Today's facts of the bundle's items; what is gone is not available."""
    today = items_read(shop.pk, now, with_texts=False)
    ids = np.asarray(bundle.arrays.item_ids)
    if len(today) == 0:
        raise DataError(f"{shop} has no item to make lists of")
    place = np.minimum(np.searchsorted(today.ids, ids), len(today) - 1)
    there = today.ids[place] == ids
    columns = {name: column[place] for name, column in vars(today).items() if name not in ("texts", "ids", "available")}
    return ItemTable(ids=ids, available=there & today.available[place], texts=(), **columns)


def _stale(maker: _Maker, now: datetime) -> Any:
    """Shoppers without a list of this bundle, experiment and rules in force, or who did something since."""
    lists = PrecomputedList.objects.of(maker.shop).filter(
        bundle_id=maker.bundle_id,
        ruleset_hash=maker.ruleset.hash,
        arm__in=_arms(maker, now),
        made_at__gte=_in_force_since(maker, now),
    )
    current = lists.filter(Q(shopper__state__isnull=True) | Q(shopper__state__updated_at__lte=F("made_at"))).values(
        "shopper_id"
    )
    return Shopper.objects.of(maker.shop).filter(merged_into=None).exclude(pk__in=current)


def _fallen_due(maker: _Maker, now: datetime, shard: int, shards: int) -> list[int]:
    """Shoppers of a shard for whom something that they bought has been used up since their list was made."""
    arrays, marks = maker.bundle.arrays, maker.gather.marks
    ids = np.asarray(arrays.item_ids)
    told = np.zeros(len(ids), np.int64) if marks is None else marks.lasts_days
    days = lasting_days(arrays, np.arange(len(ids)), told)
    lasts = np.isfinite(days)
    shares = {arm: ruleset_of_arm(maker.ruleset, arm).knobs.replenish for arm in _arms(maker, now)}
    return lists_fallen_due(maker.shop, (ids[lasts], days[lasts]), shares, now, shard=shard, shards=shards)


def _arms(maker: _Maker, now: datetime) -> list[str]:
    """Arms that lists may have now, "" where no experiment runs."""
    experiment = experiment_active(maker.ruleset.experiments, microseconds(now))
    return [arm.name for arm in experiment.arms] if experiment else [""]


def _in_force_since(maker: _Maker, now: datetime) -> datetime:
    """When the last rule of the ruleset came into force or went out of it."""
    now_us = microseconds(now)
    moments = (at for rule in maker.ruleset.rules for at in (rule.starts_us, rule.ends_us) if at <= now_us)
    return moment_of(max(moments, default=0))


def _lists_write(maker: _Maker, shoppers: Sequence[Shopper], now: datetime) -> int:
    """Make and keep lists of those who want them; how many."""
    made = maker.lists_of(shoppers, now)
    lists_write(made)
    return len(made)
