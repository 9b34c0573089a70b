"""Batches of events: kept once, whoever sends them again and however many at a time."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.items import Words, item_create
from catalog.models import Outbox, Shop
from tests.fixtures.events import NOW, code_and_pointer, event, page, shop_with_items, state, statuses, take
from users.identity import guest_new
from users.kinds import KIND_BY_WORD, Kind
from users.models import EventReceipt, Interaction, Shopper

pytestmark = pytest.mark.django_db


def test_a_batch_becomes_interactions_receipts_and_state(shop, guest):
    now = timezone.now()
    events = [event(word, value=4 if word == "rate" else None) for word in KIND_BY_WORD if word != "undo"]
    results = take(shop, guest, *events, now=now)
    assert set(statuses(results)) == {"accepted"}
    shopper = Shopper.objects.get()
    kinds = Interaction.objects.of(shop).filter(shopper=shopper).values_list("kind", flat=True)
    assert sorted(kinds) == sorted(kind for kind in Kind if kind != Kind.UNDO)
    assert EventReceipt.objects.of(shop).count() == len(events)
    assert state(shop, guest).version == 1
    assert Outbox.objects.filter(topic="shopper.changed").count() == 1


def test_all_fields_reach_the_facts(shop, guest):
    at = (timezone.now() - timedelta(hours=3)).replace(microsecond=123_456)
    impression, search = page(shop, session="s1").pk, uuid.uuid4()
    sent = event(
        "cart", "I1", occurred_at=at.isoformat(), quantity=3, price_minor=1999, currency="EUR", order="o1",
        session="s1",
        search=str(search), surface="homepage", impression=str(impression), position=7, value=2.5,
    )  # fmt: skip
    result = take(shop, guest, sent)[0]
    row = Interaction.objects.get(pk=result.interaction_id)
    assert (row.item.external_id, row.kind, row.occurred_at) == ("I1", Kind.CART, at)
    assert (row.quantity, row.price_minor, row.currency, row.order, row.session) == (3, 1999, "EUR", "o1", "s1")
    assert (row.search, row.surface, row.impression, row.position, row.value) == (
        search,
        "homepage",
        impression,
        7,
        2.5,
    )


def test_a_batch_sent_again_changes_nothing_and_gets_the_same_ids(shop, guest):
    events = [event(item=f"I{n}") for n in range(5)]
    first = take(shop, guest, *events)
    before = state(shop, guest)
    second = take(shop, guest, *events, now=timezone.now() + timedelta(minutes=2))
    assert set(statuses(second)) == {"duplicate"}
    assert [r.interaction_id for r in second] == [r.interaction_id for r in first]
    assert str(state(shop, guest)) == str(before)
    assert Interaction.objects.count() == 5


def test_events_without_a_time_happened_in_the_order_of_the_batch(shop, guest):
    take(shop, guest, *[event(item=f"I{n}") for n in (3, 1, 4, 0, 2)])
    order = [entry.item_id for entry in state(shop, guest).recent]
    assert order == [shop.items.get(external_id=f"I{n}").pk for n in (3, 1, 4, 0, 2)]


def test_a_half_new_batch_takes_only_the_new_half(shop, guest):
    old, new = event(), event(item="I1")
    take(shop, guest, old)
    assert statuses(take(shop, guest, old, new)) == ["duplicate", "accepted"]
    assert Interaction.objects.count() == 2


def test_an_id_twice_in_one_batch_counts_once(shop, guest):
    one = event()
    results = take(shop, guest, one, dict(one, kind="like"))
    assert statuses(results) == ["accepted", "duplicate"]
    assert results[0].interaction_id == results[1].interaction_id
    assert Interaction.objects.get().kind == Kind.VIEW


def test_somebody_elses_id_is_a_conflict_and_tells_nothing(shop, guest):
    sent = event()
    take(shop, guest, sent)
    result = take(shop, guest_new(), sent, event())[0]
    assert result.status == "conflict" and result.interaction_id is None
    assert code_and_pointer(result) == [("conflict", "/client_id")]
    assert Interaction.objects.count() == 2


def test_the_same_id_in_another_shop_is_another_event(shop, guest):
    other = Shop.objects.create(code="other", name="Other")
    item_create(shop=other, external_id="I0", texts={"en": Words("Thing")})
    sent = event()
    assert statuses(take(shop, guest, sent) + take(other, guest, sent)) == ["accepted", "accepted"]


def test_events_of_a_month_are_welcome_and_find_their_place(shop, guest):
    take(shop, guest, event(item="I0"), now=NOW)
    take(shop, guest, event(item="I1", occurred_at=(NOW - timedelta(days=29)).isoformat()), now=NOW)
    late = Interaction.objects.get(item__external_id="I1")
    assert state(shop, guest).recent[0].item_id == late.item_id
    assert Interaction.objects.order_by("id").first() == late


@pytest.mark.parametrize("names_pages", [False, True])
def test_the_number_of_statements_does_not_grow_with_the_batch(shop, guest, names_pages):
    take(shop, guest, event())
    counts = []
    for size in (2, 200):
        start = timezone.now() - timedelta(hours=2)
        events = [event(item=f"I{n % 5}", occurred_at=(start + timedelta(seconds=n)).isoformat()) for n in range(size)]
        if names_pages:
            pages = [page(shop, session="s1") for _ in range(min(size, 5))]
            events = [sent | {"impression": str(pages[n % len(pages)].pk)} for n, sent in enumerate(events)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            take(shop, guest, *events)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= (22 if names_pages else 18)


@pytest.mark.django_db(transaction=True)
def test_the_same_batches_from_many_connections_are_taken_once():
    shop, guest = shop_with_items(), guest_new()
    events = [event(item=f"I{n % 5}") for n in range(40)]
    answers: list[list[str]] = []

    def send(order: int) -> None:
        answers.append(statuses(take(shop, guest, *(events if order % 2 else events[::-1]))))
        connections.close_all()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert Interaction.objects.count() == 40
    assert sum(answer.count("accepted") for answer in answers) == 40
    assert {status for answer in answers for status in answer} == {"accepted", "duplicate"}
    assert len(state(shop, guest).recent) == 40 and state(shop, guest).version <= 6
