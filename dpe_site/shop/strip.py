"""The strip that asks for three taps of taste: which pictures, which were tapped, when it is over.

Its state is one cookie, which names no one: the tapped items, or that it is done.
"""

from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from catalog.models import Item, Shop
from dpe_site.shop.cards import cards_of
from dpe_site.shop.visitor import YEAR_SECONDS, visitor_of
from recommender.page import Card

COOKIE = "dpe_strip"
DONE = "done"
TAPS = 3
PICTURES = 10
CHOSEN_SECONDS = 600


@dataclass(frozen=True)
class Strip:
    """The pictures and what was tapped of them."""

    cards: list[Card]
    taken: frozenset[int]

    @property
    def left(self) -> int:
        """Taps to go."""
        return max(0, TAPS - len(self.taken))


def strip_of(request: HttpRequest, *, invited: bool = False) -> Strip | None:
    """The strip, or None for whoever skipped it, finished it or is known already."""
    visitor = visitor_of(request)
    said = request.COOKIES.get(COOKIE, "")
    if not visitor.may_remember or (said == DONE and not invited):
        return None
    if not said and not invited and visitor.standing.is_known:
        return None
    cards = cards_of(visitor.shop, picture_ids(visitor.shop))
    return Strip(cards, taken_of(request)) if cards else None


def taken_of(request: HttpRequest) -> frozenset[int]:
    """Items tapped so far."""
    words = request.COOKIES.get(COOKIE, "").split(".")[:TAPS]
    return frozenset(int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)


def taken_keep(response: HttpResponse, taken: frozenset[int]) -> None:
    """Note the taps for the rest of the visit; the third ends the strip for good."""
    if len(taken) >= TAPS:
        response.set_cookie(COOKIE, DONE, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    else:
        response.set_cookie(COOKIE, ".".join(map(str, sorted(taken))), httponly=True, samesite="Lax")


def picture_ids(shop: Shop) -> list[int]:
    """The most rated item of each department, at most ten; kept for ten minutes."""
    key = f"strip:{shop.pk}"
    ids = cache.get(key)
    if ids is None:
        ids = _pictures_choose(shop)
        cache.set(key, ids, CHOSEN_SECONDS)
    return [int(item) for item in ids]


def _pictures_choose(shop: Shop) -> list[int]:
    """Items with a picture where the shop has pictures; the most rated of all where it has no departments."""
    items = Item.objects.of(shop).visible(timezone.now()).in_stock().for_everybody()
    pictured = items.filter(media__position=0)
    items = pictured if pictured.exists() else items
    places = ("department__position", "department_id")
    best = items.filter(department__isnull=False).order_by(*places, "-rating_count", "pk").distinct(*places)
    chosen = list(best.values_list("pk", flat=True)[:PICTURES])
    rest = items.order_by("-rating_count", "-published_at", "pk")
    return chosen or list(rest.values_list("pk", flat=True)[:PICTURES])
