import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Shop
from recommender.events import events_take
from recommender.merge import guest_merge
from tests.fixtures.events import shop_with_items
from users.baskets import basket_add, basket_lines, checkout
from users.favourites import favourite_add, favourites
from users.identity import Identity, guest_new
from users.kinds import Kind
from users.models import Favourite, Interaction, Shopper, ShopperState, User
from users.reviews import has_bought, review_write
from users.shoppers import shopper_ensure, shopper_find, shopper_ids
from users.state_rows import state_read

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return shop_with_items(price_minor=100)


def login() -> Identity:
    return Identity(user_id=User.objects.create(username=uuid.uuid4().hex).pk)


def event(kind: str, item: str, minute: int) -> dict:
    at = START + timedelta(minutes=minute)
    return {"client_id": str(uuid.uuid4()), "kind": kind, "item": item, "occurred_at": at.isoformat()}


def take(shop, identity, *events):
    return events_take(shop=shop, identity=identity, events=list(events), now=START + timedelta(days=1))


def merge(shop, guest, user):
    return guest_merge(shop=shop, guest_key=guest.guest_key, user_id=user.user_id, now=START + timedelta(days=1))


def told(state) -> tuple:
    return [(e.item_id, e.kind, e.at_us) for e in state.recent], set(state.hidden), list(state.purchased), state.taste


def facts() -> list[tuple]:
    return sorted(Interaction.objects.values_list("id", "shopper_id", "item_id", "kind", "occurred_at", "received_at"))


def test_histories_interleave_by_time_and_no_fact_is_rewritten(shop):
    guest, user = guest_new(), login()
    take(shop, user, event("view", "I0", 1), event("purchase", "I1", 5))
    take(shop, guest, event("click", "I2", 3), event("dislike", "I3", 4))
    before = facts()
    versions = [state_read(shopper.pk).version for shopper in Shopper.objects.all()]
    person = merge(shop, guest, user)
    state = state_read(person.pk)
    names = [person.shop.items.get(pk=entry.item_id).external_id for entry in state.recent]
    assert names == ["I0", "I2", "I3", "I1"]
    assert state.version > max(versions)
    assert len(state.hidden) == len(state.purchased) == 1
    assert facts() == before


def test_merging_again_changes_nothing(shop):
    guest, user = guest_new(), login()
    take(shop, guest, event("view", "I0", 1))
    person = merge(shop, guest, user)
    before = str(state_read(person.pk))
    assert merge(shop, guest, user) == person
    assert str(state_read(person.pk)) == before


def test_a_guest_is_merged_once_and_nobody_else_gets_it(shop):
    guest, user, other = guest_new(), login(), login()
    take(shop, guest, event("view", "I0", 1))
    merge(shop, guest, user)
    second = merge(shop, guest, other)
    assert not state_read(second.pk).recent
    assert len(shopper_ids(shopper_find(shop=shop, identity=user).pk)) == 2


def test_several_guests_become_one_person(shop):
    user = login()
    for number in range(3):
        guest = guest_new()
        take(shop, guest, event("view", f"I{number}", number))
        person = merge(shop, guest, user)
    assert len(state_read(person.pk).recent) == 3
    assert len(shopper_ids(person.pk)) == 4


def test_a_guest_without_deeds_leaves_no_trace(shop):
    user = login()
    assert merge(shop, guest_new(), user) is None
    assert not Shopper.objects.exists()


def test_late_events_of_the_guests_device_reach_the_person_once(shop):
    guest, user = guest_new(), login()
    early, late = event("view", "I0", 1), event("view", "I1", 2)
    take(shop, guest, early)
    person = merge(shop, guest, user)
    results = take(shop, guest, early, late)
    assert [result.status for result in results] == ["duplicate", "accepted"]
    assert [result.status for result in take(shop, user, early, late)] == ["duplicate", "duplicate"]
    assert len(state_read(person.pk).recent) == 2


def test_the_key_of_a_merged_guest_opens_nothing(shop):
    guest, user = guest_new(), login()
    take(shop, guest, event("view", "I0", 1))
    merge(shop, guest, user)
    assert shopper_find(shop=shop, identity=guest) is None
    assert shopper_find(shop=shop, identity=user) is not None


