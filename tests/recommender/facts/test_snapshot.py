"""A snapshot holds the facts that may be learnt from, and nothing else."""

from datetime import timedelta

import pytest

from catalog.models import Item, ItemText, Shop
from recommender.facts.snapshot import snapshot_take
from tests.recommender.facts.happened import NOW, act, shopper
from users.kinds import Kind
from users.models import Consent, Suspicion

pytestmark = pytest.mark.django_db


def pairs(snapshot):
    table = snapshot.interactions
    return list(zip(snapshot.shopper_ids[table.shopper].tolist(), snapshot.items.ids[table.item].tolist(), strict=True))


def test_interactions_are_ordered_by_shopper_and_time(shop, items):
    a, b = shopper(shop, "a"), shopper(shop, "b")
    act(b, items[0], minutes=1)
    act(a, items[1], minutes=3)
    act(a, items[2], Kind.PURCHASE, minutes=2, quantity=3, session="s", order="o")
    snapshot = snapshot_take(shop, until=NOW)
    assert pairs(snapshot) == [(a.pk, items[2].pk), (a.pk, items[1].pk), (b.pk, items[0].pk)]
    table = snapshot.interactions
    assert table.kind[0] == Kind.PURCHASE
    assert table.quantity.tolist() == [3, 1, 1]
    assert table.session[0] != 0
    assert table.session[1] == 0
    assert table.order[0] != 0
    assert table.at_us[0] == round((NOW - timedelta(hours=1) + timedelta(minutes=2)).timestamp() * 1e6)


def test_later_facts_other_shops_and_drafts_stay_out(shop, items):
    a = shopper(shop, "a")
    other = Shop.objects.create(code="two", name="Two")
    elsewhere = Item.objects.create(shop=other, external_id="x", published_at=NOW - timedelta(days=1))
    act(shopper(other, "a"), elsewhere)
    act(a, items[0], minutes=120)
    act(a, items[1])
    Item.objects.filter(pk=items[1].pk).update(status="draft")
    act(a, items[2])
    snapshot = snapshot_take(shop, until=NOW)
    assert pairs(snapshot) == [(a.pk, items[2].pk)]
    assert items[1].pk not in snapshot.items.ids


def test_guests_count_for_whom_they_became(shop, items):
    final = shopper(shop, "final")
    guest = shopper(shop, "guest", merged_into=final)
    act(guest, items[0])
    act(final, items[1], minutes=1)
    assert pairs(snapshot_take(shop, until=NOW)) == [(final.pk, items[0].pk), (final.pk, items[1].pk)]


def test_suspicious_shoppers_and_sessions_are_not_learnt_from(shop, items):
    bot, person, cleared = shopper(shop, "bot"), shopper(shop, "person"), shopper(shop, "cleared")
    Suspicion.objects.create(shop=shop, shopper=bot, cause="flood")
    Suspicion.objects.create(shop=shop, shopper=person, session="bad", cause="flood")
    Suspicion.objects.create(shop=shop, shopper=cleared, cause="flood", cleared_at=NOW)
    for who, session in ((bot, ""), (person, "bad"), (person, "good"), (cleared, "")):
        act(who, items[0], session=session)
    assert pairs(snapshot_take(shop, until=NOW)) == [(person.pk, items[0].pk), (cleared.pk, items[0].pk)]


def test_consent_to_learning_is_honoured(shop, items):
    asked, silent = shopper(shop, "asked"), shopper(shop, "silent")
    for granted, days in ((True, 3), (False, 2)):
        Consent.objects.create(
            shop=shop, shopper=asked, purpose="learning", granted=granted, at=NOW - timedelta(days=days)
        )
    act(asked, items[0])
    act(silent, items[1])
    assert pairs(snapshot_take(shop, until=NOW)) == [(silent.pk, items[1].pk)]
    shop.consent_required = True
    assert pairs(snapshot_take(shop, until=NOW)) == []


@pytest.mark.parametrize("latest", ["guest", "person"])
@pytest.mark.parametrize("granted", [True, False])
def test_the_last_word_of_the_whole_person_decides(shop, items, latest, granted):
    """Whether it was said as a guest or after signing in, it holds for the facts of both."""
    person = shopper(shop, "person")
    both = {"guest": shopper(shop, "guest", merged_into=person), "person": person}
    for name, who in both.items():
        is_last = name == latest
        at = NOW - timedelta(days=1 if is_last else 2)
        said = granted if is_last else not granted
        Consent.objects.create(shop=shop, shopper=who, purpose="learning", granted=said, at=at)
        act(who, items[0])
    assert pairs(snapshot_take(shop, until=NOW)) == ([(person.pk, items[0].pk)] * 2 if granted else [])


@pytest.mark.parametrize("marked", ["guest", "person"])
def test_a_doubted_session_is_left_out_for_the_whole_person(shop, items, marked):
    person = shopper(shop, "person")
    both = {"guest": shopper(shop, "guest", merged_into=person), "person": person}
    Suspicion.objects.create(shop=shop, shopper=both[marked], session="bad", cause="flood")
    for item, session in ((items[0], "bad"), (items[1], "good")):
        for who in both.values():
            act(who, item, session=session)
    assert pairs(snapshot_take(shop, until=NOW)) == [(person.pk, items[1].pk)] * 2


def test_what_was_taken_back_is_not_learnt(shop, items):
    a = shopper(shop, "a")
    liked = act(a, items[0], Kind.LIKE)
    act(a, items[1], Kind.LIKE)
    act(a, items[0], Kind.UNDO, minutes=1, undoes=liked.pk)
    kinds = snapshot_take(shop, until=NOW).interactions.kind.tolist()
    assert sorted(kinds) == [Kind.LIKE, Kind.UNDO]


def test_texts_are_the_words_items_are_embedded_by(shop, items):
    ItemText.objects.create(shop=shop, item=items[0], language="zh-hans", title="红围巾")
    ItemText.objects.create(shop=shop, item=items[0], language="en", title="Red scarf", description="Warm.")
    assert snapshot_take(shop, until=NOW).items.texts == ("Red scarf. Warm", "", "", "")


def test_shoppers_bear_what_a_request_of_theirs_would_say(shop, items):
    loyal = shopper(shop, "loyal", segment="loyal", language="zh-hans")
    unwilling = shopper(shop, "unwilling", segment="loyal", language="en")
    plain = shopper(shop, "plain")
    guest = shopper(shop, "guest", segment="new", merged_into=unwilling)
    Consent.objects.create(shop=shop, shopper=guest, purpose="personalisation", granted=False, at=NOW)
    for who in (loyal, unwilling, plain):
        act(who, items[0])
    table = snapshot_take(shop, until=NOW).shoppers
    assert table.ids.tolist() == [loyal.pk, unwilling.pk, plain.pk]
    segment, language = table.traits
    assert [(*segment.words, None)[code] for code in segment.code] == ["loyal", None, None]
    assert [(*language.words, None)[code] for code in language.code] == ["zh-hans", "en", None]
    shop.consent_required = True
    Consent.objects.create(shop=shop, shopper=loyal, purpose="learning", granted=True, at=NOW)
    assert snapshot_take(shop, until=NOW).shoppers.segment.tolist() == [-1]


def test_an_empty_shop_has_an_empty_snapshot(shop):
    snapshot = snapshot_take(shop, until=NOW)
    assert len(snapshot.items) == len(snapshot.interactions) == len(snapshot.shopper_ids) == 0
    assert snapshot.impressions is None
