import uuid
from datetime import UTC, datetime, timedelta

import pytest

from catalog.items import Words, item_create
from catalog.items import item_hide as item_withdraw
from catalog.models import Item, Shop
from users.baskets import CheckoutRefused, basket_add, basket_lines, basket_remove, basket_set, checkout
from users.consent import consent_granted, consent_record, consent_version
from users.favourites import favourite_add, favourite_remove, favourites
from users.identity import Identity, guest_new, guest_token, guest_token_read
from users.kinds import Kind
from users.models import Interaction, Order, Shopper, User
from users.reviews import has_bought, review_write
from users.shoppers import shopper_ensure, shopper_find
from users.state_rows import state_read
from users.wishes import item_hide, item_ignore, item_own

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="test", name="Test", currency="EUR")


@pytest.fixture
def shopper(shop) -> Shopper:
    return shopper_ensure(shop=shop, identity=guest_new(), at=NOW)


def thing(shop: Shop, external_id: str = "I0", **fields) -> Item:
    values = {"price_minor": 250, "published_at": NOW} | fields
    return item_create(shop=shop, external_id=external_id, texts={"en": Words("Thing")}, **values)


def kinds() -> list[str]:
    return [
        Kind(kind).word for kind in Interaction.objects.order_by("received_at", "id").values_list("kind", flat=True)
    ]


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_a_basket_grows_shrinks_and_says_so(shop, shopper):
    item = thing(shop)
    basket_add(shopper=shopper, item=item, at=later(1), quantity=2)
    basket_add(shopper=shopper, item=item, at=later(2))
    assert [line.quantity for line in basket_lines(shopper)] == [3]
    basket_set(shopper=shopper, item=item, quantity=1, at=later(3))
    assert [line.quantity for line in basket_lines(shopper)] == [1]
    basket_remove(shopper=shopper, item=item, at=later(4))
    basket_remove(shopper=shopper, item=item, at=later(5))
    assert not basket_lines(shopper).exists()
    assert kinds() == ["cart", "cart", "remove"]


@pytest.mark.parametrize("quantity", [0, -3, 1000])
def test_an_impossible_quantity_leaves_no_trace(shop, shopper, quantity):
    item = thing(shop)
    with pytest.raises(ValueError, match="1 to 999"):
        basket_add(shopper=shopper, item=item, at=NOW, quantity=quantity)
    assert not basket_lines(shopper).exists() and not Interaction.objects.exists()


def test_checkout_keeps_prices_takes_stock_and_records_purchases(shop, shopper):
    scarce, plenty = thing(shop, "a", stock=5), thing(shop, "b", price_minor=100)
    basket_add(shopper=shopper, item=scarce, at=NOW, quantity=2)
    basket_add(shopper=shopper, item=plenty, at=NOW, quantity=3)
    order = checkout(shopper=shopper, at=later(1))
    assert (order.total_minor, order.currency) == (800, "EUR")
    Item.objects.update(price_minor=999)
    assert sorted(order.lines.values_list("quantity", "price_minor")) == [(2, 250), (3, 100)]
    assert Item.objects.get(pk=scarce.pk).stock == 3
    bought = Interaction.objects.filter(kind=Kind.PURCHASE)
    assert sorted(bought.values_list("quantity", "price_minor", "order")) == [
        (2, 250, str(order.pk)), (3, 100, str(order.pk)),
    ]  # fmt: skip
    assert sorted(state_read(shopper.pk).purchased) == sorted([scarce.pk, plenty.pk])
    assert not basket_lines(shopper).exists()


def test_a_purchase_names_the_page_its_item_was_put_in_from(shop, shopper):
    shown, elsewhere = thing(shop, "a"), thing(shop, "b")
    first, second = uuid.uuid4(), uuid.uuid4()
    basket_add(shopper=shopper, item=shown, at=later(1), impression=first, position=1)
    basket_remove(shopper=shopper, item=shown, at=later(2))
    basket_add(shopper=shopper, item=shown, at=later(3), impression=second, position=4)
    basket_set(shopper=shopper, item=shown, quantity=2, at=later(4))
    basket_add(shopper=shopper, item=elsewhere, at=later(5), impression=first, position=7)
    basket_remove(shopper=shopper, item=elsewhere, at=later(6))
    basket_add(shopper=shopper, item=elsewhere, at=later(7))
    checkout(shopper=shopper, at=later(8))
    bought = Interaction.objects.filter(kind=Kind.PURCHASE)
    assert set(bought.values_list("item_id", "impression", "position")) == {
        (shown.pk, second, 4), (elsewhere.pk, None, None),
    }  # fmt: skip


