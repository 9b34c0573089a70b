"""What the frame of every page says of a person is theirs alone, and includes what they did before signing in."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from catalog.items import Words, item_create
from catalog.models import Item, Shop
from recommender.merge import guest_merge
from users.baskets import basket_add
from users.consent import consent_record
from users.favourites import favourite_add, favourite_remove
from users.identity import guest_new
from users.interactions import NewInteraction, interactions_record
from users.kinds import Kind
from users.models import Consent, Shopper, User
from users.shoppers import shopper_ensure
from users.standing import Standing, standing_read

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERSONALISATION = Consent.Purpose.PERSONALISATION


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="test", name="Test", currency="EUR")


@pytest.fixture
def items(shop) -> list[Item]:
    words = {"en": Words("Thing")}
    return [
        item_create(shop=shop, external_id=f"I{i}", texts=words, price_minor=100, published_at=NOW) for i in range(3)
    ]


@pytest.fixture
def shopper(shop) -> Shopper:
    return shopper_ensure(shop=shop, identity=guest_new(), at=NOW)


@pytest.fixture
def other(shop) -> Shopper:
    return shopper_ensure(shop=shop, identity=guest_new(), at=NOW)


def fill(shopper: Shopper, items: list[Item]) -> None:
    """An answer, a basket of two pieces and a favourite."""
    consent_record(shopper=shopper, purpose=PERSONALISATION, granted=True, at=NOW)
    basket_add(shopper=shopper, item=items[0], at=NOW, quantity=2)
    favourite_add(shopper=shopper, item=items[1], at=NOW)


def test_nobody_and_somebody_new_stand_nowhere(shopper):
    assert standing_read(None) == standing_read(shopper) == Standing()


def test_it_says_what_was_said_and_kept(shopper, items):
    fill(shopper, items)
    assert standing_read(shopper) == Standing(True, 2, frozenset({items[1].pk}), is_known=True)
    basket_add(shopper=shopper, item=items[2], at=NOW)
    favourite_remove(shopper=shopper, item=items[1], at=NOW)
    assert standing_read(shopper) == Standing(True, 3, frozenset(), is_known=True)


def test_it_is_one_statement(shopper, items, django_assert_num_queries):
    fill(shopper, items)
    with django_assert_num_queries(1):
        standing_read(shopper)


def test_one_person_never_stands_as_another(shopper, other, items):
    fill(shopper, items)
    assert standing_read(other) == Standing()


def test_the_last_word_about_personal_pages_counts(shopper):
    for minute, granted in enumerate((True, False)):
        consent_record(shopper=shopper, purpose=PERSONALISATION, granted=granted, at=NOW + timedelta(minutes=minute))
        assert standing_read(shopper).allowed is granted


def test_an_answer_about_something_else_is_none(shopper):
    purpose = next(purpose for purpose in Consent.Purpose if purpose != PERSONALISATION)
    consent_record(shopper=shopper, purpose=purpose, granted=True, at=NOW)
    assert standing_read(shopper).allowed is None


def test_what_is_kept_without_being_remembered_makes_nobody_known(shopper, items):
    basket_add(shopper=shopper, item=items[0], at=NOW, remember=False)
    favourite_add(shopper=shopper, item=items[1], at=NOW, remember=False)
    assert standing_read(shopper) == Standing(None, 1, frozenset({items[1].pk}))


def test_a_look_makes_somebody_known(shopper, items):
    interactions_record(
        shopper=shopper,
        interactions=[NewInteraction(id=uuid.uuid4(), kind=Kind.VIEW, occurred_at=NOW, item_id=items[0].pk)],
        now=NOW,
    )
    assert standing_read(shopper) == Standing(is_known=True)


def test_a_guest_who_signs_in_stands_as_one_person(shop, items):
    identity = guest_new()
    guest = shopper_ensure(shop=shop, identity=identity, at=NOW)
    fill(guest, items)
    user = User.objects.create_user("ada", password="lovelace-1815")
    person = guest_merge(shop=shop, guest_key=identity.guest_key, user_id=user.pk, now=NOW + timedelta(hours=1))
    assert person is not None
    favourite_add(shopper=person, item=items[2], at=NOW + timedelta(hours=2))
    assert standing_read(person) == Standing(True, 2, frozenset({items[1].pk, items[2].pk}), is_known=True)
