"""Features are the same in training as in serving, finite, and blind to the order of candidates."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.coarse import coarse_counts, coarse_times
from recommender.data.profile import profile_of
from recommender.data.types import DAY_US, Context, Gathered, History
from recommender.encoders.inputs import encoder_inputs, state_encode
from recommender.ranking.components import COMPONENTS, components_compute
from recommender.ranking.features import CANDIDATE_FEATURES, HISTORY_FEATURES, feature_names, features
from recommender.ranking.logged_pages import gathered_of, logged_pages
from recommender.ranking.training_rows import page_rows_make
from tests.fixtures.logged_shop import MeanEncoder, logged_shop
from users.kinds import Kind
from users.state import Deed, StateValue, fold, next_version, seen_in_vain


@pytest.fixture(scope="module")
def shop():
    return logged_shop(shoppers=40, pages=10, seed=5)


def column(matrix: np.ndarray, name: str) -> np.ndarray:
    return matrix[:, feature_names(COMPONENTS).index(name)]


def made(context: Context, gathered: Gathered, shop) -> np.ndarray:
    """Features as a web process computes them: ids first, everything else looked up."""
    order = np.argsort(shop.arrays.item_ids)
    index = order[np.searchsorted(shop.arrays.item_ids[order], context.history.item_ids)]
    inputs = encoder_inputs(profile_of(context, index), shop.arrays.item_vectors, max_length=20)
    state = state_encode(MeanEncoder(), inputs)
    matrix = components_compute(context, gathered, shop.arrays, history_index=index, state=state)
    return features(context, gathered, shop.arrays, index, matrix)


def tired(shop, shopper: int, now: int) -> dict[int, int]:
    """Item id → times shown in vain, by the state that serves: pages are seen, deeds are folded one by one."""
    shown, facts, items = shop.snapshot.impressions, shop.snapshot.interactions, shop.snapshot.items
    pages = [int(page) for page in np.unique(shown.page[(shown.shopper == shopper) & (shown.at_us < now)])]
    happened = [(int(shown.at_us[shown.page == page][0]), page, None) for page in pages]
    mine = np.flatnonzero((facts.shopper == shopper) & (facts.at_us < now))
    happened += [(int(facts.at_us[i]), 0, int(i)) for i in mine]
    state = StateValue()
    for at_us, page, i in sorted(happened, key=lambda one: one[0]):
        if i is None:
            state = seen_in_vain(state, items.ids[shown.item[shown.page == page]].tolist())
        else:
            deed = Deed(str(i), int(facts.kind[i]), at_us, int(items.ids[facts.item[i]]))
            state = next_version(fold(state, [deed], {}, {}), at_us)
    return {int(item): count for item, count in state.fatigue.items()}


def request_of(shop, page: int) -> tuple[Context, Gathered]:
    """A logged request as it was served, written down without the code under test."""
    shown, facts, items = shop.snapshot.impressions, shop.snapshot.interactions, shop.snapshot.items
    row = int(np.flatnonzero(shown.page == page)[0])
    shopper, now = int(shown.shopper[row]), int(shown.at_us[row])
    past = [i for i in range(len(facts)) if facts.shopper[i] == shopper and facts.at_us[i] < now][-100:]
    counts = tired(shop, shopper, now)
    weight = {Kind.VIEW: 1, Kind.CLICK: 1, Kind.CART: 4, Kind.PURCHASE: 6}
    trend = np.zeros(len(items))
    latest = {}
    for i in range(len(facts)):
        if now - 14 * DAY_US <= facts.at_us[i] < now:
            latest[facts.item[i], facts.shopper[i], facts.kind[i]] = int(facts.at_us[i])
    for (item, _, kind), at_us in latest.items():
        trend[item] += weight[Kind(kind)] * 0.5 ** ((now - at_us) / (2 * DAY_US))
    pool = shown.pool_items[shown.pool_start[page] : shown.pool_start[page + 1]]
    history = History(items.ids[facts.item[past]], facts.kind[past], facts.at_us[past])
    context = Context(
        1,
        int(shop.snapshot.shopper_ids[shopper]),
        "s",
        "homepage",
        now,
        history,
        fatigue_ids=np.array(list(counts), np.int64),
        fatigue_counts=np.array(list(counts.values()), np.int64),
    )
    gathered = gathered_of(shop.snapshot, np.unique(pool), coarse_counts(trend[np.unique(pool)].astype(np.float32)))
    return context, replace(gathered, published_us=coarse_times(gathered.published_us, now))


def test_training_sees_what_serving_saw(shop):
    fatigues = []
    for page in logged_pages(shop.snapshot, shop.arrays, np.array([3, 57, 158, 303])):
        context, gathered = request_of(shop, page.page)
        served = made(context, gathered, shop)
        trained = page_rows_make(page, shop.arrays, MeanEncoder(), components_compute).features
        np.testing.assert_allclose(trained, served, rtol=1e-5, atol=1e-5)
        fatigues.append(column(served, "fatigue").any())
    assert len(fatigues) == 4
    assert any(fatigues)


def test_columns_are_named_and_finite(shop):
    context, gathered = request_of(shop, 57)
    matrix = made(context, gathered, shop)
    assert matrix.shape == (len(gathered), len(feature_names(COMPONENTS)))
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    assert len(set(feature_names(COMPONENTS))) == matrix.shape[1]


def test_a_stranger_and_unknown_facts_give_numbers_too(shop):
    c = 5
    gathered = gathered_of(shop.snapshot, np.arange(c), np.zeros(c, np.float32))
    unknown = np.full(c, -1)
    gathered = replace(
        gathered, index=unknown, price_minor=unknown, list_price_minor=unknown, published_us=np.zeros(c, np.int64)
    )
    context = Context(1, 0, "s", "homepage", 1, History.empty())
    zeros = np.zeros((c, len(COMPONENTS)), np.float32)
    matrix = features(context, gathered, shop.arrays, np.zeros(0, np.int64), zeros)
    assert not column(matrix, "price_known").any()
    assert not matrix.any()
    nobody = features(
        context,
        gathered_of(shop.snapshot, np.zeros(0, np.int64), np.zeros(0, np.float32)),
        shop.arrays,
        np.zeros(0, np.int64),
        zeros[:0],
    )
    assert nobody.shape == (0, len(COMPONENTS) + len(CANDIDATE_FEATURES) + len(HISTORY_FEATURES))


def test_price_is_measured_against_the_shoppers_usual_band(shop):
    index = np.argsort(shop.arrays.price_minor)[:6]
    now = 10 * DAY_US
    history = History(shop.arrays.item_ids[index], np.full(6, Kind.VIEW, np.int8), np.arange(6))
    context = Context(1, 1, "s", "homepage", now, history)
    pair = np.array([index[2], np.argmax(shop.arrays.price_minor)])
    gathered = gathered_of(shop.snapshot, pair, np.zeros(2, np.float32))
    matrix = features(context, gathered, shop.arrays, index, np.zeros((2, len(COMPONENTS)), np.float32))
    usual, dear = column(matrix, "price_gap")
    assert abs(usual) < 1.5 < dear
    assert dear == 4  # clipped


def test_what_was_ignored_leaves_no_trace(shop):
    context, gathered = request_of(shop, 57)
    without = replace(context, ignored_ids=np.unique(context.history.item_ids))
    empty = replace(context, history=History.empty())
    first = made(without, gathered, shop)
    last = made(empty, gathered, shop)
    same = [name for name in feature_names(COMPONENTS) if name != "freshness_of_history"]
    for name in same:
        np.testing.assert_allclose(column(first, name), column(last, name), atol=1e-6, err_msg=name)
