"""Both gathers keep the same promises, and find the same where they look for the same."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from catalog.models import Item
from recommender.data.types import Context, Gathered, Source
from recommender.facts.context import Asked, context_read
from recommender.models import ItemVector
from recommender.retrieval.exact import ExactGather
from recommender.retrieval.sources import CONFIG_OF, SourceConfig
from recommender.serving.state import shopper_view
from recommender.store.gather import SqlGather
from recommender.store.live import serving_read
from tests.contracts.gathers import gathered_check
from tests.fixtures.tiny_shop import NOW, TinyShop, shopper_with, tiny_live, tiny_shop, tiny_trend

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    return tiny_shop()


def context_for(tiny: TinyShop, *, looked_at: list[Item], **asked: object) -> Context:
    shopper = shopper_with(tiny, looked_at)
    return context_read(tiny.shop, shopper, Asked(**{"surface": "homepage", "session": "s", "now": NOW, **asked}))


def sql(tiny: TinyShop, context: Context) -> Gathered:
    return SqlGather(serving_read(tiny.shop.pk))(context)


def exact(tiny: TinyShop, context: Context) -> Gathered:
    bundle = serving_read(tiny.shop.pk).bundle
    assert bundle is not None
    view = shopper_view(context, bundle)
    return ExactGather(bundle.arrays)(context, history_index=view.history_index, state=view.state)


@pytest.mark.parametrize("gather", [sql, exact])
@pytest.mark.parametrize("looked_at", [[], [0, 6, 12, 1]])
def test_promises(tiny: TinyShop, gather: object, looked_at: list[int]) -> None:
    tiny_trend(tiny)
    bundle, _ = tiny_live(tiny)
    context = context_for(tiny, looked_at=[tiny.items[k] for k in looked_at])
    context = replace(context, hidden_ids=tiny.ids[[30, 36]])
    gathered = gather(tiny, context)  # type: ignore[operator]
    gathered_check(gathered, context, bundle)
    assert len(gathered) >= 40


def test_both_gathers_find_the_same_neighbours_of_the_state(tiny: TinyShop) -> None:
    tiny_live(tiny)
    context = context_for(tiny, looked_at=[tiny.items[k] for k in (0, 6, 12, 18)])
    ours, theirs = sql(tiny, context), exact(tiny, context)
    near = theirs.item_ids[theirs.has(Source.STATE_VECTOR)]
    found = ours.item_ids[ours.has(Source.STATE_VECTOR)]
    assert np.isin(near, found).mean() >= 0.98


@pytest.mark.parametrize(
    "change",
    [
        {"status": Item.Status.HIDDEN},
        {"deleted_at": NOW},
        {"stock": 0},
        {"adult": True},
        {"published_at": NOW + timedelta(days=1)},
    ],
)
def test_what_may_not_be_shown_is_not_gathered(tiny: TinyShop, change: dict[str, object]) -> None:
    tiny_trend(tiny)
    tiny_live(tiny)
    context = context_for(tiny, looked_at=[tiny.items[0]])
    item = tiny.items[6]
    assert item.pk in sql(tiny, context).item_ids
    Item.objects.filter(pk=item.pk).update(**change)
    assert item.pk not in sql(tiny, context).item_ids


def test_a_shop_without_a_bundle_gathers_new_reduced_and_wanted(tiny: TinyShop) -> None:
    tiny_trend(tiny)
    context = context_for(tiny, looked_at=[tiny.items[0]])
    gathered = sql(tiny, context)
    gathered_check(gathered, context, None)
    for source in (Source.TRENDING, Source.NEW_ARRIVALS, Source.DEALS, Source.KEEP_BROWSING):
        assert gathered.has(source).any(), source


def test_an_item_newer_than_the_bundle_comes_with_its_vector(tiny: TinyShop) -> None:
    bundle, version = tiny_live(tiny, leave_out=1)
    newest = tiny.items[-1]
    ItemVector.objects.create(
        bundle=version, item=newest, vector=bundle.arrays.item_vectors[0].tolist(), after_training=True
    )
    context = context_for(tiny, looked_at=[tiny.items[k] for k in (0, 6, 12)])
    gathered = sql(tiny, context)
    gathered_check(gathered, context, bundle)
    assert gathered.item_ids[gathered.fresh_rows].tolist() == [newest.pk]
    assert gathered.has(Source.STATE_VECTOR)[gathered.fresh_rows[0]]
    np.testing.assert_allclose(gathered.fresh_vectors[0], bundle.arrays.item_vectors[0], rtol=1e-5)


def test_a_history_item_newer_than_the_bundle_counts(tiny: TinyShop) -> None:
    bundle, version = tiny_live(tiny, leave_out=1)
    newest = tiny.items[-1]
    ItemVector.objects.create(
        bundle=version, item=newest, vector=bundle.arrays.item_vectors[3].tolist(), after_training=True
    )
    context = context_for(tiny, looked_at=[newest])
    gathered = sql(tiny, context)
    assert gathered.fresh_history_ids.tolist() == [newest.pk]
    view = shopper_view(context, bundle, gathered.fresh_history_ids, gathered.fresh_history_vectors)
    np.testing.assert_allclose(view.state, bundle.arrays.item_vectors[3], rtol=1e-5)


def test_a_late_source_is_named_and_the_rest_comes(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_live(tiny)
    monkeypatch.setattr("recommender.store.source_queries._LISTS", "SELECT 1, 2 FROM pg_sleep(5)")
    monkeypatch.setitem(CONFIG_OF, Source.NEW_ARRIVALS, SourceConfig(Source.NEW_ARRIVALS, 40, deadline_ms=50))
    context = context_for(tiny, looked_at=[tiny.items[0]])
    gathered = sql(tiny, context)
    assert set(gathered.timed_out) == {"new_arrivals", "deals", "cold_items"}
    assert len(gathered) >= 40


def test_words_are_found_in_either_language(tiny: TinyShop) -> None:
    for query, place in (("Thing 17", 17), ("东西 17", 17)):
        context = context_for(tiny, looked_at=[], surface="search", query=query)
        gathered = sql(tiny, context)
        gathered_check(gathered, context, None)
        assert tiny.items[place].pk in gathered.item_ids[gathered.has(Source.SEARCH)]


@pytest.mark.parametrize("query", ["%", "_", "' OR 1=1 --", "\\", "🙂" * 50, '"', "a & | !"])
def test_odd_queries_are_words_like_others(tiny: TinyShop, query: str) -> None:
    context = context_for(tiny, looked_at=[], surface="search", query=query)
    assert len(sql(tiny, context)) == 0


def test_a_department_page_holds_its_department(tiny: TinyShop) -> None:
    context = context_for(tiny, looked_at=[], surface="department", department=tiny.departments[2].pk)
    gathered = sql(tiny, context)
    members = gathered.has(Source.SAME_DEPARTMENT)
    assert members.sum() == len(tiny.of_department(2))
    assert (gathered.department[members] == tiny.departments[2].pk).all()
