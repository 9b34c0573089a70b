"""Sources that both gathers ask: the same candidates, with the same evidence; late ones are left out and named."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from catalog.models import Item
from recommender.data.types import Context, Gathered, Section, Source
from recommender.facts.context import Asked, context_read
from recommender.facts.item_marks import item_marks_read
from recommender.models import ItemVector, TrendSnapshot
from recommender.retrieval.exact import ExactGather, GatherSizes
from recommender.retrieval.search_space import SearchSpace
from recommender.retrieval.sources import CONFIG_OF
from recommender.serving.decide import decide
from recommender.serving.state import shopper_view
from recommender.store.gather import SqlGather
from recommender.store.live import serving_read
from recommender.store.rulesets import DEFAULT_RULESET
from tests.contracts.gathers import gathered_check
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_live, tiny_shop, tiny_trend
from users.kinds import Kind
from users.models import ShopperState

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop()


def context_for(tiny: TinyShop, *places: int, **about: object) -> Context:
    shopper = shopper_with(tiny, [tiny.items[k] for k in places])
    asked = Asked(surface="homepage", session="s", now=NOW)
    return replace(context_read(tiny.shop, shopper, asked), **about)  # type: ignore[arg-type]


def both(tiny: TinyShop, context: Context) -> tuple[Gathered, Gathered]:
    serving = serving_read(tiny.shop.pk)
    bundle = serving.bundle
    assert bundle is not None
    view = shopper_view(context, bundle)
    marks = item_marks_read(tiny.shop.pk, bundle.arrays.item_ids, big_providers=serving.trend.big_providers)
    sizes, segments = GatherSizes.of(bundle.quotas), serving.trend.segments
    exact = ExactGather(bundle.arrays, sizes=sizes, segments=segments, marks=marks)
    asked = {"history_index": view.history_index, "state": view.state}
    gathered = SqlGather(serving)(context), exact(context, **asked, replenish=serving.ruleset.knobs.replenish)
    for one in gathered:
        gathered_check(one, context, bundle)
    return gathered


def of(gathered: Gathered, source: Source) -> list[int]:
    return gathered.item_ids[gathered.has(source)].tolist()


def evidence(gathered: Gathered, source: Source) -> set[tuple[int, int]]:
    mine = gathered.evidence_source == source
    items = gathered.item_ids[gathered.evidence_row[mine]]
    return set(zip(items.tolist(), gathered.evidence_item[mine].tolist(), strict=True))


def test_liked_tags_come_from_the_state_and_are_found_alike(tiny: TinyShop) -> None:
    tiny_live(tiny)
    shopper = shopper_with(tiny, [tiny.items[0]])
    taste = {"at": 1, "departments": {}, "brands": {}, "tags": {"2": 3.5, "4": 9.0, "5": -2.0}}
    ShopperState.objects.filter(shopper=shopper).update(taste=taste)
    context = context_read(tiny.shop, shopper, Asked(surface="homepage", session="s", now=NOW))
    assert context.taste_tags.tolist() == [4, 2]
    ours, theirs = both(tiny, context)
    found = of(ours, Source.TASTE_TAGS)
    assert found == of(theirs, Source.TASTE_TAGS)
    assert {tiny.ids.tolist().index(item) % 6 for item in found} == {1, 3}
    told = evidence(ours, Source.TASTE_TAGS)
    assert told == evidence(theirs, Source.TASTE_TAGS)
    assert {item for item, _tag in told} == set(found)
    assert {tag for _item, tag in told} == {2, 4}


def test_cold_items_are_found_alike(tiny: TinyShop) -> None:
    tiny_live(tiny, cold=30)
    ours, theirs = both(tiny, context_for(tiny, 0, 6, 12))
    cold = of(ours, Source.COLD_ITEMS)
    assert cold == of(theirs, Source.COLD_ITEMS)
    assert len(cold) == CONFIG_OF[Source.COLD_ITEMS].quota
    assert np.isin(cold, tiny.ids[-30:]).all()


def test_an_item_newer_than_the_bundle_is_cold(tiny: TinyShop) -> None:
    bundle, version = tiny_live(tiny, leave_out=2)
    arrays = bundle.arrays
    space, newest = SearchSpace.of(arrays.item_vectors, arrays.item_bias), tiny.items[-1]
    place = space.places(arrays.item_vectors[:1], arrays.item_bias[:1])[0]
    ItemVector.objects.create(
        bundle=version, item=newest, vector=arrays.item_vectors[0].tolist(), place=place.tolist(), after_training=True
    )
    gathered = SqlGather(serving_read(tiny.shop.pk))(context_for(tiny, 0, 6, 12))
    assert newest.pk in of(gathered, Source.COLD_ITEMS)
    assert tiny.items[-2].pk not in of(gathered, Source.COLD_ITEMS)  # it has no vector, so nothing says it is near


def test_what_a_segment_wants_is_found_alike(tiny: TinyShop) -> None:
    tiny_live(tiny)
    trend = tiny_trend(tiny)
    wanted = tiny.ids[[70, 40, 55]].tolist()
    TrendSnapshot.objects.filter(pk=trend.pk).update(segments={"collectors": wanted, "others": [tiny.items[1].pk]})
    ours, theirs = both(tiny, context_for(tiny, 0, segment="collectors"))
    assert of(ours, Source.SEGMENT_TREND) == of(theirs, Source.SEGMENT_TREND) == sorted(wanted)
    ours, theirs = both(tiny, context_for(tiny, 0, segment="collectors", learned_segment="others"))
    assert of(ours, Source.SEGMENT_TREND) == of(theirs, Source.SEGMENT_TREND) == sorted([*wanted, tiny.items[1].pk])
    nobody, _ = both(tiny, context_for(tiny, 0, segment="unheard of"))
    assert of(nobody, Source.SEGMENT_TREND) == []


def test_sponsored_items_and_small_providers_are_known_in_both(tiny: TinyShop) -> None:
    Item.objects.filter(pk__in=tiny.ids[::5].tolist()).update(sponsored=True)
    Item.objects.filter(pk__in=tiny.ids[::2].tolist()).update(provider="big")
    Item.objects.filter(pk__in=tiny.ids[1::4].tolist()).update(provider="small")
    tiny_live(tiny)
    tiny_trend(tiny)
    for gathered in both(tiny, context_for(tiny, 0, 6, 12)):
        assert gathered.sponsored_rows.tolist() == np.flatnonzero(np.isin(gathered.item_ids, tiny.ids[::5])).tolist()
        assert gathered.small_rows.tolist() == np.flatnonzero(np.isin(gathered.item_ids, tiny.ids[1::4])).tolist()
        assert len(gathered.sponsored_rows) > 5
        assert len(gathered.small_rows) > 5


def test_what_is_used_up_comes_back_in_both_in_the_same_way(tiny: TinyShop) -> None:
    soap, sofa, salt = tiny.items[6], tiny.items[12], tiny.items[18]  # salt is hidden from the shopper
    Item.objects.filter(pk__in=(soap.pk, salt.pk)).update(attributes={"lasts_days": 30})
    tiny_live(tiny)
    for days, back in ((10, []), (31, [soap.pk])):
        at = NOW - timedelta(days=days)
        buyer = shopper_with(tiny, [soap, sofa, salt], kind=Kind.PURCHASE, at=at, name=f"{days}")
        bought = [soap.pk, sofa.pk, salt.pk]
        ShopperState.objects.filter(shopper=buyer).update(purchased_items=bought, hidden_items=[salt.pk])
        context = context_read(tiny.shop, buyer, Asked(surface="homepage", session="s", now=NOW))
        for gathered in both(tiny, context):
            assert of(gathered, Source.BUY_AGAIN) == back
            lasting = dict(zip(gathered.item_ids[gathered.lasting_rows].tolist(), gathered.lasting_days, strict=True))
            assert not back or lasting[soap.pk] == 30


def test_earned_quotas_hold_in_both(tiny: TinyShop) -> None:
    tiny_live(tiny, quotas={"state_vector": 20, "item_knn": 9, "similar_text": 11, "no_such_source": 5})
    ours, theirs = both(tiny, context_for(tiny, 0, 6, 12))
    for gathered in (ours, theirs):
        sizes = {source: len(of(gathered, source)) for source in (Source.STATE_VECTOR, Source.ITEM_KNN)}
        assert sizes == {Source.STATE_VECTOR: 20, Source.ITEM_KNN: 9}
        assert len(of(gathered, Source.SIMILAR_TEXT)) == 11
        assert len(of(gathered, Source.SEQUENTIAL_RULES)) > 11


@pytest.mark.parametrize(
    ("statement", "late"),
    [
        ("nearest._EXACT", {"state_vector"}),
        ("source_queries._LISTS", {"new_arrivals", "deals", "cold_items"}),
    ],
)
def test_a_slow_source_is_left_out_and_named_and_the_page_is_full(
    tiny: TinyShop, monkeypatch: pytest.MonkeyPatch, statement: str, late: set[str]
) -> None:
    tiny_trend(tiny)
    bundle, _ = tiny_live(tiny)
    context = context_for(tiny, 0, 6)
    before = decide(context, SqlGather(serving_read(tiny.shop.pk))(context), DEFAULT_RULESET, bundle, seed=1)
    monkeypatch.setattr(f"recommender.store.{statement}", "SELECT 1, 2 FROM pg_sleep(5)")
    monkeypatch.setattr("recommender.store.source_queries._NEWER", "")
    for source in (Source.STATE_VECTOR, Source.NEW_ARRIVALS):
        monkeypatch.setitem(CONFIG_OF, source, replace(CONFIG_OF[source], deadline_ms=40))
    gathered = SqlGather(serving_read(tiny.shop.pk))(context)
    assert set(gathered.timed_out) == late
    gathered_check(gathered, context, bundle)
    after = decide(context, gathered, DEFAULT_RULESET, bundle, seed=1)
    of_late = {Section.NEW_FOR_YOU, Section.DEALS} if "deals" in late else set()
    assert {one.code for one in before.sections} - of_late <= {one.code for one in after.sections}
    cards = np.bincount(after.section_of)
    full = {one.code: (before.section_of == at).sum() for at, one in enumerate(before.sections)}
    for at, section in enumerate(after.sections):
        assert cards[at] >= full.get(section.code, 1), section
