"""Who asks: shoppers' rows as the ``Context`` of a decision, in one statement however many they are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.learned_segments import LearnedSegments
from recommender.data.types import Context, History, Ints, Limits
from users.models import Consent, Shopper
from users.segments import SegmentValue, Standing, segments_of
from users.state import DAY_US, Recent, StateValue, history_of
from users.taste import price_middle

# Of somebody who left items out, only tags are liked that another recent item bears.
_STATE = """
SELECT s.shopper_id, s.version, s.recent_items, s.recent_kinds, s.recent_times, s.hidden_items, s.purchased_items,
       s.ignored_items, s.fewer_kinds, s.raised_items, s.fatigue,
       ARRAY(SELECT t.key::bigint FROM jsonb_each_text(s.taste -> 'tags') t WHERE t.value::float8 > 0
             AND CASE WHEN s.ignored_items = '{}' THEN true ELSE t.key::bigint IN (
                 SELECT b.tag_id FROM catalog_item_tags b WHERE b.item_id = ANY(ARRAY(
                     SELECT unnest(s.recent_items) EXCEPT SELECT unnest(s.ignored_items)))) END
             ORDER BY t.value::float8 DESC, t.key::bigint LIMIT 5),
       CASE WHEN %s THEN s.taste - '{brands,colours}'::text[] END,
       ARRAY(SELECT l.item_id FROM users_basketline l JOIN users_basket b ON b.id = l.basket_id
             WHERE b.shopper_id = s.shopper_id ORDER BY l.item_id),
       (SELECT c.granted FROM users_consent c JOIN users_shopper p ON p.id = c.shopper_id
        WHERE (p.id = s.shopper_id OR p.merged_into_id = s.shopper_id) AND c.purpose = %s
        ORDER BY c.at DESC, c.id DESC LIMIT 1)
FROM users_shopperstate s WHERE s.shopper_id = ANY(%s)
"""
_COLUMNS = (
    "version", "items", "kinds", "times", "hidden", "purchased", "ignored", "fewer", "raised", "fatigue", "tags",
    "taste", "basket", "consent"
)  # fmt: skip
_JSON = ("raised", "fatigue", "taste")


@dataclass(frozen=True)
class Asked:
    """What a request asks for, beside who asks."""

    surface: str
    session: str
    now: datetime
    language: str = "en"
    page: int = 0
    anchor_item: int = 0
    department: int = 0
    query: str = ""
    served_ids: tuple[int, ...] = ()
    limits: Limits = field(default_factory=Limits)  # price and region that were asked for


def context_read(
    shop: Shop,
    shopper: Shopper | None,
    asked: Asked,
    segments: Sequence[SegmentValue] = (),
    learned: LearnedSegments | None = None,
) -> Context:
    """The context of a request, with those of ``segments``, and of the ``learned`` ones, that the shopper belongs to.

    Without consent, where the shop requires it or the shopper withdrew it, history and segments are empty and
    ``personalise`` is False; what the shopper asked never to see stays hidden all the same.
    """
    with_taste = bool(segments) or learned is not None
    row = _states_read([shopper.pk], with_taste=with_taste).get(shopper.pk) if shopper else None
    return _context_of(shop, shopper, asked, row, segments, learned)


def contexts_read(
    shop: Shop,
    shoppers: Sequence[Shopper],
    asked: Asked,
    segments: Sequence[SegmentValue] = (),
    learned: LearnedSegments | None = None,
) -> list[Context]:
    """``context_read`` of many shoppers who ask for the same, each in their own language where it is known."""
    rows = _states_read([shopper.pk for shopper in shoppers], with_taste=bool(segments) or learned is not None)
    return [
        _context_of(
            shop, one, replace(asked, language=one.language or asked.language), rows.get(one.pk), segments, learned
        )
        for one in shoppers
    ]


def _context_of(
    shop: Shop,
    shopper: Shopper | None,
    asked: Asked,
    row: dict[str, Any] | None,
    segments: Sequence[SegmentValue],
    learned: LearnedSegments | None,
) -> Context:
    if row is None:
        personalise = not shop.consent_required
        found = segments_of(segments, _standing(shop, shopper, asked, {}, "")) if personalise else ()
        return _context(shop, shopper, asked, personalise=personalise, segments=found)
    personalise = row["consent"] if row["consent"] is not None else not shop.consent_required
    known: dict[str, Any] = {
        "state_version": row["version"],
        "hidden_ids": _ints(sorted(set(row["hidden"]))),
        "basket_ids": _ints(row["basket"]),
        "fewer_ids": _ints(sorted(set(row["fewer"]))),
    }
    if personalise:
        key = learned.key_of(row["taste"]) if learned else ""
        fatigue = sorted((int(item), int(count)) for item, count in row["fatigue"].items())
        known |= {
            "history": _history(row),
            "ignored_ids": _ints(row["ignored"]),
            "purchased_ids": _ints(row["purchased"]),
            "fatigue_ids": _ints([item for item, _ in fatigue]),
            "fatigue_counts": _ints([count for _, count in fatigue]),
            "taste_tags": _ints(row["tags"]),
            "segments": segments_of(segments, _standing(shop, shopper, asked, row, key)) if segments else (),
            "learned_segment": key,
        }
    return _context(shop, shopper, asked, personalise=personalise, **known)


def _standing(shop: Shop, shopper: Shopper | None, asked: Asked, row: dict[str, Any], learned: str) -> Standing:
    """What conditions of segments are asked of; the language is the shopper's own, not the page's."""
    now_us, times, taste = microseconds(asked.now), row.get("times"), row.get("taste") or {}
    return Standing(
        departments=taste.get("departments", {}),
        price_middle=price_middle(taste),
        quiet_days=(now_us - times[-1]) // DAY_US if times else None,
        n_recent=len(row.get("items", ())),
        n_bought=len(row.get("purchased", ())),
        is_member=shopper is not None and shopper.user_id is not None,
        language=(shopper.language if shopper else asked.language) or shop.language,
        learned=learned,
    )


def context_plain(context: Context) -> Context:
    """The request as if nothing were known about its shopper; what they hid or put into the basket stays away."""
    none = _ints(())
    known = replace(context, history=History.empty(), segment="", segments=(), learned_segment="")
    known = replace(known, ignored_ids=none, purchased_ids=none, fatigue_ids=none, fatigue_counts=none)
    return replace(known, taste_tags=none)


def _states_read(shopper_ids: list[int], *, with_taste: bool) -> dict[int, dict[str, Any]]:
    """State rows by shopper; who has none is missing."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [with_taste, Consent.Purpose.PERSONALISATION, shopper_ids])
        rows = cursor.fetchall()
    states = {shopper_id: dict(zip(_COLUMNS, row, strict=True)) for shopper_id, *row in rows}
    for state in states.values():
        state |= {name: json.loads(state[name] or "{}") for name in _JSON}  # Django's raw cursors give jsonb as text
    return states


