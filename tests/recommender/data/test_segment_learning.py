"""Segments that are there are found, and keep their keys from training to training while they are the same."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.learned_segments import LearnedSegments
from recommender.data.segment_learning import FEW_SHOPPERS, NO_GROUPS, SegmentsConfig, segments_learn

CONFIG = SegmentsConfig(sample=400)
ROOMS = {"lamps": (1, 11, 8.0), "chairs": (2, 12, 10.0), "books": (3, 13, 6.5), "games": (4, 14, 8.0)}


def taste_of(room: str, random: np.random.Generator) -> dict:
    """Somebody who likes one department and its tag most, a bit of everything else, and dislikes something."""
    department, tag, log_price = ROOMS[room]
    departments = {str(one): float(random.uniform(0, 1.5)) for one in range(1, 5)} | {"5": -4.0}
    weight = float(random.uniform(6, 12))
    departments[str(department)] = weight
    price = [weight, weight * float(random.normal(log_price, 0.2)), 0.0]
    return {"departments": departments, "tags": {str(tag): weight, "99": 1.0}, "price": price}


def people(seed: int, n: int = 80, rooms: tuple[str, ...] = ("lamps", "chairs", "books")) -> list[dict]:
    random = np.random.default_rng(seed)
    return [taste_of(rooms[k % len(rooms)], random) for k in range(n * len(rooms))]


def learned(tastes, before=None, label="a", seed=0) -> LearnedSegments:
    found = segments_learn(tastes, label=label, before=before, config=CONFIG, seed=seed)
    assert isinstance(found, LearnedSegments)
    return found


def keys_by_room(found: LearnedSegments, rooms=("lamps", "chairs", "books")) -> dict[str, str]:
    random = np.random.default_rng(77)
    return {room: found.key_of(taste_of(room, random)) for room in rooms}


def test_rooms_are_found_and_told_by_what_is_liked_there():
    found = learned(people(0))
    assert len(found.segments) == 3
    of = {one.key: one for one in found.segments}
    keys = keys_by_room(found)
    assert len(set(keys.values())) == 3
    for room, key in keys.items():
        department, tag, log_price = ROOMS[room]
        likings = {one.facet: one for one in reversed(of[key].likings)}
        assert (likings["departments"].id, likings["tags"].id) == (department, tag)
        assert likings["departments"].share > 0.5
        assert likings["departments"].lift > 1.5
        assert np.log(of[key].price[1]) == pytest.approx(log_price, abs=0.1)
    assert of[keys["chairs"]].price_z > 0.5 > of[keys["lamps"]].price_z > of[keys["books"]].price_z


def test_equal_seeds_give_equal_segments_and_they_come_back_from_json():
    found = learned(people(0))
    assert learned(people(0)).to_json() == found.to_json()
    again = LearnedSegments.from_json(json.loads(json.dumps(found.to_json())))
    tastes = people(5)
    assert [again.key_of(one) for one in tastes] == [found.key_of(one) for one in tastes]
    assert again.segments == found.segments


def test_a_segment_keeps_its_key_when_people_and_seed_are_others():
    before = learned(people(0))
    after = learned(people(1, n=110), before, label="b", seed=4)
    assert keys_by_room(after) == keys_by_room(before)
    assert (after.new, after.gone) == ((), ())


def test_a_segment_that_vanishes_is_told_and_one_that_comes_has_a_key_of_its_own():
    before = learned(people(0))
    lost = keys_by_room(before)["books"]
    rooms = ("lamps", "chairs", "games")
    after = learned(people(1, rooms=rooms), before, label="b")
    assert after.gone == (lost,)
    keys = keys_by_room(after, rooms)
    assert {keys["lamps"], keys["chairs"]} == set(before.keys) - {lost}
    assert after.new == (keys["games"],)
    assert keys["games"].startswith("b-")


def test_another_number_of_segments_must_be_clearly_better():
    before = learned(people(0))
    coarse = replace(CONFIG, margin=5.0)
    rooms = ("lamps", "chairs", "books", "games")
    stayed = segments_learn(people(1, rooms=rooms), label="b", before=before, config=coarse, seed=0)
    assert stayed.keys == before.keys
    assert len(learned(people(1, rooms=rooms), before, label="b").keys) == 4


def test_who_did_little_has_no_segment():
    found = learned(people(0))
    assert found.key_of({}) == ""
    assert found.key_of({"departments": {"1": 2.4}, "tags": {}}) == ""
    assert found.key_of({"departments": {"1": 2.5, "2": -9.0}}) in found.keys


def test_too_few_shoppers_and_none_that_differ_say_why():
    few = segments_learn(people(0, n=19), label="a", before=None, config=CONFIG, seed=0)
    assert few == Absent(FEW_SHOPPERS, {"shoppers": 57, "needed": 60})
    same = [{"departments": {"1": 5.0}, "tags": {}} for _ in range(200)]
    assert segments_learn(same, label="a", before=None, config=CONFIG, seed=0) == Absent(NO_GROUPS)


def test_no_segment_is_smaller_than_what_hides_one_person():
    random = np.random.default_rng(0)
    tastes = people(0) + [taste_of("games", random) for _ in range(CONFIG.least_shoppers - 1)]
    assert min(one.shoppers for one in learned(tastes).segments) >= CONFIG.least_shoppers