def test_the_person_can_undo_what_the_guest_did(shop):
    guest, user = guest_new(), login()
    dislike = event("dislike", "I0", 1)
    take(shop, guest, dislike)
    person = merge(shop, guest, user)
    undo = {"client_id": str(uuid.uuid4()), "kind": "undo", "undoes": dislike["client_id"]}
    assert take(shop, user, undo)[0].status == "accepted"
    assert state_read(person.pk).hidden == ()


def test_baskets_and_favourites_join_without_doubling(shop):
    guest, user = guest_new(), login()
    first, second = shop.items.order_by("pk")[:2]
    mine = shopper_ensure(shop=shop, identity=user, at=START)
    theirs = shopper_ensure(shop=shop, identity=guest, at=START)
    basket_add(shopper=mine, item=first, at=START, quantity=2)
    basket_add(shopper=theirs, item=first, at=START, quantity=3)
    basket_add(shopper=theirs, item=second, at=START)
    for shopper in (mine, theirs):
        favourite_add(shopper=shopper, item=first, at=START)
    favourite_add(shopper=theirs, item=second, at=START)
    person = merge(shop, guest, user)
    assert [(line.item_id, line.quantity) for line in basket_lines(person)] == [(first.pk, 3), (second.pk, 1)]
    assert sorted(favourites(person).values_list("item_id", flat=True)) == [first.pk, second.pk]
    assert Favourite.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_events_that_arrive_during_the_merge_are_neither_lost_nor_doubled():
    shop, guest, user = shop_with_items(price_minor=100), guest_new(), login()
    take(shop, guest, event("view", "I0", 0))
    steps = [
        lambda minute=minute: take(shop, guest, event("view", f"I{minute % 5}", minute)) for minute in range(1, 13)
    ]
    steps.insert(6, lambda: merge(shop, guest, user))

    def run(step) -> None:
        step()
        connections.close_all()

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    person = shopper_find(shop=shop, identity=user)
    assert Interaction.objects.of_person(person.pk).count() == 13
    assert len(state_read(person.pk).recent) == 13
    assert not ShopperState.objects.exclude(shopper=person).exists()


deeds = st.lists(
    st.tuples(
        st.sampled_from([k.word for k in Kind if k not in (Kind.UNDO, Kind.RATE)]), st.integers(0, 4), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=deeds, merge_at=st.integers(0, 12))
def test_a_merged_person_is_as_if_it_had_always_been_one(shop, deeds, merge_at):
    guest, user, single = guest_new(), login(), login()
    for minute, (kind, item, as_guest) in enumerate(deeds):
        if minute == merge_at:
            merge(shop, guest, user)
        sent = event(kind, f"I{item}", minute)
        take(shop, guest if as_guest else user, sent)
        take(shop, single, dict(sent, client_id=str(uuid.uuid4())))
    person = merge(shop, guest, user) or shopper_find(shop=shop, identity=user)
    alone = shopper_find(shop=shop, identity=single)
    (recent, hidden, bought, taste), expected = told(state_read(person.pk)), told(state_read(alone.pk))
    assert (recent, hidden, bought) == expected[:3]
    for name in ("departments", "brands", "tags"):
        assert taste.get(name, {}) == pytest.approx(expected[3].get(name, {}))
    assert Interaction.objects.of(shop).of_person(person.pk).count() == len(deeds)


def test_what_is_put_into_a_basket_while_the_guest_signs_in_reaches_the_person(shop):
    guest, user = guest_new(), login()
    first, second = shop.items.order_by("pk")[:2]
    before = shopper_ensure(shop=shop, identity=guest, at=START)
    basket_add(shopper=before, item=first, at=START)
    person = merge(shop, guest, user)
    basket_add(shopper=before, item=second, at=START)
    assert [line.item_id for line in basket_lines(person)] == [first.pk, second.pk]
    order = checkout(shopper=before, at=datetime.now(UTC))
    assert (order.shopper, order.lines.count()) == (person, 2)
    assert has_bought(person, first)


def test_a_review_written_as_a_guest_is_the_persons_to_change(shop):
    guest, user = guest_new(), login()
    item = shop.items.order_by("pk")[0]
    review_write(shopper=shopper_ensure(shop=shop, identity=guest, at=START), item=item, rating=2, at=START)
    review_write(shopper=merge(shop, guest, user), item=item, rating=5, at=START)
    item.refresh_from_db()
    assert (item.rating_average, item.rating_count) == (5, 1)
