"""The online use case: read who asks → gather → decide → check again → log → show."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from catalog.models import Shop
from catalog.time_zones import zone_of
from recommender.data.ruleset import RulesetValue
from recommender.data.types import ArtifactMismatch, Context, DataError, Decision, Gathered, Limits
from recommender.experiments.assignment import arm_assign, ruleset_of_arm
from recommender.facts.context import Asked, context_plain, context_read
from recommender.models import Impression, RequestLog
from recommender.page import Page
from recommender.page_key import cursor_make, cursor_read, decision_key
from recommender.page_slots import slots_of
from recommender.page_view import page_view
from recommender.query_vector import query_vector
from recommender.serving.decide import decide, runtime_fingerprint
from recommender.serving.pack import context_trim, request_pack, request_unpack
from recommender.serving.page_limits import Company
from recommender.serving.stages import Stages
from recommender.serving.trace import trace_pack
from recommender.store.card_facts import CardFacts, card_facts_read
from recommender.store.fresh import fresh_refill
from recommender.store.gather import SqlGather
from recommender.store.impressions import Logged, Slots, impression_write, sections_shown, served_read, shown_before
from recommender.store.live import Serving, serving_read, serving_then
from recommender.store.rulesets import editorial_of, tags_of
from users.models import Shopper
from users.shoppers import shopper_ids

logger = logging.getLogger(__name__)

SPARES = 8
"""Cards kept ready for holes that the check at serving time makes."""

NO_LIMITS = Limits()

_RUNTIME = runtime_fingerprint()
_MAX_PAGES = 20


@dataclass(frozen=True)
class Decided:
    """A request that was gathered and decided."""

    context: Context
    gathered: Gathered
    decision: Decision
    serving: Serving


@dataclass(frozen=True)
class _Request:
    """One request on its way through."""

    shop: Shop
    context: Context
    serving: Serving
    key: str
    seed: int
    now: datetime


def homepage_page(
    *,
    shop: Shop,
    shopper: Shopper | None = None,
    session: str = "",
    surface: str = "homepage",
    language: str = "en",
    now: datetime,
    cursor: str = "",
    anchor_item: int = 0,
    department: int = 0,
    query: str = "",
    limits: Limits = NO_LIMITS,
    trace: bool = False,
) -> Page:
    """Decide, log and word a page.

    A request that was answered before and asks for the same (nothing done since, same bundle and rules) gets the same
    page and is no second exposure.

    Args:
        shop: the tenant.
        shopper: who asks, None before their first event.
        session: visit of somebody without a shopper; part of the seed.
        surface: homepage, product, department, search, basket or push.
        language: of titles and sentences.
        now: the moment of the request.
        cursor: of the page before; "" for the first. One that was not given out by us counts as the first.
        anchor_item: on a product page, the item looked at.
        department: on a department page, its category id.
        query: on a search page, what was typed.
        limits: prices and region that are asked for.
        trace: keep the whole trace with the log; of the others some keep theirs, as DPE_TRACE_PERCENT says.
    """
    started = time.perf_counter()
    earlier = cursor_read(cursor)
    asked = Asked(
        surface=surface,
        session=session,
        now=now,
        language=language,
        page=len(earlier),
        anchor_item=anchor_item,
        department=department,
        query=query.strip()[:300],
        served_ids=tuple(served_read(shop.pk, earlier).tolist()) if earlier else (),
        limits=limits,
    )
    serving = serving_read(shop.pk)
    context = context_read(shop, shopper, asked, serving.ruleset.segments, serving.learned_segments)
    request = _request(shop, context, serving, now)
    trace = trace or _is_sampled(request.key)
    return _shown_again(request, earlier) or _shown_first(request, earlier, started, trace=trace)


def _is_sampled(key: str) -> bool:
    """Whether a request is among those whose trace is kept: by digits of its key that the seed does not use."""
    return int(key[16:24], 16) % 10_000 < 100 * settings.DPE_TRACE_PERCENT


def _request(shop: Shop, context: Context, serving: Serving, now: datetime) -> _Request:
    context = arm_assign(serving.ruleset, context, settings.DPE_SECRET)
    serving = replace(serving, ruleset=ruleset_of_arm(serving.ruleset, context.arm))
    if context.surface in serving.ruleset.plain_surfaces:
        context = context_plain(context)
    context = replace(
        context,
        editorial_ids=editorial_of(serving.ruleset, context),
        query_vector=query_vector(serving.bundle, context.query),
    )
    key = decision_key(context, serving, now.astimezone(zone_of(shop.time_zone)).date())
    return _Request(shop, context, serving, key, int(key[:16], 16), now)


def page_shown(
    *, shop: Shop, shopper: Shopper | None, impression_id: UUID, language: str, now: datetime
) -> Page | None:
    """A page as it was shown, decided again from its log and worded anew: what "Why this?" reads.

    Returns: None where the log or its bundle is gone, or the page was somebody else's.
    """
    impression = Impression.objects.of(shop).filter(pk=impression_id).first()
    log = RequestLog.objects.of(shop).filter(pk=impression_id).first()
    if impression is None or log is None:
        return None
    if impression.shopper_id is not None and (shopper is None or impression.shopper_id not in shopper_ids(shopper.pk)):
        return None
    try:
        return _from_log(impression, log, (), language, now)
    except (DataError, ArtifactMismatch):
        return None


def _shown_again(request: _Request, earlier: Sequence[UUID]) -> Page | None:
    """The page of an unchanged request, decided again from its log; None where there is none."""
    before = shown_before(request.shop.pk, request.key, request.now)
    if before is None:
        return None
    return _from_log(*before, earlier, request.context.language, request.now)


def _from_log(impression: Impression, log: RequestLog, earlier: Sequence[UUID], language: str, now: datetime) -> Page:
    serving = serving_then(log)
    context, gathered = request_unpack(bytes(log.payload), serving.bundle)
    gathered = fresh_refill(gathered, serving.bundle, serving.bundle_id)
    ruleset = ruleset_of_arm(serving.ruleset, context.arm)
    decision = decide(context, gathered, ruleset, serving.bundle, int(log.seed))
    decision = replace(decision, sections=sections_shown(impression))  # on another runtime it may have drawn others
    context = replace(context, language=language)  # of the words: what was decided in another one stays
    slots = Slots(
        impression.item_ids,
        impression.section_of,
        impression.propensities,
        impression.forced,
        impression.dropped,
        impression.scores,
        _cards_of(impression.item_ids, decision),
    )
    facts = _facts(now, context, decision, slots.item_ids)
    return page_view(context, decision, slots, facts, impression.pk, _cursor(earlier, impression.pk, gathered, slots))


def _cards_of(item_ids: Sequence[int], decision: Decision) -> list[int]:
    place = {int(item): card for card, item in enumerate(decision.item_ids)}
    return [place.get(item, -1) for item in item_ids]


def request_preview(*, shop: Shop, shopper: Shopper, language: str, now: datetime) -> Decided:
    """The homepage that a shopper would get, with its trace; nothing is logged or shown."""
    serving, asked = serving_read(shop.pk), Asked(surface="homepage", session="", now=now, language=language)
    context = context_read(shop, shopper, asked, serving.ruleset.segments, serving.learned_segments)
    return _decided(_request(shop, context, serving, now), trace=True)


def _shown_first(request: _Request, earlier: Sequence[UUID], started: float, *, trace: bool) -> Page:
    decided = _decided(request, trace=trace)
    context, gathered, decision, serving = decided.context, decided.gathered, decided.decision, decided.serving
    facts = _facts(request.now, context, decision, decision.pool_ids[: len(decision.item_ids) + SPARES].tolist())
    slots = slots_of(decision, facts, Company(context, gathered, serving.ruleset))
    logged = Logged(
        key=request.key,
        seed=request.seed,
        bundle_id=serving.bundle_id,
        ruleset_hash=serving.ruleset.hash,
        runtime=_RUNTIME,
        payload=request_pack(context_logged(context), gathered, serving.bundle),
        at=request.now,
        latency_ms=(time.perf_counter() - started) * 1000,
    )
    impression = impression_write(context, decision, slots, logged)
    if decision.trace is not None:
        RequestLog.objects.filter(pk=impression).update(trace=trace_pack(decision.trace))
    return page_view(context, decision, slots, facts, impression, _cursor(earlier, impression, gathered, slots))


def context_logged(context: Context) -> Context:
    """The context as its log keeps it: without consent it names neither shopper nor visit, as the rows beside it."""
    return context if context.personalise else replace(context, shopper_id=0, session="")


def _decided(request: _Request, *, trace: bool = False) -> Decided:
    """Gather and decide; a bundle that fails in use is left aside and the page is made without one."""
    serving = request.serving
    try:
        return _gather_and_decide(request, serving, trace=trace)
    except ArtifactMismatch:
        if serving.bundle is None:
            raise
        logger.exception("Bundle %s failed in use; the page is made without it", serving.bundle_id)
        return _gather_and_decide(request, replace(serving, bundle=None, bundle_id=None), trace=trace)


def _gather_and_decide(request: _Request, serving: Serving, *, trace: bool) -> Decided:
    ruleset: RulesetValue = serving.ruleset
    gather = SqlGather(serving, tag_ids=tags_of(ruleset), repeats=ruleset.knobs.repeats)
    clock = time.perf_counter if trace else None
    stages = Stages(clock)
    gathered = gather(request.context)
    stages.end("gather")
    context = context_trim(request.context, gathered)
    seed, view = request.seed, gather.view
    decision = decide(context, gathered, ruleset, serving.bundle, seed, trace=trace, view=view, clock=clock)
    if decision.trace is not None:
        decision.trace["stages_ms"] = stages.milliseconds | decision.trace["stages_ms"]
    return Decided(context, gathered, decision, serving)


def _facts(now: datetime, context: Context, decision: Decision, more: Sequence[int]) -> dict[int, CardFacts]:
    """Facts of everything the page speaks of: cards, spare cards, causes and the subjects of its titles."""
    wanted = {*decision.item_ids.tolist(), *more, context.anchor_item}
    wanted |= {item for reason in decision.reasons for item in reason.items}
    wanted |= {section.subject for section in decision.sections} | set(context.history.item_ids[-1:].tolist())
    return card_facts_read(context, wanted, now)


def _cursor(earlier: Sequence[UUID], impression: UUID, gathered: Gathered, slots: Slots) -> str:
    """Cursor of the next page; "" where hardly anything is left."""
    if len(earlier) + 1 >= _MAX_PAGES or len(gathered) - len(slots.item_ids) < SPARES:
        return ""
    return cursor_make([*earlier, impression])
