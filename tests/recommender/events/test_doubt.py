"""Bots and floods: marked once for each session, and kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recommender.facts.snapshot import snapshot_take
from tests.fixtures.events import event, page, seen, take
from users.models import Interaction, Shopper, Suspicion

pytestmark = pytest.mark.django_db


def test_each_session_of_a_bot_is_marked_once(shop, guest):
    pages = {session: page(shop, session=session) for session in ("one", "two")}
    for session in ("one", "one", "two"):
        deed = event("click", impression=str(pages[session].pk), session=session)
        take(shop, guest, deed, agent="Examplebot/2.0")
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
    take(shop, guest, event(), agent="Examplebot/2.0")
    assert Suspicion.objects.get().cause == "bot"
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize(("sessions", "marked", "learnt"), [(("s", "t"), "s", 1), (("mine", "mine"), "", 0)])
def test_doubt_keeps_deeds_and_pages_out_of_learning_alike(shop, guest, sessions, marked, learnt):
    """A browser's deeds bear the session of their page; an app's may bear one of its own, which no page does."""
    take(shop, guest, event(session="early", kind="search", item=None))
    for visit, session in zip(("s", "t"), sessions, strict=True):
        shown = page(shop, Shopper.objects.get(), session=visit)
        take(shop, guest, event("click", impression=str(shown.pk), session=session), seen(shown, 0, session=session))
    take(shop, guest, event("like", session=sessions[0]), agent="Examplebot/2.0")
    assert Suspicion.objects.get().session == marked
    snapshot = snapshot_take(shop, until=timezone.now() + timedelta(minutes=1))
    pages = [] if snapshot.impressions is None else snapshot.impressions.item
    assert (len(snapshot.interactions), len(pages)) == (learnt, learnt)
