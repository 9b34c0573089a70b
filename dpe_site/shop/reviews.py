"""Who may write about an item, and the form to do it."""

from typing import Any

from catalog.models import Item
from dpe_site.shop.forms import ReviewForm
from dpe_site.shop.visitor import Visitor
from users.reviews import has_bought, review_of


def review_form(visitor: Visitor, item: Item, said: Any = None) -> ReviewForm | None:
    """The form with ``said``, else with what the person wrote before; None for who did not buy the item."""
    if visitor.shopper is None or not has_bought(visitor.shopper, item):
        return None
    before = review_of(visitor.shopper, item)
    return ReviewForm(said, initial={"rating": before.rating, "text": before.text} if before else None)
