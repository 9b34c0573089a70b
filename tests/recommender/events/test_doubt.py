"""Bots and floods: marked once for each session, and kept."""

import pytest

from tests.fixtures.events import event, take
from users.models import Interaction, Suspicion

pytestmark = pytest.mark.django_db


def test_each_session_of_a_bot_is_marked_once(shop, guest):
    for session in ("one", "one", "two"):
        take(shop, guest, event(session=session), agent="Examplebot/2.0")
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
