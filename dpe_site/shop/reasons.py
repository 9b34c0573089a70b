"""Reasons of decided cards carried over to the same items in a plain list."""

from collections.abc import Sequence
from dataclasses import replace

from dpe_site.shop.listing import Listing
from recommender.page import Card


def listing_explained(listing: Listing, chosen: Sequence[Card]) -> Listing:
    """The list with the decided cards in place of the plain ones, reasons and places on the page included."""
    by_id = {card.id: card for card in chosen}
    return replace(listing, cards=[by_id.get(card.id, card) for card in listing.cards])
