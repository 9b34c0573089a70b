"""Bad events: each is refused with a pointer, and what is good beside it is kept."""

import math
import uuid

import pytest

from recommender.event_batch import MAX_EVENTS, BatchTooLarge
from tests.fixtures.events import NOW, code_and_pointer, event, statuses, take
from users.models import EventReceipt, Interaction, Shopper

pytestmark = pytest.mark.django_db


BAD = {
    "no object": (3, [("type", "")]),
    "a list": ([], [("type", "")]),
    "nothing": ({}, [("required", "/client_id"), ("required", "/kind")]),
    "no item": (event(item=None), [("required", "/item")]),
    "unknown item": (event(item="I99"), [("unknown_item", "/item")]),
    "item of a wrong type": (event(item=17), [("type", "/item")]),
    "huge item": (event(item="x" * 1_000_000), [("length", "/item")]),
    "NUL": (event(item="I\0"), [("characters", "/item")]),
    "half a surrogate": (event(session="\ud800"), [("characters", "/session")]),
    "unknown kind": (event("stare"), [("unknown_kind", "/kind")]),
    "kind of a wrong type": (event(["view"]), [("unknown_kind", "/kind")]),
    "no uuid": (event(client_id="me"), [("uuid", "/client_id")]),
    "uuid of a wrong type": (event(client_id=5), [("uuid", "/client_id")]),
    "NaN": (event("dwell", value=math.nan), [("not_finite", "/value")]),
    "infinity": (event("dwell", value=math.inf), [("not_finite", "/value")]),
    "a number beyond floats": (event("dwell", value=10**400), [("range", "/value")]),
    "text for a number": (event("rate", value="5"), [("type", "/value")]),
    "true for a number": (event("cart", quantity=True), [("type", "/quantity")]),
    "rating of six": (event("rate", value=6), [("range", "/value")]),
    "rating without value": (event("rate"), [("required", "/value")]),
    "half a piece": (event("cart", quantity=0.5), [("type", "/quantity")]),
    "no piece": (event("cart", quantity=0), [("range", "/quantity")]),
    "negative price": (event("cart", price_minor=-1), [("range", "/price_minor")]),
    "currency": (event("cart", currency="euro"), [("currency", "/currency")]),
    "1970": (event(occurred_at="1970-01-01T00:00:00Z"), [("too_old", "/occurred_at")]),
    "2099": (event(occurred_at="2099-01-01T00:00:00Z"), [("future", "/occurred_at")]),
    "31 days old": (event(occurred_at="2026-01-29T11:00:00Z"), [("too_old", "/occurred_at")]),
    "no zone": (event(occurred_at="2026-03-01T11:00:00"), [("time", "/occurred_at")]),
    "no time": (event(occurred_at="yesterday"), [("time", "/occurred_at")]),
    "seconds": (event(occurred_at=1772366400), [("time", "/occurred_at")]),
    "undo of nothing": (event("undo", item=None), [("required", "/undoes")]),
    "undo of the unknown": (event("undo", undoes=str(uuid.uuid4())), [("nothing_to_undo", "/undoes")]),
    "undo of an undo": (event("undo", undoes_kind="undo"), [("unknown_kind", "/undoes_kind")]),
    "seen what": (event("seen", item=None), [("required", "/impression"), ("required", "/positions")]),
    "seen where": (event("seen", None, impression=str(uuid.uuid4()), positions=["1"]), [("type", "/positions")]),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_event_is_refused_with_a_pointer_and_the_good_ones_are_kept(shop, guest, bad):
    sent, expected = bad
    results = take(shop, guest, event(), sent, event(item="I1"), now=NOW)
    assert statuses(results) == ["accepted", "refused", "accepted"]
    assert code_and_pointer(results[1]) == expected
    assert all(error.detail for error in results[1].errors)
    assert Interaction.objects.count() == EventReceipt.objects.count() == 2


def test_more_than_a_thousand_events_are_too_many_and_nothing_is_taken(shop, guest):
    with pytest.raises(BatchTooLarge, match="split"):
        take(shop, guest, *[event()] * (MAX_EVENTS + 1))
    assert not Shopper.objects.exists()


def test_a_batch_of_bad_events_makes_no_shopper(shop, guest):
    take(shop, guest, event(item="I99"), 3)
    assert not Shopper.objects.exists()
