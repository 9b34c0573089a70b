import math
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.ids import uuid7
from catalog.items import Words, item_create
from catalog.models import Outbox, Shop
from recommender.events import MAX_EVENTS, BatchTooLarge, events_take
from recommender.models import Impression, RequestLog
from users.identity import Identity, guest_new
from users.kinds import KIND_BY_WORD, Kind
from users.models import Consent, EventReceipt, Interaction, Shopper, Suspicion, User
from users.shoppers import shopper_find
from users.state_rows import state_read

pytestmark = pytest.mark.django_db


def shop_with_items(count: int = 5) -> Shop:
    shop = Shop.objects.create(code="test", name="Test")
    for number in range(count):
        item_create(shop=shop, external_id=f"I{number}", texts={"en": Words(f"Thing {number}")})
    return shop


@pytest.fixture
def shop() -> Shop:
    return shop_with_items()


@pytest.fixture
def guest() -> Identity:
    return guest_new()


def event(kind: str = "view", item: str | None = "I0", **fields) -> dict:
    return {"client_id": str(uuid.uuid4()), "kind": kind, **({"item": item} if item else {}), **fields}


def take(shop, identity, *events, now=None):
    return events_take(shop=shop, identity=identity, events=list(events), now=now or timezone.now())


def statuses(results) -> list[str]:
    return [result.status for result in results]


def state(shop, identity):
    shopper = shopper_find(shop=shop, identity=identity)
    return state_read(shopper.pk)


def code_and_pointer(result) -> list[tuple[str, str]]:
    return [(error.code, error.pointer) for error in result.errors]


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


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

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


def test_events_of_a_month_are_welcome_and_find_their_place(shop, guest):
    take(shop, guest, event(item="I0"), now=NOW)
    take(shop, guest, event(item="I1", occurred_at=(NOW - timedelta(days=29)).isoformat()), now=NOW)
    late = Interaction.objects.get(item__external_id="I1")
    assert state(shop, guest).recent[0].item_id == late.item_id
    assert Interaction.objects.order_by("id").first() == late


def test_not_interested_hides_variants_and_undo_by_client_id_shows_them(shop, guest):
    one = item_create(shop=shop, external_id="red", texts={"en": Words("Lamp")}, group="lamp")
    two = item_create(shop=shop, external_id="blue", texts={"en": Words("Lamp")}, group="lamp")
    dislike = event("dislike", "red")
    take(shop, guest, dislike)
    assert set(state(shop, guest).hidden) == {one.pk, two.pk}
    assert statuses(take(shop, guest, event("undo", None, undoes=dislike["client_id"]))) == ["accepted"]
    assert state(shop, guest).hidden == () and state(shop, guest).version == 2


def test_undo_by_kind_and_item_takes_back_the_latest_once(shop, guest):
    take(shop, guest, event("like", "I1"))
    undo = event("undo", "I1", undoes_kind="like")
    assert statuses(take(shop, guest, undo)) == ["accepted"]
    assert [entry.kind for entry in state(shop, guest).recent] == []
    assert statuses(take(shop, guest, undo)) == ["duplicate"]
    assert statuses(take(shop, guest, event("undo", "I1", undoes_kind="like"))) == ["refused"]


def test_what_was_taken_back_by_its_id_cannot_be_taken_back_by_its_kind(shop, guest):
    like = event("like", "I1")
    take(shop, guest, like)
    take(shop, guest, event("undo", None, undoes=like["client_id"]))
    assert statuses(take(shop, guest, event("undo", "I1", undoes_kind="like"))) == ["refused"]


def test_undo_in_the_same_batch(shop, guest):
    dislike = event("dislike", "I1")
    results = take(shop, guest, dislike, event("undo", None, undoes=dislike["client_id"]))
    assert statuses(results) == ["accepted", "accepted"]
    assert state(shop, guest).hidden == ()


def test_nobody_undoes_for_somebody_else(shop, guest):
    dislike = event("dislike", "I1")
    take(shop, guest, dislike)
    assert statuses(take(shop, guest_new(), event("undo", None, undoes=dislike["client_id"]))) == ["refused"]
    assert state(shop, guest).hidden != ()


def page(shop, shopper=None, count: int = 4, session: str = "") -> Impression:
    items = list(shop.items.order_by("pk")[:count])
    shown = Impression.objects.create(
        id=uuid7(), shop=shop, shopper=shopper, session=session, surface="homepage", decision_key="k",
        item_ids=[item.pk for item in items], seen=[False] * count,
    )  # fmt: skip
    RequestLog.objects.create(impression=shown.pk, shop=shop, shopper=shopper, seed=1, runtime="r", payload=b"p")
    return shown


def test_seen_cards_are_marked_and_tire_with_the_next_deed_only(shop, guest):
    take(shop, guest, event())
    shown = page(shop, Shopper.objects.get())
    beacon = event("seen", None, impression=str(shown.pk), positions=[1, 3, 99])
    for _ in range(2):
        take(shop, guest, beacon)
    take(shop, guest, event("seen", None, impression=str(shown.pk), positions=[1]))
    shown.refresh_from_db()
    assert shown.seen == [False, True, False, True]
    assert (state(shop, guest).version, state(shop, guest).fatigue) == (1, {})
    take(shop, guest, event("click", "I3"))
    assert state(shop, guest).fatigue == {str(shown.item_ids[1]): 1}
    assert Interaction.objects.count() == 2


