"""Ratings and words about items, and the averages they make."""

from datetime import datetime

from django.db import transaction
from django.db.models import Avg, Count

from catalog.models import Item
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Review, Shopper

LOWEST, HIGHEST = 1, 5
MAX_CHARACTERS = 5_000


@transaction.atomic
def review_write(
    *, shopper: Shopper, item: Item, rating: int, at: datetime, text: str = "", language: str = ""
) -> Review:
    """Write or replace the shopper's review of an item; the rating is an interaction, the average follows.

    Raises:
        ValueError: the rating is not 1 to 5, or the text is longer than 5,000 characters.
    """
    if not LOWEST <= rating <= HIGHEST:
        raise ValueError(f"A rating is {LOWEST} to {HIGHEST}, not {rating}.")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"A review has at most {MAX_CHARACTERS} characters, this one {len(text)}.")
    review, _ = Review.objects.update_or_create(
        shopper=shopper,
        item=item,
        defaults={"shop_id": shopper.shop_id, "rating": rating, "text": text, "language": language, "at": at},
    )
    interaction_record(shopper=shopper, kind=Kind.RATE, at=at, item=item, value=float(rating))
    rating_refresh(item)
    return review


def rating_refresh(item: Item) -> None:
    """Make the item's average and count those of its reviews."""
    found = Review.objects.filter(item=item).aggregate(average=Avg("rating"), count=Count("pk"))
    Item.objects.filter(pk=item.pk).update(rating_average=found["average"], rating_count=found["count"])
