"""Deeds taken back: by their id or by kind and item, once, and only one's own."""

import pytest

from catalog.items import Words, item_create
from tests.fixtures.events import event, state, statuses, take
from users.identity import guest_new

pytestmark = pytest.mark.django_db


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
