"""Marks on shoppers who look like bots or floods: kept out of learning and rates, never dropped."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from users.models import Shopper, Suspicion
from users.state import KEPT_RECENT, StateValue

FLOOD_SECONDS = 20
MARK_EVERY = timedelta(hours=1)
_BOT = re.compile(r"bot\b|crawler|spider|slurp|facebookexternalhit", re.IGNORECASE)


def suspicion_check(
    *, shopper: Shopper, find_session: Callable[[], str], state: StateValue, agent: str, at: datetime
) -> str:
    """Mark the session of a shopper whose last hundred deeds took under 20 seconds, or whose client calls itself a bot.

    Args:
        shopper: who acted.
        find_session: asked only where there is doubt; ``""`` marks the shopper, whatever the session.
        state: the shopper's, with these deeds.
        agent: what the client calls itself.
        at: the moment of the mark.

    Returns: the cause, ``""`` where there is none.
    """
    cause, detail = _cause(state, agent)
    if not cause:
        return ""
    session = find_session()
    marks = Suspicion.objects.of(shopper.shop_id).filter(shopper=shopper, cause=cause, session=session)
    if not marks.filter(at__gt=at - MARK_EVERY).exists():
        Suspicion.objects.create(
            shop_id=shopper.shop_id, shopper=shopper, session=session, cause=cause, detail=detail, at=at
        )
    return cause


def _cause(state: StateValue, agent: str) -> tuple[str, dict[str, Any]]:
    if _BOT.search(agent):
        return "bot", {"agent": agent[:200]}
    if len(state.recent) == KEPT_RECENT:
        seconds = (state.recent[-1].at_us - state.recent[0].at_us) / 1e6
        if seconds < FLOOD_SECONDS:
            return "flood", {"deeds": KEPT_RECENT, "seconds": round(seconds, 3)}
    return "", {}