def _history(row: dict[str, Any]) -> History:
    """The recent deeds; where something was raised, with a look at it then."""
    items, kinds, times = row["items"], row["kinds"], row["times"]
    if row["raised"]:
        recent = tuple(Recent(*deed, float("nan")) for deed in zip(items, kinds, times, strict=True))
        items, kinds, times, _values = zip(*history_of(StateValue(recent=recent, raised=row["raised"])), strict=True)
    whole_ms = _ints(times) // 1000 * 1000  # what clients tell: finer digits would only fill the request log
    return History(_ints(items), np.asarray(kinds, np.int8), whole_ms)


def _context(shop: Shop, shopper: Shopper | None, asked: Asked, *, personalise: bool, **known: Any) -> Context:
    return Context(
        **{
            "shop_id": shop.pk,
            "shopper_id": shopper.pk if shopper else 0,
            "session": asked.session,
            "surface": asked.surface,
            "now_us": microseconds(asked.now),
            "history": History.empty(),
            "page": asked.page,
            "language": asked.language,
            "segment": shopper.segment if shopper and personalise else "",
            "anchor_item": asked.anchor_item,
            "department": asked.department,
            "query": asked.query,
            "served_ids": _ints(asked.served_ids),
            "limits": limits_of(shop, shopper, asked),
            "personalise": personalise,
            **known,
        }
    )


def limits_of(shop: Shop, shopper: Shopper | None, asked: Asked) -> Limits:
    """What was asked for, and what shop and shopper say of age and language; the shop's own language is understood."""
    read = (asked.language, shopper.language if shopper else "", shop.language)
    languages = tuple(dict.fromkeys(language for language in read if language))
    return replace(asked.limits, adult=shop.adult and shopper is not None and shopper.adult, languages=languages)


def _ints(values: Sequence[int]) -> Ints:
    return np.asarray(values, np.int64)
