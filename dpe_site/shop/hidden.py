"""What a shopper hid with "not for me": told where it can be taken back, however long ago it was."""

from dataclasses import dataclass

from catalog.models import Shop
from dpe_site.shop.cards import cards_of
from recommender.page import Card
from users.models import Shopper
from users.state_rows import state_read

SHOWN = 12


@dataclass(frozen=True)
class Hidden:
    """The latest hidden items, newest first, and how many more there are."""

    cards: tuple[Card, ...] = ()
    more: int = 0


def hidden_of(shop: Shop, shopper: Shopper | None) -> Hidden:
    """What is hidden from a shopper's pages by their own wish; what they own already is not told again. Two queries."""
    if shopper is None:
        return Hidden()
    state = state_read(shopper.pk)
    owned = set(state.purchased)
    items = [item for item in reversed(state.hidden) if item not in owned]
    return Hidden(tuple(cards_of(shop, items[:SHOWN])), max(0, len(items) - SHOWN)) if items else Hidden()
