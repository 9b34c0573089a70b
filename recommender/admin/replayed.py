"""A request decided again for staff to see: the same page, or where it differs; and a page whose log is gone."""

import math
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.titles import titles_read
from recommender.admin.choices import section_word
from recommender.admin.inspector_cards import number_words
from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import Impression
from recommender.redecided import Basis, Redecided, SlotChange, redecide
from recommender.replay import InspectedCard, Inspection, Replayed, replay

NAN = float("nan")


@dataclass(frozen=True)
class Difference:
    """A slot that is not what it was."""

    slot: int  # 1 is the first
    then: str
    now: str


def replay_view_of(request_id: UUID, basis: Basis = Basis.THEN) -> dict[str, Any]:
    """What ``replay`` found, or ``redecide`` with other rules, for the inspector."""
    try:
        if basis is not Basis.THEN:
            return _other(redecide(request_id, basis, now=timezone.now(), language=get_language() or "en"), basis)
        replayed = replay(request_id)
    except (DataError, ArtifactMismatch) as error:
        return {"problem": str(error)}
    return {
        "same": replayed.same,
        "same_runtime": replayed.same_runtime,
        "differences": [] if replayed.same else differences(replayed),
    }


def _other(found: Redecided, basis: Basis) -> dict[str, Any]:
    kinds = {"in": _("in"), "out": _("out"), "moved": _("moved"), "rescored": _("scored otherwise")}
    words = [
        (kinds[one.kind], one.title, one.before or "–", one.after or "–", *map(number_words, _scores(one)))
        for one in found.changes
    ]
    said = _("Decided with the drafts") if basis is Basis.DRAFT else _("Decided with what serves today")
    return {"other": said, "changes": words, "bundle": found.bundle_id, "ruleset": found.ruleset_hash}


def _scores(change: SlotChange) -> tuple[float, float]:
    return change.score_before, change.score_after


def differences(replayed: Replayed) -> list[Difference]:
    """Slots whose item, score or propensity differs between the log and the replay, in page order."""
    shown, decision = replayed.impression, replayed.decision
    drawn = [slot for slot, p in enumerate(shown.propensities) if p is not None and not math.isnan(p)]
    then = [(shown.item_ids[slot], shown.scores[slot], shown.propensities[slot]) for slot in drawn]
    now = list(zip(decision.item_ids.tolist(), decision.scores.tolist(), decision.propensities.tolist(), strict=True))
    titles = titles_read({item for item, *_rest in [*then, *now]})
    longest = max(len(then), len(now))
    pairs = zip(_padded(then, longest), _padded(now, longest), strict=True)
    return [
        Difference(slot, _words(before, titles), _words(after, titles))
        for slot, (before, after) in enumerate(pairs, start=1)
        if before != after
    ]


_Card = tuple[int, float, float]


def _padded(cards: list[_Card], n: int) -> list[_Card | None]:
    return [*cards, *[None] * (n - len(cards))]


def _words(card: _Card | None, titles: dict[int, str]) -> str:
    if card is None:
        return _("nothing")
    item, score, propensity = card
    return f"{titles.get(item, item)} · s {number_words(score)} · p {number_words(propensity)}"


def inspection_as_shown(impression: Impression) -> Inspection:
    """A page as its row tells it: items, rows and propensities; neither reasons nor roads."""
    titles = titles_read(impression.item_ids)
    return Inspection(
        request_id=impression.pk,
        shopper_id=impression.shopper_id or 0,
        surface=impression.surface,
        at=impression.shown_at,
        bundle_id=impression.bundle_id,
        ruleset_hash=impression.ruleset_hash,
        state_version=impression.state_version,
        temperature=impression.temperature,
        epsilon=impression.epsilon,
        degraded=impression.degraded,
        same=None,
        latency_ms=impression.latency_ms,
        timed_out=(),
        history=(),
        cards=tuple(_card(impression, slot, titles) for slot in range(len(impression.item_ids))),
        trace={},
    )


def _card(impression: Impression, slot: int, titles: dict[int, str]) -> InspectedCard:
    item, propensity = impression.item_ids[slot], impression.propensities[slot]
    code = str(impression.sections[impression.section_of[slot]].get("code", ""))
    return InspectedCard(
        item_id=item,
        external_id=str(item),
        title=titles.get(item, ""),
        section=code,
        section_title=section_word(code),
        slot=slot,
        propensity=NAN if propensity is None else propensity,
        forced=_at(impression.forced, slot, default=False),
        dropped=_at(impression.dropped, slot, default=False),
        score=_at(impression.scores, slot, default=NAN),
        reason_code="",
        reason="",
        reason_items=(),
        reason_weight=NAN,
        road={},
    )


def _at(values: list[Any], slot: int, *, default: Any) -> Any:
    return values[slot] if slot < len(values) and values[slot] is not None else default