def test_what_was_bought_before_does_not_name_the_next_purchase(shop, shopper):
    item = thing(shop)
    basket_add(shopper=shopper, item=item, at=later(1), impression=uuid.uuid4(), position=1)
    checkout(shopper=shopper, at=later(2))
    basket_add(shopper=shopper, item=item, at=later(3))
    again = checkout(shopper=shopper, at=later(4))
    assert Interaction.objects.get(order=str(again.pk)).impression is None


def test_a_shop_works_for_somebody_who_wants_nothing_remembered(shop, shopper):
    item, other = thing(shop, stock=5), thing(shop, "b")
    assert favourite_add(shopper=shopper, item=item, at=later(1), remember=False) is True
    basket_add(shopper=shopper, item=item, at=later(2), quantity=2, remember=False)
    basket_add(shopper=shopper, item=other, at=later(2), remember=False)
    before = state_read(shopper.pk).version
    basket_remove(shopper=shopper, item=other, at=later(3), remember=False)
    assert state_read(shopper.pk).version > before
    order = checkout(shopper=shopper, at=later(4), remember=False)
    review_write(shopper=shopper, item=item, rating=4, at=later(5), remember=False)
    assert favourite_remove(shopper=shopper, item=item, at=later(6)) is True
    assert (order.total_minor, Item.objects.get(pk=item.pk).stock) == (500, 3)
    assert Item.objects.get(pk=item.pk).rating_average == 4
    assert not Interaction.objects.exists() and state_read(shopper.pk).recent == ()


def test_an_item_is_hidden_with_its_twins_without_a_fact(shop, shopper):
    item = thing(shop)

    def hide(**options) -> tuple[int, ...]:
        item_hide(shopper=shopper, item_id=item.pk, find_twins=lambda _shop, _ids: {item.pk: {3, 2}}, **options)
        return state_read(shopper.pk).hidden

    assert hide(at=later(1)) == (item.pk, 2, 3)
    favourite_add(shopper=shopper, item=item, at=later(2))
    favourite_remove(shopper=shopper, item=item, at=later(3))
    assert state_read(shopper.pk).hidden == (item.pk, 2, 3)
    assert hide(at=later(4), undo=True) == ()


def test_a_refused_checkout_changes_nothing(shop, shopper):
    with pytest.raises(CheckoutRefused, match="empty"):
        checkout(shopper=shopper, at=NOW)
    item = thing(shop, stock=1)
    basket_add(shopper=shopper, item=item, at=NOW, quantity=2)
    with pytest.raises(CheckoutRefused, match="only 1"):
        checkout(shopper=shopper, at=NOW)
    item_withdraw(item=item)
    with pytest.raises(CheckoutRefused, match="not sold"):
        checkout(shopper=shopper, at=NOW)
    assert not Order.objects.exists() and basket_lines(shopper).count() == 1
    assert kinds() == ["cart"]


def test_favourites_come_and_go(shop, shopper):
    item = thing(shop)
    assert favourite_add(shopper=shopper, item=item, at=later(1)) is True
    assert favourite_add(shopper=shopper, item=item, at=later(2)) is False
    assert [row.item_id for row in favourites(shopper)] == [item.pk]
    assert favourite_remove(shopper=shopper, item=item, at=later(3)) is True
    assert favourite_remove(shopper=shopper, item=item, at=later(4)) is False
    assert kinds() == ["favourite", "undo"]
    assert state_read(shopper.pk).recent == ()


