"""Cards of a page, rendered once and filled many times.

A page has some fifty cards, and of each only its place, its page and its reason differ from shopper to shopper. The
template renders a mould with stand-ins for those three; showing a card fills them in.
"""

from collections.abc import Container
from typing import Any
from uuid import UUID

from django import template
from django.template import Context, Engine
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from recommender.page import Card

register = template.Library()

TEMPLATE = "shop/components/card.html"
MOST_MOULDS = 8192
_POSITION, _IMPRESSION, _REASON = "\ue001", "\ue002", "\ue003"  # of the private use area: nothing a template says

_STAND_INS: dict[str, Any] = {
    "position": _POSITION,
    "reason": _REASON,
    "reason_code": "",
    "causes": (),
    "actions": (),
}
_SAME_FOR_ALL = slice(Card._fields.index("position"))  # what is filled in are a card's last fields

_moulds: dict[tuple[Any, ...], str] = {}


@register.simple_tag(takes_context=True)
def shown_card(context: Context, card: Card, impression: UUID | None = None, eager: object = False) -> SafeString:
    """A card as ``components/card.html`` draws it; the same text as including that template."""
    kept: Container[int] = context.get("kept") or ()
    key = (card[_SAME_FOR_ALL], bool(eager), impression is None, card.id in kept, get_language())
    mould = _moulds.get(key)
    if mould is None:
        if len(_moulds) >= MOST_MOULDS:
            _moulds.clear()
        mould = _moulds[key] = _mould(context, card, eager=bool(eager), nameless=impression is None)
    filled = mould.replace(_POSITION, str(card.position)).replace(_IMPRESSION, str(impression))
    return SafeString(filled.replace(_REASON, escape(card.reason)))


def _mould(context: Context, card: Card, *, eager: bool, nameless: bool) -> str:
    """The card with stand-ins for position, impression and reason; everything else is escaped by the template."""
    drawn = Engine.get_default().get_template(TEMPLATE)
    with context.push(card=card._replace(**_STAND_INS), eager=eager, impression=None if nameless else _IMPRESSION):
        return str(drawn.render(context))
