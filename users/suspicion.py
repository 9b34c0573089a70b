"""Marks on shoppers who look like bots or floods: kept out of learning and rates, never dropped.

What marks a session, each from the shopper's last hundred deeds or from what the client calls itself:

- bot: the client names itself a crawler or a program that steers browsers. Plain HTTP libraries are no cause: shops'
  own servers report events with them.
- flood: a hundred deeds in under 20 seconds.
- hammering: of the last hundred deeds, at least 80 in one hour with one item.
- dwell: stays that add up to more than three times the time they can have lasted, with ten minutes to spare: three tabs
  are read at once, thirty are not.

Staff clear a mark in the admin, and the deeds count again.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from users.kinds import Kind
from users.models import Shopper, Suspicion
from users.state import KEPT_RECENT, Recent, StateValue

FLOOD_SECONDS = 20
HAMMERED_DEEDS, HAMMERED_SECONDS = 80, 3600
DWELL_AT_ONCE, DWELL_SPARE_SECONDS = 3, 600
MARK_EVERY = timedelta(hours=1)
_BOT = re.compile(
    r"(?<!\bcu)bot\b|crawler|spider|slurp|scraper|scrapy|facebookexternalhit|phantomjs|selenium|puppeteer|webdriver",
    re.IGNORECASE,
)  # Cubot makes telephones


def suspicion_check(
    *, shopper: Shopper, find_session: Callable[[], str], state: StateValue, agent: str, at: datetime
) -> str:
    """Mark the session of a shopper who looks like a bot or a flood.

    Args:
        shopper: who acted.
        find_session: asked only where there is doubt; ``""`` marks the shopper, whatever the session.
        state: the shopper's, with these deeds.
        agent: what the client calls itself.
        at: the moment of the mark.

    Returns: the cause, ``""`` where there is none.
    """
    cause, detail = suspicion_cause(state, agent)
    if not cause:
        return ""
    session = find_session()
    marks = Suspicion.objects.of(shopper.shop_id).filter(shopper=shopper, cause=cause, session=session)
    if not marks.filter(at__gt=at - MARK_EVERY).exists():
        Suspicion.objects.create(
            shop_id=shopper.shop_id, shopper=shopper, session=session, cause=cause, detail=detail, at=at
        )
    return cause


def suspicion_cause(state: StateValue, agent: str) -> tuple[str, dict[str, Any]]:
    """Why a shopper looks like a bot or a flood, and the numbers that say so; ``("", {})`` where nothing does."""
    if _BOT.search(agent):
        return "bot", {"agent": agent[:200]}
    for cause, find in (("flood", _flood), ("hammering", _hammering), ("dwell", _dwell)):
        detail = find(state.recent)
        if detail:
            return cause, detail
    return "", {}


def _flood(recent: Sequence[Recent]) -> dict[str, Any]:
    seconds = _seconds(recent)
    if len(recent) < KEPT_RECENT or seconds >= FLOOD_SECONDS:
        return {}
    return {"deeds": KEPT_RECENT, "seconds": round(seconds, 3)}


def _hammering(recent: Sequence[Recent]) -> dict[str, Any]:
    if len(recent) < HAMMERED_DEEDS:
        return {}
    item, _ = Counter(entry.item_id for entry in recent).most_common(1)[0]
    times = sorted(entry.at_us for entry in recent if entry.item_id == item)
    if len(times) < HAMMERED_DEEDS:
        return {}
    seconds = min(last - first for first, last in zip(times, times[HAMMERED_DEEDS - 1 :], strict=False)) / 1e6
    return {"item": item, "deeds": HAMMERED_DEEDS, "seconds": round(seconds, 3)} if seconds < HAMMERED_SECONDS else {}


def _dwell(recent: Sequence[Recent]) -> dict[str, Any]:
    """Stays end when they are reported, so the first of them began before the window."""
    stays = [entry for entry in recent if entry.kind == Kind.DWELL and not math.isnan(entry.value)]
    if len(stays) < 2:
        return {}
    stayed = sum(entry.value for entry in stays[1:])
    passed = _seconds(stays)
    if stayed <= DWELL_AT_ONCE * passed + DWELL_SPARE_SECONDS:
        return {}
    return {"stays": len(stays) - 1, "stayed_seconds": round(stayed, 1), "passed_seconds": round(passed, 1)}


def _seconds(recent: Sequence[Recent]) -> float:
    """Between the first and the last of some deeds."""
    return (recent[-1].at_us - recent[0].at_us) / 1e6 if recent else 0.0
