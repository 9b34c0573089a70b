"""Small words of the shop's templates: icon, price, picture address, stars.

A page has dozens of cards and each of these several times, so what they say is kept.
"""

from functools import lru_cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.money import money_text
from recommender.page import Card, Cause

register = template.Library()

DID = {
    "view": _("you looked at it"),
    "click": _("you looked at it"),
    "dwell": _("you took your time with it"),
    "like": _("you liked it"),
    "favourite": _("you kept it"),
    "cart": _("it was in your basket"),
    "purchase": _("you bought it"),
    "rate": _("you rated it"),
    "share": _("you shared it"),
}


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """A decorative drawing from the sprite; what it means is said in words beside it."""
    address = static("shop/img/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


COVERS = 8


@register.simple_tag
def cover(thing: Card | Cause) -> SafeString:
    """What stands where an item has no picture: its title on one of eight grounds, always the same one."""
    return format_html(
        '<span class="cover cover--{}" aria-hidden="true"><span>{}</span></span>', thing.id % COVERS, thing.title
    )


@register.simple_tag
def stars(rating: float) -> SafeString:
    """Five stars filled to the nearest half."""
    return _stars_of(min(10, max(0, round(rating * 2))))


@lru_cache(maxsize=11)
def _stars_of(halves: int) -> SafeString:
    address = static("shop/img/icons.svg")
    return format_html(
        '<svg class="rating__stars" viewBox="0 0 60 12" aria-hidden="true"><use href="{}#stars-{}"></use></svg>',
        address,
        halves,
    )


@register.filter
def one_decimal(number: float) -> str:
    """A rating as people write it: 4.5."""
    return _one_decimal(number, get_language())


@lru_cache(maxsize=1024)
def _one_decimal(number: float, _language: str | None) -> str:
    return number_format(number, decimal_pos=1)


@register.simple_tag
def money(minor: int, currency: str) -> str:
    """An amount in minor units with its currency sign."""
    return _money(minor, currency, get_language())


@lru_cache(maxsize=8192)
def _money(minor: int, currency: str, _language: str | None) -> str:
    return money_text(minor, currency)


@register.filter
def media_address(path: str) -> str:
    """Address of a stored picture; an absolute one stays as it is."""
    return path if path.startswith(("https://", "http://", "/")) else f"{settings.MEDIA_URL}{path}"


@register.simple_tag
def sprite(name: str) -> str:
    """Address of one drawing of the sprite."""
    return f"{static('shop/img/icons.svg')}#{name}"


@register.filter
def did(cause: Cause) -> str:
    """What the shopper did with the item that caused a card."""
    return str(DID.get(cause.kind, DID["view"]))


@register.filter
def undo_of(tags: str) -> dict[str, str] | None:
    """``code:item`` of a message as what its undo button needs."""
    code, _colon, pick = tags.partition(" ")[0].partition(":")
    return {"address": reverse("shop:undo", args=[code]), "pick": pick} if pick else None
