"""Likes, hearts and "not for me": from a button's code to a fact, and what to say about it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Item
from dpe_site.shop.deeds import Place, deed_record, deed_undo, remembered, shopper_met
from dpe_site.shop.visitor import Visitor
from recommender.twins import near_twins
from users.favourites import favourite_add, favourite_remove
from users.interactions import undoable
from users.kinds import Kind
from users.models import Shopper
from users.profiles import taste_ignore
from users.state_rows import state_read
from users.wishes import item_hide, item_ignore, item_own, kind_fewer

Deed = Callable[[Visitor, Item, Place], None]


@dataclass(frozen=True)
class Feeling:
    """What a button does, how it is taken back, and the sentence that confirms it.

    ``is_memory`` marks what leaves nothing behind where nothing may be remembered.
    """

    do: Deed
    undo: Deed
    said: str | Promise
    hides: bool = False
    is_memory: bool = False


def _kept(visitor: Visitor, item: Item, place: Place) -> None:
    shopper = shopper_met(visitor)
    favourite_add(shopper=shopper, item=item, at=timezone.now(), **remembered(visitor, shopper, place))


def _unkept(visitor: Visitor, item: Item, _place: Place) -> None:
    if visitor.shopper:
        favourite_remove(shopper=visitor.shopper, item=item, at=timezone.now())


def _done(kind: Kind) -> Deed:
    return lambda visitor, item, place: deed_record(visitor, kind, item, place)


def _undone(kind: Kind) -> Deed:
    return lambda visitor, item, place: deed_undo(visitor, kind, item, place)


def _hidden(visitor: Visitor, item: Item, place: Place) -> None:
    if visitor.may_remember:
        deed_record(visitor, Kind.DISLIKE, item, place)
    else:
        item_hide(shopper=shopper_met(visitor), item_id=item.pk, at=timezone.now(), find_twins=near_twins)


def _shown_again(visitor: Visitor, item: Item, place: Place) -> None:
    deed_undo(visitor, Kind.DISLIKE, item, place)
    if visitor.shopper:
        item_hide(shopper=visitor.shopper, item_id=item.pk, at=timezone.now(), undo=True, find_twins=near_twins)


def _ignored(undo: bool) -> Deed:
    def change(visitor: Visitor, item: Item, _place: Place) -> None:
        if visitor.shopper:
            item_ignore(shopper=visitor.shopper, item_id=item.pk, at=timezone.now(), undo=undo)

    return change


def _owned(undo: bool) -> Deed:
    def change(visitor: Visitor, item: Item, _place: Place) -> None:
        item_own(shopper=shopper_met(visitor), item_id=item.pk, at=timezone.now(), undo=undo)

    return change


def _fewer(undo: bool) -> Deed:
    def change(visitor: Visitor, item: Item, _place: Place) -> None:
        kind = item.category_id or item.department_id
        if kind is not None:
            kind_fewer(shopper=shopper_met(visitor), category_id=kind, at=timezone.now(), undo=undo)

    return change


def _taste_ignored(undo: bool) -> Deed:
    def change(visitor: Visitor, _item: Item, place: Place) -> None:
        if visitor.shopper:
            shop, now = visitor.shop, timezone.now()
            taste_ignore(shop=shop, shopper=visitor.shopper, tag_id=place.tag, at=now, undo=undo)

    return change


FEELINGS = {
    "favourite": Feeling(_kept, _unkept, _("Kept among your favourites.")),
    "like": Feeling(_done(Kind.LIKE), _undone(Kind.LIKE), _("More like this from now on."), is_memory=True),
    "not_interested": Feeling(_hidden, _shown_again, _("You will not see this again."), hides=True),
    "not_this_kind": Feeling(_fewer(False), _fewer(True), _("Fewer of this kind from now on.")),
    "own_it": Feeling(_owned(False), _owned(True), _("Good, you have it already."), hides=True),
    "ignore_item": Feeling(_ignored(False), _ignored(True), _("Left out of your page.")),
    "gift": Feeling(_ignored(False), _ignored(True), _("A gift, so it says nothing about you.")),
    "not_this_taste": Feeling(_taste_ignored(False), _taste_ignored(True), _("Your page follows this taste no more.")),
}


def feelings_of(shopper: Shopper | None, item: Item) -> frozenset[str]:
    """Codes of the buttons that are pressed on the item's page."""
    if shopper is None:
        return frozenset()
    liked = undoable(shopper, item_id=item.pk, kind=Kind.LIKE) is not None
    hidden = item.pk in state_read(shopper.pk).hidden
    return frozenset(code for code, is_on in (("like", liked), ("not_interested", hidden)) if is_on)
