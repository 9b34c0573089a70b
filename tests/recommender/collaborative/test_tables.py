import numpy as np
import pytest

from recommender.collaborative.item_knn import ItemKnnConfig, item_knn_fit
from recommender.collaborative.popularity import PopularityConfig, popularity_fit, recent_popularity_fit
from recommender.collaborative.sequential_rules import SequentialRulesConfig, sequential_rules_fit
from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.types import DAY_US


def row(table, item: int) -> dict[int, float]:
    part = slice(table.start[item], table.start[item + 1])
    return dict(zip(table.item[part].tolist(), table.weight[part].round(4).tolist(), strict=True))


def test_rules_weigh_by_distance_and_direction():
    rules = sequential_rules_fit(sequences_from_lists([[0, 1, 2]], 3))
    # from 1: forward to 2 at distance 1 counts 1, backward to 0 at distance 1 counts ½; from 0: 1 and ½
    assert row(rules, 1) == {2: pytest.approx(2 / 3, abs=1e-4), 0: pytest.approx(1 / 3, abs=1e-4)}
    assert row(rules, 0) == {1: pytest.approx(2 / 3, abs=1e-4), 2: pytest.approx(1 / 3, abs=1e-4)}


def test_rules_do_not_cross_shoppers_and_end_at_the_window():
    rules = sequential_rules_fit(sequences_from_lists([[0, 1, 2, 3], [4]], 5), SequentialRulesConfig(window=2))
    assert set(row(rules, 0)) == {1, 2}
    assert row(rules, 4) == {}


def test_rules_keep_the_heaviest_in_order():
    lists = [[0, 1]] * 3 + [[0, 2]] * 2 + [[0, 3]]
    rules = sequential_rules_fit(sequences_from_lists(lists, 4), SequentialRulesConfig(n=2))
    assert list(row(rules, 0)) == [1, 2]


def test_item_knn_is_the_damped_cosine():
    knn = item_knn_fit(sequences_from_lists([[0, 1], [0, 1], [0, 2]], 3), ItemKnnConfig(shrink=1.0))
    assert row(knn, 0)[1] == pytest.approx(2 / (np.sqrt(3 * 2) + 1), abs=1e-4)
    assert row(knn, 0)[2] == pytest.approx(1 / (np.sqrt(3 * 1) + 1), abs=1e-4)
    assert row(knn, 1) == {0: pytest.approx(2 / (np.sqrt(6) + 1), abs=1e-4)}


def test_a_shopper_who_meets_an_item_twice_counts_once():
    once, twice = (item_knn_fit(sequences_from_lists([lists], 2)) for lists in ([0, 1], [0, 1, 0, 1]))
    assert row(once, 0) == row(twice, 0)


def test_popularity_has_a_window_and_a_half_life():
    at = np.array([0, 9, 10]) * DAY_US
    zeros = np.zeros(3, np.int64)
    sequences = Sequences(np.array([0, 3]), np.array([0, 1, 1]), zeros.astype(np.int8), at, zeros, 2)
    config = PopularityConfig(window_days=5, half_life_days=1)
    assert popularity_fit(sequences, config, until_us=10 * DAY_US).tolist() == [0.0, 2.0]
    recent = recent_popularity_fit(sequences, config, until_us=10 * DAY_US)
    assert recent.tolist() == pytest.approx([2.0**-10, 1.5], abs=1e-6)


def test_without_times_the_newest_entries_count_most():
    recent = recent_popularity_fit(sequences_from_lists([[0, 1, 2]], 3), PopularityConfig(half_life_entries=1.0))
    assert recent.tolist() == [0.25, 0.5, 1.0]


WEIGHED = sequences_from_lists([[0, 1, 2], [0, 2]], 3)
WEIGHT = np.array([1.0, 4.0, 1.0, 4.0, 0.0], np.float32)


def test_a_pair_counts_the_geometric_mean_of_its_entries():
    rules = sequential_rules_fit(WEIGHED, SequentialRulesConfig(window=1, backward=0.0), weight=WEIGHT)
    assert row(rules, 0) == {1: 1.0}  # 0 → 1 counts √(1·4); 0 → 2 has an entry that counts nothing
    both = sequential_rules_fit(WEIGHED, SequentialRulesConfig(window=2, backward=0.0), weight=WEIGHT)
    assert row(both, 0) == {1: pytest.approx(2 / 2.5, abs=1e-4), 2: pytest.approx(0.5 / 2.5, abs=1e-4)}


def test_weighed_neighbours_are_the_damped_cosine_of_the_weights():
    knn = item_knn_fit(WEIGHED, ItemKnnConfig(shrink=1.0), weight=WEIGHT)
    assert row(knn, 0)[1] == pytest.approx(4 / (np.sqrt(17) * 4 + 1), abs=1e-4)
    assert row(knn, 0)[2] == pytest.approx(1 / (np.sqrt(17) * 1 + 1), abs=1e-4)


def test_the_heaviest_entry_with_an_item_counts():
    light, heavy = np.array([1, 1, 1], np.float32), np.array([1, 1, 3], np.float32)
    again = sequences_from_lists([[0, 1, 0]], 2)
    assert row(item_knn_fit(again, weight=light), 1)[0] == row(item_knn_fit(again), 1)[0]
    assert row(item_knn_fit(again, weight=heavy), 1)[0] == pytest.approx(3 / (3 + 10), abs=1e-4)


def test_popularity_counts_weights():
    config = PopularityConfig(half_life_entries=1.0)
    assert popularity_fit(WEIGHED, config, weight=WEIGHT).tolist() == [5.0, 4.0, 1.0]
    assert recent_popularity_fit(WEIGHED, config, weight=WEIGHT).tolist() == [2.25, 2.0, 1.0]


@pytest.mark.parametrize("fit", [sequential_rules_fit, item_knn_fit])
def test_equal_weights_change_nothing(fit):
    plain, weighed = fit(WEIGHED), fit(WEIGHED, weight=np.ones(5, np.float32))
    assert (plain.item == weighed.item).all()
    assert plain.weight.tolist() == pytest.approx(weighed.weight.tolist())
