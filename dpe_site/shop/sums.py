"""Basket and order lines with their cards, and what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import Shop
from dpe_site.shop.cards import cards_of
from recommender.page import Card


@dataclass(frozen=True)
class Line:
    """Some pieces of one item at one price."""

    card: Card
    quantity: int
    price_minor: int

    @property
    def sum_minor(self) -> int:
        """What the line comes to."""
        return self.quantity * self.price_minor


@dataclass(frozen=True)
class Total:
    """What all lines come to."""

    pieces: int
    sum_minor: int
    currency: str


def lines_of(shop: Shop, rows: Iterable[tuple[int, int, int | None]]) -> list[Line]:
    """Lines of (item id, quantity, price or None for today's); items no longer shown are left out."""
    wanted = list(rows)
    cards = {card.id: card for card in cards_of(shop, [item for item, _quantity, _price in wanted])}
    return [
        Line(cards[item], quantity, cards[item].price_minor or 0 if price is None else price)
        for item, quantity, price in wanted
        if item in cards
    ]


def total_of(shop: Shop, lines: Iterable[Line]) -> Total:
    """Pieces and money of all lines."""
    rows = list(lines)
    return Total(sum(row.quantity for row in rows), sum(row.sum_minor for row in rows), shop.currency)
