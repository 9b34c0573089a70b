"""Ratings and words about items, and the averages they make."""

from datetime import datetime

from django.db import transaction
from django.db.models import Avg, Count

from catalog.models import Item
from users.interactions import interaction_record, undoable
from users.kinds import Kind
from users.models import Order, Review, Shopper
from users.shoppers import shopper_locked

LOWEST, HIGHEST = 1, 5
MAX_CHARACTERS = 5_000


@transaction.atomic
def review_write(
    *,
    shopper: Shopper,
    item: Item,
    rating: int,
    at: datetime,
    text: str = "",
    language: str = "",
    remember: bool = True,
) -> Review:
    """Write or replace the person's review of an item; the rating is an interaction, the average follows.

    With ``remember=False``, for somebody who allowed nothing to be remembered, no interaction is written.

    Raises:
        ValueError: the rating is not 1 to 5, or the text is longer than 5,000 characters.
    """
    if not LOWEST <= rating <= HIGHEST:
        raise ValueError(f"A rating is {LOWEST} to {HIGHEST}, not {rating}.")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"A review has at most {MAX_CHARACTERS} characters, this one {len(text)}.")
    shopper = shopper_locked(shopper)
    review = review_of(shopper, item) or Review(shop_id=shopper.shop_id, shopper=shopper, item=item)
    review.rating, review.text, review.language, review.at = rating, text, language, at
    review.save()
    if remember:
        interaction_record(shopper=shopper, kind=Kind.RATE, at=at, item=item, value=float(rating))
    rating_refresh(item)
    return review


def review_of(shopper: Shopper, item: Item) -> Review | None:
    """The person's latest review of the item."""
    return Review.objects.of(shopper.shop_id).of_person(shopper.pk).filter(item=item).order_by("-at", "-pk").first()


def has_bought(shopper: Shopper, item: Item) -> bool:
    """Whether the person ordered the item, or a purchase of it is in the books and was not taken back."""
    orders = Order.objects.of(shopper.shop_id).of_person(shopper.pk).filter(lines__item=item)
    return orders.exists() or undoable(shopper, item_id=item.pk, kind=Kind.PURCHASE) is not None


def rating_refresh(item: Item) -> None:
    """Make the item's average and count those of its reviews."""
    found = Review.objects.filter(item=item).aggregate(average=Avg("rating"), count=Count("pk"))
    Item.objects.filter(pk=item.pk).update(rating_average=found["average"], rating_count=found["count"])
