"""Versions of a shopper side by side weigh as each of them does when it is walked entry by entry."""

import numpy as np
import pytest

from recommender.data.profile import Profile
from recommender.ranking.versions import Versions, shares
from users.kinds import Kind

KINDS = np.array([Kind.VIEW, Kind.CART, Kind.PURCHASE])


def profile(rng: np.random.Generator, length: int, ids: np.ndarray) -> Profile:
    """Entries drawn from ``ids``, some unknown to the vocabulary, several at one moment."""
    items = rng.choice(ids, length)
    index = np.where(items % 3 == 0, -1, items - 100)
    times = np.sort(rng.integers(1, 1 + max(length // 2, 1), length))[::-1]
    return Profile(items, index, rng.choice(KINDS, length).astype(np.int8), times)


@pytest.fixture
def ids() -> np.ndarray:
    return np.arange(100, 110)


@pytest.fixture
def profiles(ids) -> list[Profile]:
    rng = np.random.default_rng(3)
    return [profile(rng, length, ids) for length in (12, 0, 1, 30, 5)]


def weights_walked(profile: Profile, ids: np.ndarray, n: int, decay: float, *, once: bool) -> np.ndarray:
    total = np.zeros(len(ids))
    met: set[int] = set()
    for age, (item, index) in enumerate(zip(profile.item_ids, profile.index, strict=True)):
        if age >= n or index < 0 or (once and item in met):
            continue
        met.add(item)
        total[ids.tolist().index(item)] += decay**age
    return total


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize(("n", "decay"), [(1, 0.5), (4, 0.8), (100, 1.0)])
def test_weights_are_those_of_a_walk(profiles, ids, n, decay, once):
    found = Versions.of(profiles, ids).weights(n, decay, once=once)
    expected = [weights_walked(profile, ids, n, decay, once=once) for profile in profiles]
    assert found == pytest.approx(np.array(expected), abs=1e-6)


def test_a_version_weighs_the_same_alone_as_among_others(profiles, ids):
    together = Versions.of(profiles, ids).weights(20, 0.9)
    for row, one in enumerate(profiles):
        assert np.array_equal(Versions.of([one], ids).weights(20, 0.9)[0], together[row])


def test_weights_agree_with_the_profile_itself(profiles, ids):
    found = Versions.of(profiles, ids).weights(7, 0.7)
    for row, one in zip(found, profiles, strict=True):
        index, weight = one.recent(7, 0.7)
        assert row == pytest.approx(np.bincount(index, weights=weight, minlength=len(ids)), abs=1e-6)


def test_moments_and_ages_start_anew_with_each_version(profiles, ids):
    versions = Versions.of(profiles, ids)
    for row, one in enumerate(profiles):
        mine = versions.owner == row
        assert versions.age[mine].tolist() == list(range(len(one)))
        assert versions.moment[mine].tolist() == [len(set(one.times_us[:age])) for age in _distinct_before(one)]
        assert versions.bought[mine].tolist() == [kind == Kind.PURCHASE for kind in one.kinds]
        assert np.array_equal(ids[versions.item[mine]], one.item_ids)


def _distinct_before(profile: Profile) -> list[int]:
    """For each entry, how many entries are newer than its moment."""
    times = profile.times_us.tolist()
    return [times.index(time) for time in times]


def test_nobody_with_any_history_is_no_error(ids):
    nobody = Profile(ids[:0], ids[:0], np.zeros(0, np.int8), ids[:0])
    assert not Versions.of([nobody, nobody], ids).weights(5, 0.5).any()
    assert Versions.of([nobody], ids[:0]).weights(5, 0.5).shape == (1, 0)


def test_shares_sum_to_one_where_anything_weighs():
    found = shares(np.array([[1.0, 3.0], [0.0, 0.0]], np.float32))
    assert found.tolist() == [[0.25, 0.75], [0.0, 0.0]]
