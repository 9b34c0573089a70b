"""What a shopper put aside: told where it can be taken back, however long ago it was."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import Shop
from dpe_site.shop.cards import cards_of
from recommender.page import Card
from users.kinds import Kind
from users.models import Shopper
from users.state import StateValue
from users.state_rows import state_read

SHOWN = 12


@dataclass(frozen=True)
class Hidden:
    """The latest items of one kind, newest first, and how many more there are."""

    cards: tuple[Card, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class PutAside:
    """Hidden as not wanted, kept away as owned already, and left out of what pages are made from."""

    hidden: Hidden = Hidden()
    owned: Hidden = Hidden()
    left_out: Hidden = Hidden()


def hidden_of(shop: Shop, shopper: Shopper | None) -> Hidden:
    """What is hidden from a shopper's pages by their own wish. Two queries."""
    return _latest(shop, _not_wanted(state_read(shopper.pk))) if shopper else Hidden()


def put_aside_of(shop: Shop, shopper: Shopper | None) -> PutAside:
    """All that a shopper put aside. At most four queries.

    Who started over left everything out, and takes all of it back at once: then no single item is told as left out.
    """
    if shopper is None:
        return PutAside()
    state = state_read(shopper.pk)
    is_all = all(deed.item_id in state.ignored for deed in state.recent)
    return PutAside(
        _latest(shop, _not_wanted(state)),
        _latest(shop, _owned(state)),
        Hidden() if is_all else _latest(shop, state.ignored),
    )


def _owned(state: StateValue) -> list[int]:
    """Items said to be owned: kept like bought ones and hidden, but bought elsewhere."""
    bought = {deed.item_id for deed in state.recent if deed.kind == Kind.PURCHASE}
    return [item for item in state.purchased if item in state.hidden and item not in bought]


def _not_wanted(state: StateValue) -> list[int]:
    owned = set(_owned(state))
    return [item for item in state.hidden if item not in owned]


def _latest(shop: Shop, items: Iterable[int]) -> Hidden:
    """Those said last, of items in the order in which they were said."""
    newest = [*reversed([*items])]
    return Hidden(tuple(cards_of(shop, newest[:SHOWN])), max(0, len(newest) - SHOWN)) if newest else Hidden()
