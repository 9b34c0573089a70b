"""Staff change reviews by hand, and the item's average follows."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from catalog.items import Words, item_create
from catalog.models import Item, Shop
from users.models import Review, Shopper
from users.reviews import review_write

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lamp() -> Item:
    shop = Shop.objects.create(code="tiny", name="Tiny")
    item = item_create(shop=shop, external_id="L1", texts={"en": Words("Lamp")}, published_at=NOW)
    for rating in (5, 2):
        review_write(shopper=Shopper.objects.create(shop=shop), item=item, rating=rating, at=NOW)
    return item


def form_of(review: Review, **changed: object) -> dict[str, object]:
    form = {"shop": review.shop_id, "shopper": review.shopper_id, "item": review.item_id, "rating": review.rating}
    return form | {"at_0": "2026-03-01", "at_1": "12:00:00"} | changed


def rating(item: Item) -> tuple[float | None, int]:
    return Item.objects.values_list("rating_average", "rating_count").get(pk=item.pk)


def test_an_edited_rating_counts(staff: Client, lamp: Item) -> None:
    review = Review.objects.get(rating=2)
    answer = staff.post(reverse("admin:users_review_change", args=[review.pk]), form_of(review, rating=4))
    assert answer.status_code == 302
    assert rating(lamp) == (4.5, 2)


def test_a_review_that_moves_counts_for_its_new_item(staff: Client, lamp: Item) -> None:
    shade = item_create(shop=lamp.shop, external_id="S1", texts={"en": Words("Shade")}, published_at=NOW)
    review = Review.objects.get(rating=2)
    staff.post(reverse("admin:users_review_change", args=[review.pk]), form_of(review, item=shade.pk))
    assert (rating(lamp), rating(shade)) == ((5.0, 1), (2.0, 1))


@pytest.mark.parametrize("way", ["page", "list"])
def test_deleted_reviews_no_longer_count(staff: Client, lamp: Item, way: str) -> None:
    review = Review.objects.get(rating=2)
    if way == "page":
        staff.post(reverse("admin:users_review_delete", args=[review.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": review.pk, "post": "yes"}
        staff.post(reverse("admin:users_review_changelist"), chosen)
    assert rating(lamp) == (5.0, 1)
