"""Pages that events name: whose they are, and what a report of visible cards does."""

import pytest

from recommender.models import Impression, RequestLog
from tests.fixtures.events import event, page, seen, state, statuses, take
from users.identity import Identity, guest_new
from users.kinds import Kind
from users.models import Consent, EventReceipt, Interaction, Shopper, User

pytestmark = pytest.mark.django_db


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
