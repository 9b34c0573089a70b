"""Decide a logged request again, and lay open how a page came to be."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from catalog.models import Shop
from catalog.moments import moment_of
from recommender.data.types import Context, Decision, Gathered
from recommender.experiments.assignment import ruleset_of_arm
from recommender.homepage import request_preview
from recommender.models import Impression, RequestLog
from recommender.page_view import names_of
from recommender.serving.decide import decide, runtime_fingerprint
from recommender.serving.pack import request_unpack
from recommender.serving.trace import trace_unpack
from recommender.store.card_facts import card_facts_read
from recommender.store.fresh import fresh_refill
from recommender.store.impressions import request_read, sections_shown
from recommender.store.live import serving_then
from recommender.wording import Names, reason_sentence, section_title
from users.models import Shopper

TOLERANCE = 1e-5
"""How far scores may lie apart on another numeric runtime."""


@dataclass(frozen=True)
class Replayed:
    """A request decided again."""

    decision: Decision
    same: bool  # as logged: bit for bit on the runtime it was logged on, elsewhere the same slate within TOLERANCE
    same_runtime: bool
    context: Context
    gathered: Gathered
    impression: Impression
    log: RequestLog


@dataclass(frozen=True)
class InspectedCard:
    """One shown item and its road through the stages."""

    item_id: int
    external_id: str
    title: str
    section: str
    section_title: str
    slot: int
    propensity: float  # NaN: filled a hole
    forced: bool
    dropped: bool
    score: float
    reason_code: str
    reason: str
    reason_items: tuple[int, ...]
    reason_weight: float
    road: dict[str, Any]  # its candidate of ``serving.trace``; empty for a fill


@dataclass(frozen=True)
class Inspection:
    """A page laid open."""

    request_id: UUID | None  # None: a preview, not shown to anybody
    shopper_id: int
    surface: str
    at: datetime
    bundle_id: int | None
    ruleset_hash: str
    state_version: int
    temperature: float
    epsilon: float
    degraded: str
    same: bool | None  # of the replay; None for a preview
    latency_ms: float | None
    timed_out: tuple[str, ...]
    history: tuple[tuple[int, int, int], ...]  # (item, kind, microseconds), oldest first
    cards: tuple[InspectedCard, ...]
    trace: dict[str, Any]
    context: Context | None = None  # None: the page is told by its row alone


def replay(request_id: UUID, *, trace: bool = False) -> Replayed:
    """Decide a logged request again with the bundle, rules and knobs of its day.

    Raises:
        DataError: the request is not logged, or its bundle or ruleset is gone.
    """
    impression, log = request_read(request_id)
    serving = serving_then(log)
    context, gathered = request_unpack(bytes(log.payload), serving.bundle)
    gathered = fresh_refill(gathered, serving.bundle, log.bundle_id)
    ruleset = ruleset_of_arm(serving.ruleset, context.arm)
    decision = decide(context, gathered, ruleset, serving.bundle, int(log.seed), trace=trace)
    same_runtime = log.runtime == runtime_fingerprint()
    same = decision_same(decision, impression, tolerance=0.0 if same_runtime else TOLERANCE)
    return Replayed(decision, same, same_runtime, context, gathered, impression, log)


def trace_of(request_id: UUID) -> dict[str, Any]:
    """The whole trace of a logged request: the one that was kept with it, else made again, without times of stages.

    Raises:
        DataError: the request is not logged, or its bundle or ruleset is gone.
    """
    kept = RequestLog.objects.filter(pk=request_id, trace__isnull=False).values_list("trace", flat=True).first()
    return trace_unpack(bytes(kept)) if kept is not None else replay(request_id, trace=True).decision.trace or {}


def decision_same(decision: Decision, impression: Impression, *, tolerance: float) -> bool:
    """Whether a decision is what was logged; what filled holes afterwards is not part of it."""
    drawn = [slot for slot, p in enumerate(impression.propensities) if p is not None and not np.isnan(p)]

    def logged(values: list[Any]) -> np.ndarray[Any, Any]:
        return np.array([values[slot] for slot in drawn])

    if decision.item_ids.tolist() != [impression.item_ids[slot] for slot in drawn]:
        return False
    if decision.section_of.tolist() != [impression.section_of[slot] for slot in drawn]:
        return False
    pairs = (
        (decision.propensities, logged(impression.propensities)),
        (decision.scores, logged(impression.scores)),
    )
    return all(
        np.allclose(ours.astype(np.float64), theirs.astype(np.float64), rtol=0, atol=tolerance, equal_nan=True)
        for ours, theirs in pairs
    )


def inspect_request(request_id: UUID, *, language: str = "en") -> Inspection:
    """A shown page laid open.

    Raises:
        DataError: the request is not logged, or its bundle or ruleset is gone.
    """
    replayed = replay(request_id, trace=True)
    shown, log = replayed.impression, replayed.log
    if replayed.decision.trace is not None and log.trace is not None:  # times were measured when it was shown
        replayed.decision.trace["stages_ms"] = trace_unpack(bytes(log.trace))["stages_ms"]
    place = {int(item): card for card, item in enumerate(replayed.decision.item_ids)}
    slots = [
        (item, place.get(item, -1), shown.dropped[slot], shown.propensities[slot], shown.section_of[slot])
        for slot, item in enumerate(shown.item_ids)
    ]
    return _inspection(
        replace(replayed.context, language=language),
        replayed.gathered,
        replace(replayed.decision, sections=sections_shown(shown)),
        slots,
        request_id=request_id,
        at=shown.shown_at,
        bundle_id=log.bundle_id,
        ruleset_hash=log.ruleset_hash,
        same=replayed.same,
        latency_ms=shown.latency_ms,
    )


def inspect_shopper(*, shop: Shop, shopper: Shopper, now: datetime, language: str = "en") -> Inspection:
    """The homepage that a shopper would see now, laid open; nothing is logged."""
    preview = request_preview(shop=shop, shopper=shopper, language=language, now=now)
    decision = preview.decision
    slots = [
        (item, card, False, float(decision.propensities[card]), int(decision.section_of[card]))
        for card, item in enumerate(decision.item_ids.tolist())
    ]
    return _inspection(
        preview.context,
        preview.gathered,
        decision,
        slots,
        request_id=None,
        at=now,
        bundle_id=preview.serving.bundle_id,
        ruleset_hash=preview.serving.ruleset.hash,
        same=None,
        latency_ms=None,
    )


_SlotView = tuple[int, int, bool, float, int]  # item, card of the decision or -1, dropped, propensity, section


def _inspection(
    context: Context, gathered: Gathered, decision: Decision, slots: list[_SlotView], **about: Any
) -> Inspection:
    names = _names(context, decision, slots)
    trace = decision.trace or {}
    roads = {candidate["item"]: candidate for candidate in trace.get("candidates", [])}
    cards = tuple(_card(slot, view, decision, names, roads.get(view[0], {})) for slot, view in enumerate(slots))
    history = context.history
    columns = (history.item_ids.tolist(), history.kinds.tolist(), history.times_us.tolist())
    return Inspection(
        shopper_id=context.shopper_id,
        surface=context.surface,
        state_version=context.state_version,
        temperature=decision.temperature,
        epsilon=decision.epsilon,
        degraded=decision.degraded,
        timed_out=gathered.timed_out,
        history=tuple(zip(*columns, strict=True)),
        cards=cards,
        trace=trace,
        context=context,
        **about,
    )


def _names(context: Context, decision: Decision, slots: list[_SlotView]) -> Names:
    """Words for everything that stands on the page or caused it."""
    now = moment_of(context.now_us)
    wanted = {item for item, *_ in slots} | {item for reason in decision.reasons for item in reason.items}
    wanted |= {section.subject for section in decision.sections} | {context.anchor_item}
    return names_of(context, card_facts_read(context, wanted, now), decision)


def _card(slot: int, view: _SlotView, decision: Decision, names: Names, road: dict[str, Any]) -> InspectedCard:
    item, card, dropped, propensity, section_of = view
    section, facts = decision.sections[section_of], names.items.get(item)
    reason = decision.reasons[card] if card >= 0 else None
    return InspectedCard(
        item_id=item,
        external_id=facts.external_id if facts else "",
        title=facts.title if facts else "",
        section=str(section.code),
        section_title=section_title(section, names),
        slot=slot,
        propensity=float("nan") if propensity is None else propensity,
        forced=bool(decision.forced[card]) if card >= 0 else False,
        dropped=dropped,
        score=float(decision.scores[card]) if card >= 0 else float("nan"),
        reason_code=reason.code if reason else "fill",
        reason=reason_sentence(reason, names) if reason else "",
        reason_items=reason.items if reason else (),
        reason_weight=reason.weight if reason else float("nan"),
        road=road,
    )