def test_reviews_make_the_average_and_are_replaced(shop, shopper):
    item = thing(shop)
    other = shopper_ensure(shop=shop, identity=guest_new(), at=NOW)
    review_write(shopper=shopper, item=item, rating=5, at=later(1))
    review_write(shopper=other, item=item, rating=2, at=later(2))
    review_write(shopper=shopper, item=item, rating=4, at=later(3), text="Less fine.")
    item.refresh_from_db()
    assert (item.rating_average, item.rating_count) == (3.0, 2)
    assert not has_bought(shopper, item)
    for rating in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            review_write(shopper=shopper, item=item, rating=rating, at=NOW)


def test_an_owned_item_is_hidden_and_counts_as_bought_until_undone(shop, shopper):
    item = thing(shop)
    assert item_own(shopper=shopper, item_id=item.pk, at=NOW) == 1
    state = state_read(shopper.pk)
    assert (state.hidden, state.purchased) == ((item.pk,), (item.pk,))
    favourite_add(shopper=shopper, item=item, at=NOW)
    favourite_remove(shopper=shopper, item=item, at=later(1))
    assert state_read(shopper.pk).hidden == (item.pk,)
    item_own(shopper=shopper, item_id=item.pk, at=later(2), undo=True)
    assert state_read(shopper.pk).hidden == state_read(shopper.pk).purchased == ()


def test_an_ignored_item_is_left_out_until_undone(shop, shopper):
    item = thing(shop)
    item_ignore(shopper=shopper, item_id=item.pk, at=NOW)
    item_ignore(shopper=shopper, item_id=item.pk, at=NOW)
    assert state_read(shopper.pk).ignored == (item.pk,)
    item_ignore(shopper=shopper, item_id=item.pk, at=NOW, undo=True)
    assert state_read(shopper.pk).ignored == ()
    assert not Interaction.objects.exists()


def test_the_latest_consent_counts_and_raises_the_version(shop, shopper):
    assert consent_granted(shop=shop, shopper=shopper, purpose="learning") is True
    consent_record(shopper=shopper, purpose="learning", granted=False, at=later(1))
    assert consent_granted(shop=shop, shopper=shopper, purpose="learning") is False
    consent_record(shopper=shopper, purpose="learning", granted=True, at=later(2), version=3)
    assert consent_granted(shop=shop, shopper=shopper, purpose="learning") is True
    assert consent_version(shopper.pk) == 3
    assert state_read(shopper.pk).version == 2
    favourite_add(shopper=shopper, item=thing(shop), at=later(3))
    assert Interaction.objects.get().consent_version == 3
    with pytest.raises(ValueError, match="purpose"):
        consent_record(shopper=shopper, purpose="spying", granted=True, at=NOW)


def test_a_shop_that_asks_first_has_no_consent_by_silence(shop, shopper):
    shop.consent_required = True
    assert consent_granted(shop=shop, shopper=shopper, purpose="personalisation") is False
    assert consent_granted(shop=shop, shopper=None, purpose="personalisation") is False


def test_shoppers_are_found_by_login_or_key_and_made_once(shop):
    guest, user = guest_new(), Identity(user_id=User.objects.create(username="ada").pk)
    for identity in (guest, user):
        assert shopper_find(shop=shop, identity=identity) is None
        made = shopper_ensure(shop=shop, identity=identity, at=NOW, language="de")
        assert shopper_ensure(shop=shop, identity=identity, at=later(60)) == made
        assert shopper_find(shop=shop, identity=identity) == made
    assert Shopper.objects.filter(last_seen_at=later(60)).count() == 2
    assert shopper_find(shop=shop, identity=Identity()) is None
    with pytest.raises(ValueError, match="guest key"):
        shopper_ensure(shop=shop, identity=Identity(), at=NOW)


def test_guest_tokens_hold_for_one_shop_and_cannot_be_altered():
    key = uuid.uuid4()
    token = guest_token(1, key)
    assert guest_token_read(1, token) == Identity(guest_key=key)
    assert guest_token_read(2, token) == Identity()
    for wrong in ("", "x", token[:-1], token.replace("1.", "2.", 1), "1.zz:a:b"):
        assert guest_token_read(1, wrong) == Identity()
