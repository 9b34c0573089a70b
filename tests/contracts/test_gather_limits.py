"""What may not be shown to somebody is not gathered, by either gather, however few items are left."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.models import Item, ItemText, Shop
from recommender.data.types import Context, Gathered, Limits, Source
from recommender.facts.context import Asked, context_read
from recommender.facts.item_limits import item_limits_read
from recommender.models import TrendSnapshot
from recommender.retrieval.exact import ExactGather
from recommender.serving.state import shopper_view
from recommender.store import nearest
from recommender.store.gather import SqlGather
from recommender.store.live import serving_read
from recommender.trends import trend_refresh
from tests.contracts.gathers import gathered_check
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_served
from users.models import Shopper

pytestmark = pytest.mark.django_db
ODD = slice(1, 120, 2)  # half of the items


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_served()


def context_for(tiny: TinyShop, shopper: Shopper | None = None, **asked: object) -> Context:
    shopper = shopper or shopper_with(tiny, [tiny.items[0]])
    given = {"surface": "homepage", "session": "s", "now": NOW, **asked}
    return context_read(Shop.objects.get(pk=tiny.shop.pk), shopper, Asked(**given))  # type: ignore[arg-type]


def gathers(tiny: TinyShop, context: Context) -> list[Gathered]:
    serving = serving_read(tiny.shop.pk)
    bundle = serving.bundle
    assert bundle is not None
    view = shopper_view(context, bundle)
    limits = item_limits_read(tiny.shop.pk, np.asarray(bundle.arrays.item_ids))
    exact = ExactGather(bundle.arrays, limits=limits)
    both = [SqlGather(serving)(context), exact(context, history_index=view.history_index, state=view.state)]
    for one in both:
        gathered_check(one, context, bundle)
        assert len(one) > 10
    return both


def change(tiny: TinyShop, some: slice, **facts: object) -> np.ndarray:
    ids = tiny.ids[some]
    Item.objects.filter(pk__in=ids.tolist()).update(**facts)
    return ids


def test_prices_outside_the_range_stay_away(tiny: TinyShop) -> None:
    Item.objects.filter(pk=tiny.items[20].pk).update(price_minor=None)
    context = context_for(tiny, limits=Limits(price_from_minor=1100, price_to_minor=1500))
    for gathered in gathers(tiny, context):
        assert (gathered.price_minor >= 1100).all()
        assert (gathered.price_minor <= 1500).all()
    for gathered in gathers(tiny, context_for(tiny, limits=Limits(price_from_minor=2000))):
        assert (gathered.price_minor >= 2000).all()


def test_items_of_other_regions_stay_away(tiny: TinyShop) -> None:
    north, south = change(tiny, slice(0, 40), region="north"), change(tiny, slice(40, 80), region="south")
    for gathered in gathers(tiny, context_for(tiny, limits=Limits(region="south"))):
        assert not np.isin(gathered.item_ids, north).any()
        assert np.isin(gathered.item_ids, south).any()
        assert np.isin(gathered.item_ids, tiny.ids[80:]).any()
    for gathered in gathers(tiny, context_for(tiny, limits=Limits(region="nowhere"))):
        assert np.isin(gathered.item_ids, tiny.ids[80:]).all()
    for gathered in gathers(tiny, context_for(tiny)):
        assert np.isin(gathered.item_ids, north).any()


@pytest.mark.parametrize(("of_shop", "of_shopper"), [(False, False), (True, False), (False, True), (True, True)])
def test_things_for_adults_need_the_shop_and_the_shopper(tiny: TinyShop, of_shop: bool, of_shopper: bool) -> None:
    marked = change(tiny, ODD, adult=True)
    Shop.objects.filter(pk=tiny.shop.pk).update(adult=of_shop)
    shopper = shopper_with(tiny, [tiny.items[0]])
    shopper.adult = of_shopper
    shopper.save()
    for gathered in gathers(tiny, context_for(tiny, shopper)):
        assert np.isin(gathered.item_ids, marked).any() == (of_shop and of_shopper)


def test_somebody_unknown_sees_nothing_for_adults(tiny: TinyShop) -> None:
    Shop.objects.filter(pk=tiny.shop.pk).update(adult=True)
    shop = Shop.objects.get(pk=tiny.shop.pk)
    context = context_read(shop, None, Asked(surface="homepage", session="s", now=NOW))
    assert not context.limits.adult


def test_texts_that_nobody_here_reads_stay_away_and_items_without_text_do_not(tiny: TinyShop) -> None:
    french = tiny.ids[ODD]
    ItemText.objects.filter(item_id__in=french.tolist()).delete()
    ItemText.objects.bulk_create(ItemText(shop=tiny.shop, item_id=i, language="fr", title="x") for i in french.tolist())
    silent, chinese = tiny.ids[10], tiny.ids[12]
    ItemText.objects.filter(item_id=silent).delete()
    ItemText.objects.filter(item_id=chinese, language="en").delete()
    for gathered in gathers(tiny, context_for(tiny, language="en")):
        assert not np.isin(gathered.item_ids, french).any()
        assert silent in gathered.item_ids
        assert chinese not in gathered.item_ids
    for gathered in gathers(tiny, context_for(tiny, language="zh-hans")):
        assert chinese in gathered.item_ids
        assert tiny.ids[14] in gathered.item_ids  # English too: it is the shop's own language
    reader = shopper_with(tiny, [tiny.items[0]])
    reader.language = "fr"
    for gathered in gathers(tiny, context_for(tiny, reader, language="en")):
        assert np.isin(gathered.item_ids, french).any()


def test_languages_are_looked_up_only_where_something_is_foreign(tiny: TinyShop) -> None:
    assert not trend_refresh(tiny.shop, now=NOW).foreign_texts
    ItemText.objects.filter(item=tiny.items[3], language="en").delete()
    assert trend_refresh(tiny.shop, now=NOW).foreign_texts
    gathered = SqlGather(serving_read(tiny.shop.pk))(context_for(tiny))
    assert tiny.items[3].pk not in gathered.item_ids
    TrendSnapshot.objects.update(foreign_texts=False)


def test_a_very_selective_filter_still_fills_the_quota(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = serving_read(tiny.shop.pk).bundle
    assert bundle is not None
    few = change(tiny, slice(100, 112), region="island")
    change(tiny, slice(0, 100), region="mainland")
    change(tiny, slice(112, 120), region="mainland")
    context = context_for(tiny, limits=Limits(region="island"))
    asked: list[str] = []
    monkeypatch.setattr(nearest, "EXACT_UP_TO", 0)
    rows = nearest.timed_rows

    def short(name: str, statement: str, parameters: dict[str, object], *, deadline_ms: int) -> object:
        asked.append(statement)
        found = rows(name, statement, parameters, deadline_ms=deadline_ms)
        return found[:3] if statement == nearest._NEAREST and found else found  # as an index that gives up

    monkeypatch.setattr(nearest, "timed_rows", short)
    gathered = SqlGather(serving_read(tiny.shop.pk))(context)
    assert asked == [nearest._NEAREST, nearest._EXACT]
    assert sorted(gathered.item_ids[gathered.has(Source.STATE_VECTOR)]) == few.tolist()


def test_a_narrow_price_range_is_searched_exactly_and_filled(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    rows = nearest.timed_rows

    def heard(name: str, statement: str, parameters: dict[str, object], *, deadline_ms: int) -> object:
        asked.append(statement)
        return rows(name, statement, parameters, deadline_ms=deadline_ms)

    monkeypatch.setattr(nearest, "timed_rows", heard)
    Item.objects.filter(pk=tiny.items[103].pk).update(stock=0)
    Item.objects.filter(pk=tiny.items[104].pk).update(price_minor=5)  # it was in the range when the bundle was made
    context = context_for(tiny, limits=Limits(price_from_minor=2000, price_to_minor=2050))
    gathered = SqlGather(serving_read(tiny.shop.pk))(context)
    assert asked == [nearest._CHECKED]
    assert gathered.item_ids[gathered.has(Source.STATE_VECTOR)].tolist() == tiny.ids[[100, 101, 102, 105]].tolist()


def test_a_price_range_of_many_items_goes_by_the_index(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "FEW", 10)
    context = context_for(tiny, limits=Limits(price_from_minor=1500))
    gathered = SqlGather(serving_read(tiny.shop.pk))(context)
    assert gathered.item_ids[gathered.has(Source.STATE_VECTOR)].tolist() == tiny.ids[50:].tolist()


def test_a_page_is_another_one_under_other_limits(tiny: TinyShop) -> None:
    from recommender.page_key import decision_key

    serving, context = serving_read(tiny.shop.pk), context_for(tiny)
    cheap = replace(context, limits=replace(context.limits, price_to_minor=1200))
    assert decision_key(context, serving, NOW.date()) != decision_key(cheap, serving, NOW.date())
