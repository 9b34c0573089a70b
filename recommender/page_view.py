"""A logged decision and the facts of its items as the page that views and API show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.moments import moment_of
from recommender.data.types import Context, Decision, Reason
from recommender.page import Card, Cause, Page, PageSection, Pill
from recommender.store.card_facts import CardFacts, tag_names
from recommender.store.impressions import Slots
from recommender.wording import (
    Names,
    action_labels,
    actions_of,
    labels_of,
    pill_text,
    pill_undo,
    reason_sentence,
    section_subtitle,
    section_title,
)
from users.kinds import POSITIVE_KINDS, Kind

PILL_FOR_US = 30 * 60 * 1_000_000
"""The pill speaks of what was done within half an hour."""


def page_view(
    context: Context,
    decision: Decision,
    slots: Slots,
    facts: Mapping[int, CardFacts],
    impression: UUID,
    cursor: str,
) -> Page:
    """The page in the words of the current language; what was dropped or is gone by now is left out."""
    now = moment_of(context.now_us)
    names = names_of(context, facts, decision)
    buttons = action_labels()
    rows: list[list[Card]] = [[] for _ in decision.sections]
    for position, item in enumerate(slots.item_ids):
        shown = facts.get(item)
        if slots.dropped[position] or shown is None or not (shown.visible and shown.in_stock):
            continue
        card = slots.card_of[position]
        reason = decision.reasons[card] if card >= 0 else Reason("fill")
        rows[slots.section_of[position]].append(_card(shown, position, reason, names, buttons, now))
    sections = tuple(
        PageSection(
            str(section.code), section_title(section, names), section_subtitle(section), section.subject, tuple(row)
        )
        for section, row in zip(decision.sections, rows, strict=True)
        if row
    )
    return Page(
        request_id=impression,
        impression_id=impression,
        surface=context.surface,
        page=context.page,
        sections=sections,
        degraded=decision.degraded,
        cursor=cursor,
        pill=_pill(context, sections, facts),
        personalised=context.personalise,
    )


def names_of(context: Context, facts: Mapping[int, CardFacts], decision: Decision) -> Names:
    """The words that a request's sentences are filled with; tags are looked up only where a reason speaks of one."""
    tags = {reason.subject for reason in decision.reasons if reason.code == "taste"}
    history = context.history
    done = {
        item: Kind(kind).word
        for item, kind in zip(history.item_ids.tolist(), history.kinds.tolist(), strict=True)
        if Kind(kind) in POSITIVE_KINDS
    }
    departments = {one.department_id: one.department for one in facts.values() if one.department_id}
    named = tag_names(context.shop_id, tags, context.language) if tags else {}
    return Names(facts, departments, named, done, query=context.query, personal=bool(done))


def card_of(facts: CardFacts, position: int, now: datetime, **why: Any) -> Card:
    """A card of facts; ``why`` holds its ``reason``, ``reason_code``, ``causes`` and ``actions``, if it was chosen."""
    return Card(
        id=facts.id,
        external_id=facts.external_id,
        title=facts.title,
        description=facts.description,
        brand=facts.brand,
        department_id=facts.department_id,
        price_minor=facts.price_minor,
        list_price_minor=facts.reduced_from,
        currency=facts.currency,
        picture=facts.picture,
        picture_alt=facts.picture_alt,
        picture_width=facts.picture_width,
        picture_height=facts.picture_height,
        rating=facts.rating,
        rating_count=facts.rating_count,
        labels=labels_of(facts, now),
        position=position,
        **why,
    )


def _card(
    facts: CardFacts, position: int, reason: Reason, names: Names, buttons: Mapping[str, str], now: datetime
) -> Card:
    return card_of(
        facts,
        position,
        now,
        reason=reason_sentence(reason, names),
        reason_code=reason.code,
        causes=tuple(_cause(names.items[item], names) for item in reason.items if item in names.items),
        actions=actions_of(facts, reason, buttons, names.items),
    )


def _cause(facts: CardFacts, names: Names) -> Cause:
    done = names.done.get(facts.id, Kind.VIEW.word)
    return Cause(facts.id, facts.external_id, facts.title, facts.picture, done)


def _pill(context: Context, sections: tuple[PageSection, ...], facts: Mapping[int, CardFacts]) -> Pill | None:
    """Shown where the newest thing done is the cause of a card in the first row."""
    history = context.history
    if not sections or not len(history) or context.surface != "homepage":
        return None
    latest = int(history.item_ids[-1])
    recent = context.now_us - int(history.times_us[-1]) <= PILL_FOR_US
    cited = any(cause.id == latest for card in sections[0].cards for cause in card.causes)
    subject = facts[latest].category if latest in facts else ""
    if not (recent and cited and subject):
        return None
    return Pill(pill_text(subject), pill_undo(facts[latest]))
