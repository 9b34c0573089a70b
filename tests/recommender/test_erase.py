import uuid
from datetime import UTC, datetime

import pytest
from django.apps import apps

from catalog.items import Words, item_create
from catalog.models import Outbox, Shop
from recommender.erase import ABOUT_A_PERSON, shopper_erase
from recommender.events import events_take
from recommender.merge import guest_merge
from recommender.models import Impression, JobRun, RequestLog
from users.baskets import basket_add, checkout
from users.consent import consent_record
from users.favourites import favourite_add
from users.identity import Identity, guest_new
from users.models import Interaction, Shopper, ShopperState, User
from users.reviews import review_write
from users.shoppers import shopper_ensure, shopper_find
from users.state_rows import state_read

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    shop = Shop.objects.create(code="test", name="Test")
    item_create(shop=shop, external_id="I0", texts={"en": Words("Thing")}, price_minor=100, published_at=NOW)
    return shop


def lived(shop: Shop, username: str) -> Shopper:
    """A person who did a bit of everything, first as a guest."""
    guest, user = guest_new(), Identity(user_id=User.objects.create(username=username).pk)
    item = shop.items.get()
    sent = {"client_id": str(uuid.uuid4()), "kind": "view", "item": "I0"}
    events_take(shop=shop, identity=guest, events=[sent], now=NOW)
    person = guest_merge(shop=shop, guest_key=guest.guest_key, user_id=user.user_id, now=NOW)
    basket_add(shopper=person, item=item, at=NOW)
    checkout(shopper=person, at=NOW)
    basket_add(shopper=person, item=item, at=NOW)
    favourite_add(shopper=person, item=item, at=NOW)
    review_write(shopper=person, item=item, rating=5, at=NOW, text="Fine.")
    consent_record(shopper=person, purpose="learning", granted=True, at=NOW)
    page = Impression.objects.create(shop=shop, shopper=person, surface="homepage", decision_key="k")
    RequestLog.objects.create(impression=page.pk, shop=shop, shopper=person, seed=1, runtime="r", payload=b"p")
    return person


def rows_of(person_ids: set[int]) -> dict[str, int]:
    return {model._meta.label: model.objects.filter(shopper_id__in=person_ids).count() for model in ABOUT_A_PERSON}


def test_everything_about_the_person_goes_and_nothing_of_others(shop):
    person, other = lived(shop, "ada"), lived(shop, "bob")
    ids = {person.pk, *person.merged_from.values_list("pk", flat=True)}
    others = {other.pk, *other.merged_from.values_list("pk", flat=True)}
    before, kept = state_read(person.pk), rows_of(others)
    receipt = shopper_erase(shop=shop, shopper=person, now=NOW)
    assert set(rows_of(ids).values()) == {0}
    assert rows_of(others) == kept
    assert receipt.rows["users.Interaction"] == 6
    state = state_read(person.pk)
    assert state.version == receipt.state_version == before.version + 1
    assert (state.recent, state.taste, state.purchased) == ((), {}, ())
    assert ShopperState.objects.filter(shopper_id__in=ids).count() == 1
    assert not Outbox.objects.filter(payload__shopper_id__in=list(ids)).exists()


def test_a_log_goes_with_its_page_even_where_it_names_nobody(shop):
    person, other = lived(shop, "ada"), lived(shop, "bob")
    RequestLog.objects.filter(shopper=person).update(shopper=None)
    receipt = shopper_erase(shop=shop, shopper=person, now=NOW)
    assert receipt.rows["recommender.RequestLog"] == 1
    assert RequestLog.objects.get().shopper == other


def test_pages_from_before_the_first_deed_go_too(shop):
    """A person is shown pages as a guest, as a login and in the visits of a browser; other people's stay."""
    person, other = lived(shop, "ada"), lived(shop, "bob")
    guest = person.merged_from.get().guest_key
    visit = Interaction.objects.filter(shopper=person).first()
    Interaction.objects.filter(pk=visit.pk).update(session="visit")
    others_guest = other.merged_from.get().guest_key
    sessions = [guest.hex, f"user{person.user_id}", "visit", others_guest.hex, f"user{other.user_id}", "another", ""]
    for session in sessions:
        page = Impression.objects.create(shop=shop, session=session, surface="homepage", decision_key="k")
        RequestLog.objects.create(impression=page.pk, shop=shop, seed=1, runtime="r", payload=session.encode())
    receipt = shopper_erase(shop=shop, shopper=person, now=NOW)
    assert set(Impression.objects.filter(shopper=None).values_list("session", flat=True)) == set(sessions[3:])
    kept = RequestLog.objects.filter(shopper=None)
    assert {bytes(log.payload).decode() for log in kept} == set(sessions[3:])
    assert receipt.rows["recommender.Impression"] == receipt.rows["recommender.RequestLog"] == 4


def test_the_shell_names_nobody_and_the_login_starts_anew(shop):
    person = lived(shop, "ada")
    user_id = person.user_id
    shopper_erase(shop=shop, shopper=person, now=NOW)
    for shell in Shopper.objects.all():
        assert (shell.user, shell.guest_key, shell.external_id, shell.language) == (None, None, "", "")
    assert User.objects.filter(pk=user_id).exists()
    assert shopper_find(shop=shop, identity=Identity(user_id=user_id)) is None
    assert shopper_ensure(shop=shop, identity=Identity(user_id=user_id), at=NOW).pk != person.pk


def test_the_account_goes_too_when_asked(shop):
    person = lived(shop, "ada")
    shopper_erase(shop=shop, shopper=person, now=NOW, with_login=True)
    assert not User.objects.exists()


def test_the_receipt_stays_and_names_nobody(shop):
    person = lived(shop, "ada")
    receipt = shopper_erase(shop=shop, shopper=person, now=NOW)
    kept = JobRun.objects.get(pk=receipt.id)
    assert kept.result == {"rows": receipt.rows}
    assert "ada" not in str(kept.result)


def test_averages_forget_the_review(shop):
    person = lived(shop, "ada")
    shopper_erase(shop=shop, shopper=person, now=NOW)
    item = shop.items.get()
    assert (item.rating_average, item.rating_count) == (None, 0)


def test_erasing_twice_finds_nothing_more(shop):
    person = lived(shop, "ada")
    shopper_erase(shop=shop, shopper=person, now=NOW)
    again = shopper_erase(shop=shop, shopper=person, now=NOW)
    assert set(again.rows) == {"users.Shopper"}
    assert not Interaction.objects.exists()


def test_no_table_about_a_shopper_is_forgotten():
    about = {
        model
        for model in apps.get_models()
        if any(field.name == "shopper" for field in model._meta.get_fields() if field.concrete)
    }
    assert about == {*ABOUT_A_PERSON, ShopperState}
