"""What a shopper does on a page, written down as facts: views, likes, hearts, and taking them back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import get_language

from catalog.models import Item
from dpe_site.shop.visitor import Visitor
from recommender.events import events_take
from recommender.seen import impressions_claim
from users.interactions import undoable
from users.kinds import Kind
from users.models import Search, Shopper, ShopperState
from users.shoppers import shopper_ensure

SAME_VIEW = timedelta(minutes=10)


@dataclass(frozen=True)
class Place:
    """Where on which page a deed was done; empty where it is unknown."""

    surface: str = ""
    impression: UUID | None = None
    position: int | None = None
    tag: int = 0  # the taste that the button is about, 0 none

    @property
    def details(self) -> dict[str, Any]:
        """As fields of an event."""
        said = {"surface": self.surface or None, "position": self.position}
        said["impression"] = str(self.impression) if self.impression else None
        return {name: value for name, value in said.items() if value is not None}


NOWHERE = Place()


def shopper_met(visitor: Visitor) -> Shopper:
    """The visitor's shopper, made now if this is the first thing they do."""
    shopper = shopper_ensure(
        shop=visitor.shop, identity=visitor.identity_ensure(), at=timezone.now(), language=get_language() or ""
    )
    visitor.shopper_forget()
    return shopper


def deed_record(visitor: Visitor, kind: Kind, item: Item, place: Place = NOWHERE, **details: Any) -> None:
    """Take a deed as the API would, unless the visitor has not allowed that anything be remembered."""
    if visitor.may_remember:
        _event_take(visitor, kind, item, place, **details)


def deed_undo(visitor: Visitor, kind: Kind, item: Item, place: Place = NOWHERE) -> None:
    """Take the latest deed of this kind back, which is always allowed; nothing happens where there is none."""
    if visitor.shopper is not None and undoable(visitor.shopper, item_id=item.pk, kind=kind):
        _event_take(visitor, Kind.UNDO, item, place, undoes_kind=kind.word)


def remembered(visitor: Visitor, shopper: Shopper, place: Place) -> dict[str, Any]:
    """Whether a service may write a deed of this shopper down, and from where, as its arguments.

    As with every event, a page that was shown before becomes the shopper's, and somebody else's is not named.
    """
    if not visitor.may_remember:
        return {"remember": False}
    details: dict[str, Any] = {"session": visitor.visit, "surface": place.surface}
    named = {(place.impression, visitor.visit)} if place.impression else set()
    if place.impression in impressions_claim(shop=visitor.shop, shopper=shopper, named=named):
        details |= {"impression": place.impression, "position": place.position}
    return details


def _event_take(visitor: Visitor, kind: Kind, item: Item, place: Place, **details: Any) -> None:
    event = {"client_id": str(uuid4()), "kind": kind.word, "item": item.external_id, "session": visitor.visit}
    events_take(
        shop=visitor.shop,
        identity=visitor.identity_ensure(),
        events=[event | place.details | details],
        now=timezone.now(),
        agent=visitor.agent,
    )
    visitor.shopper_forget()


def view_record(visitor: Visitor, item: Item, place: Place) -> None:
    """Note that a product was looked at; a reload is the same look."""
    if not _seen_just_now(visitor.shopper, item, timezone.now()):
        deed_record(visitor, Kind.VIEW, item, place)


def _seen_just_now(shopper: Shopper | None, item: Item, now: datetime) -> bool:
    if shopper is None:
        return False
    row = ShopperState.objects.filter(shopper=shopper).values("recent_items", "recent_kinds", "recent_times").first()
    if not row or not row["recent_items"]:
        return False
    since = now.timestamp() - row["recent_times"][-1] / 1e6
    last = (row["recent_items"][-1], row["recent_kinds"][-1])
    return last == (item.pk, Kind.VIEW) and since < SAME_VIEW.total_seconds()


def search_record(visitor: Visitor, query: str, *, found: int) -> None:
    """Note what a known shopper looked for; it makes no shopper of somebody who only searches."""
    if visitor.shopper is not None and visitor.may_remember:
        Search.objects.create(
            shop=visitor.shop, shopper=visitor.shopper, query=query, language=get_language() or "", found=found
        )
