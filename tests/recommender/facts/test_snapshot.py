"""A snapshot holds the facts that may be learnt from, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Item, ItemText, Relation, Shop
from recommender.data.snapshot_files import snapshot_open, snapshot_save
from recommender.data.types import DataError, Section
from recommender.facts.columns import columns_read
from recommender.facts.snapshot import snapshot_take
from recommender.models import Impression
from users.kinds import Kind
from users.models import Consent, Interaction, Shopper, Suspicion

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=123_456)


@pytest.fixture
def shop():
    return Shop.objects.create(code="one", name="One")


@pytest.fixture
def items(shop):
    made = [Item(shop=shop, external_id=f"i{n}", published_at=NOW - timedelta(days=9), stock=5) for n in range(4)]
    return Item.objects.bulk_create(made)


def shopper(shop, name, **more):
    return Shopper.objects.create(shop=shop, external_id=name, **more)


def act(who, item, kind=Kind.VIEW, minutes=0, **more):
    at = NOW - timedelta(hours=1) + timedelta(minutes=minutes)
    return Interaction.objects.create(shop=who.shop, shopper=who, item=item, kind=kind, occurred_at=at, **more)


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


def test_texts_are_the_words_items_are_embedded_by(shop, items):
    ItemText.objects.create(shop=shop, item=items[0], language="zh-hans", title="红围巾")
    ItemText.objects.create(shop=shop, item=items[0], language="en", title="Red scarf", description="Warm.")
    assert snapshot_take(shop, until=NOW).items.texts == ("Red scarf. Warm", "", "", "")


def test_what_was_taken_back_is_not_learnt(shop, items):
    a = shopper(shop, "a")
    liked = act(a, items[0], Kind.LIKE)
    act(a, items[1], Kind.LIKE)
    act(a, items[0], Kind.UNDO, minutes=1, undoes=liked.pk)
    kinds = snapshot_take(shop, until=NOW).interactions.kind.tolist()
    assert sorted(kinds) == [Kind.LIKE, Kind.UNDO]


def page(who, items, **more):
    fields = {
        "surface": "homepage",
        "shown_at": NOW - timedelta(hours=2),
        "item_ids": [item.pk for item in items],
        "section_of": [0] * len(items),
        "sections": [{"code": "deals", "subject": 0, "propensity": 1.0}],
        "propensities": [0.5] * len(items),
        "dropped": [False] * len(items),
        "seen": [True] * len(items),
    }
    return Impression.objects.create(shop=who.shop, shopper=who, **{**fields, **more})


def test_impressions_carry_what_came_of_each_visible_slot(shop, items):
    a = shopper(shop, "a")
    shown = page(
        a, items, seen=[True, True, False, True], dropped=[False, False, False, True],
        propensities=[0.5, float("nan"), 0.1, 0.2], pool_ids=[items[2].pk, items[0].pk],
    )  # fmt: skip
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    act(a, items[0], Kind.PURCHASE, impression=shown.pk, minutes=1)
    act(a, items[1], Kind.CLICK)
    table = snapshot_take(shop, until=NOW).impressions
    assert table.item.tolist() == [0, 1]
    assert table.slot.tolist() == [0, 1]
    assert table.section.tolist() == [list(Section).index(Section.DEALS)] * 2
    assert table.clicked.tolist() == [True, False]
    assert table.purchased.tolist() == [True, False]
    assert table.propensity[0] == 0.5
    assert np.isnan(table.propensity[1])
    assert table.pool_items[table.pool_start[0] : table.pool_start[1]].tolist() == [2, 0]


def test_a_click_after_the_credit_window_counts_for_no_page(shop, items):
    a = shopper(shop, "a")
    shown = page(a, items[:1], shown_at=NOW - timedelta(days=8))
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    assert snapshot_take(shop, until=NOW).impressions.clicked.tolist() == [False]


def credits(snapshot, outcome):
    table = snapshot.impressions
    return [item for item, came in zip(table.item.tolist(), getattr(table, outcome).tolist(), strict=True) if came]


def test_a_view_that_names_its_page_is_its_click(shop, items):
    a = shopper(shop, "a")
    shown = page(a, items[:2])
    act(a, items[0], Kind.VIEW, impression=shown.pk)
    act(a, items[1], Kind.VIEW)
    assert credits(snapshot_take(shop, until=NOW), "clicked") == [0]


def test_an_outcome_counts_for_the_page_of_the_same_person_only(shop, items):
    a, b = shopper(shop, "a"), shopper(shop, "b")
    guest = shopper(shop, "guest", merged_into=a)
    act(b, items[3])
    shown = page(guest, items[:2])
    act(a, items[0], Kind.CLICK, impression=shown.pk)
    act(b, items[1], Kind.CLICK, impression=shown.pk)
    assert credits(snapshot_take(shop, until=NOW), "clicked") == [0]


def test_what_is_bought_elsewhere_counts_for_the_last_visible_slot(shop, items):
    a = shopper(shop, "a")
    guest = shopper(shop, "guest", merged_into=a)
    page(a, items[:2], shown_at=NOW - timedelta(days=3))
    page(guest, items[:2], shown_at=NOW - timedelta(days=2))
    page(a, items[:2], shown_at=NOW - timedelta(days=1), seen=[False, True])
    page(a, items[:2], shown_at=NOW - timedelta(minutes=1))
    act(a, items[0], Kind.PURCHASE)
    act(a, items[1], Kind.CART, surface="search")
    table = snapshot_take(shop, until=NOW).impressions
    slots = list(zip(table.page.tolist(), table.item.tolist(), strict=True))
    assert [slot for slot, came in zip(slots, table.purchased, strict=True) if came] == [(1, 0)]
    assert [slot for slot, came in zip(slots, table.carted, strict=True) if came] == [(2, 1)]


def test_a_purchase_elsewhere_after_the_credit_window_or_of_another_counts_for_no_page(shop, items):
    a, b = shopper(shop, "a"), shopper(shop, "b")
    page(a, items[:1], shown_at=NOW - timedelta(days=8))
    page(a, items[1:2])
    act(a, items[0], Kind.PURCHASE)
    act(b, items[1], Kind.PURCHASE)
    assert credits(snapshot_take(shop, until=NOW), "purchased") == []


def test_pages_and_outcomes_of_doubted_sessions_stay_out(shop, items):
    a = shopper(shop, "a")
    Suspicion.objects.create(shop=shop, shopper=a, session="bad", cause="flood")
    page(a, items[:1], session="bad", pool_ids=[items[0].pk])
    kept = page(a, items[1:3], session="good", pool_ids=[items[2].pk])
    act(a, items[1], Kind.CLICK, impression=kept.pk, session="bad")
    act(a, items[2], Kind.CLICK, impression=kept.pk, session="good")
    snapshot = snapshot_take(shop, until=NOW)
    assert snapshot.impressions.item.tolist() == [1, 2]
    assert snapshot.impressions.pool_items.tolist() == [2]
    assert credits(snapshot, "clicked") == [2]


def test_without_a_beacon_the_first_row_was_visible(shop, items):
    a = shopper(shop, "a")
    act(a, items[0])
    page(a, items, seen=[False] * 4, section_of=[0, 0, 1, 1], sections=[{"code": "deals"}, {"code": "top_picks"}])
    assert snapshot_take(shop, until=NOW).impressions.item.tolist() == [0, 1]


def test_an_empty_shop_has_an_empty_snapshot(shop):
    snapshot = snapshot_take(shop, until=NOW)
    assert len(snapshot.items) == len(snapshot.interactions) == len(snapshot.shopper_ids) == 0
    assert snapshot.impressions is None


def test_fingerprint_is_of_the_content_and_survives_the_disk(shop, items, tmp_path):
    a = shopper(shop, "a")
    act(a, items[0])
    page(a, items)
    first = snapshot_take(shop, until=NOW)
    later = snapshot_take(shop, until=NOW + timedelta(seconds=1))
    assert first.fingerprint == later.fingerprint
    snapshot_save(first, tmp_path / "kept")
    opened = snapshot_open(tmp_path / "kept")
    assert opened.fingerprint == first.fingerprint
    assert opened.items.texts == first.items.texts
    act(a, items[1])
    assert snapshot_take(shop, until=NOW).fingerprint != first.fingerprint


def test_altered_columns_are_refused(shop, items, tmp_path):
    act(shopper(shop, "a"), items[0])
    snapshot_save(snapshot_take(shop, until=NOW), tmp_path / "kept")
    np.save(tmp_path / "kept" / "interactions.kind.npy", np.array([9], np.int8))
    with pytest.raises(DataError, match="altered"):
        snapshot_open(tmp_path / "kept")


def test_columns_cannot_be_written(shop, items):
    act(shopper(shop, "a"), items[0])
    table = snapshot_take(shop, until=NOW).interactions
    with pytest.raises(ValueError, match="read-only"):
        table.kind[0] = 1
    assert replace(table).kind is table.kind


def test_many_rows_stream_whole():
    a, b, c = columns_read("ifb", "SELECT n::bigint, n / 2.0::float8, n %% 2 = 0 FROM generate_series(1, 20000) n", {})
    assert a.sum() == 20000 * 20001 // 2
    assert b[-1] == 10000.0
    assert c.sum() == 10000


def test_null_in_a_column_is_named():
    with pytest.raises(ValueError, match="holds NULL"):
        columns_read("ii", "SELECT 1::bigint, NULL::bigint", {})


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


def test_the_fingerprint_covers_shoppers_and_relations(shop, items, tmp_path):
    a = shopper(shop, "a", segment="new")
    act(a, items[0])
    before = snapshot_take(shop, until=NOW)
    Shopper.objects.filter(pk=a.pk).update(segment="loyal")
    renamed = snapshot_take(shop, until=NOW)
    Relation.objects.create(shop=shop, source=items[0], target=items[1], kind="goes-with", weight=1.0)
    related = snapshot_take(shop, until=NOW)
    assert len({one.fingerprint for one in (before, renamed, related)}) == 3
    snapshot_save(related, tmp_path / "kept")
    again = snapshot_open(tmp_path / "kept")
    assert again.shoppers.traits[0].words == ("loyal",)
    assert again.relations.source.tolist() == [0]
    assert again.triples.n_relations == related.triples.n_relations == 2