def seen(shown: Impression, *positions: int, **fields) -> dict:
    return event("seen", None, impression=str(shown.pk), positions=list(positions), **fields)


@pytest.mark.parametrize("said_by", ["event", "guest", "login"])
def test_the_first_page_becomes_the_shoppers_and_nobody_elses(shop, guest, said_by):
    """The session that a page was shown in is told by the event, or by who calls."""
    login = Identity(user_id=User.objects.create(username="ada").pk)
    caller = login if said_by == "login" else guest
    shown = page(shop, session="s1" if said_by == "event" else caller.visit)
    fields = {"session": "s1"} if said_by == "event" else {}
    taken = take(shop, caller, event("click", impression=str(shown.pk), position=0, **fields))
    shown.refresh_from_db()
    assert shown.shopper == RequestLog.objects.get().shopper == Shopper.objects.get()
    assert Interaction.objects.get(pk=taken[0].interaction_id).impression == shown.pk
    take(shop, guest_new(), seen(shown, 2, **fields))
    shown.refresh_from_db()
    assert shown.seen == [False] * 4


def foreign_pages(shop) -> dict[str, Impression]:
    """Pages that are not the guest's, though they know the ids."""
    return {
        "somebody else's": page(shop, Shopper.objects.create(shop=shop), session="s1"),
        "another session's": page(shop, session="s2"),
        "nameless": page(shop),
    }


@pytest.mark.parametrize("whose", ["somebody else's", "another session's", "nameless"])
def test_a_deed_that_names_a_page_of_somebody_else_is_kept_without_it(shop, guest, whose):
    shown = foreign_pages(shop)[whose]
    for session in ("s1", ""):
        taken = take(shop, guest, event("click", impression=str(shown.pk), session=session))
        row = Interaction.objects.get(pk=taken[0].interaction_id)
        assert (row.kind, row.impression) == (Kind.CLICK, None)
    owner = shown.shopper
    shown.refresh_from_db()
    assert shown.shopper == RequestLog.objects.get(pk=shown.pk).shopper == owner


def test_a_page_of_the_guest_is_the_persons_own(shop, guest):
    take(shop, guest, event())
    earlier = Shopper.objects.create(shop=shop, merged_into=Shopper.objects.get())
    shown = page(shop, earlier)
    taken = take(shop, guest, event("click", impression=str(shown.pk)))
    assert Interaction.objects.get(pk=taken[0].interaction_id).impression == shown.pk


def test_who_withdrew_consent_sees_a_page_as_nobody(shop, guest):
    take(shop, guest, event())
    person = Shopper.objects.get()
    nameless, named = page(shop), page(shop, person)
    before = str(state(shop, guest))
    Consent.objects.create(shop=shop, shopper=person, purpose="personalisation", granted=False)
    assert statuses(take(shop, guest, seen(nameless, 1, session="s1"), seen(named, 1))) == ["accepted"] * 2
    for shown in (nameless, named):
        shown.refresh_from_db()
    assert (nameless.shopper, nameless.seen) == (None, [False, True, False, False])
    assert named.seen == [False] * 4
    assert EventReceipt.objects.count() == 1
    assert str(state(shop, guest)) == before


def test_who_withdrew_consent_claims_no_page(shop, guest):
    take(shop, guest, event())
    shown = page(shop, session="s1")
    Consent.objects.create(shop=shop, shopper=Shopper.objects.get(), purpose="personalisation", granted=False)
    take(shop, guest, event("click", impression=str(shown.pk), session="s1"), seen(shown, 0, session="s1"))
    shown.refresh_from_db()
    assert shown.shopper is RequestLog.objects.get().shopper is None
    assert not Interaction.objects.filter(impression=shown.pk).exists()


def test_each_session_of_a_bot_is_marked_once(shop, guest):
    for session in ("one", "one", "two"):
        events_take(
            shop=shop, identity=guest, events=[event(session=session)], now=timezone.now(), agent="Examplebot/2.0"
        )
    assert sorted(mark.session for mark in Suspicion.objects.all()) == ["one", "two"]


def test_a_batch_of_several_sessions_marks_the_shopper(shop, guest):
    take(shop, guest, *[event(session=f"s{n}") for n in range(120)])
    assert [mark.session for mark in Suspicion.objects.all()] == [""]


def test_a_flood_is_marked_once_and_kept(shop, guest):
    for _ in range(2):
        take(shop, guest, *[event() for _ in range(120)])
    assert Interaction.objects.count() == 240
    assert [mark.cause for mark in Suspicion.objects.all()] == ["flood"]


def test_a_bot_is_marked(shop, guest):
    events_take(shop=shop, identity=guest, events=[event()], now=timezone.now(), agent="Examplebot/2.0")
    assert Suspicion.objects.get().cause == "bot"
    assert Interaction.objects.count() == 1


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
