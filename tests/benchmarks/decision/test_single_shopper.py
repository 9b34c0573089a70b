"""Whose turn it is, what is compared, and that ours is asked as the product answers."""

import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.decision.asking import ShortAnswer
from benchmarks.decision.contenders import OURS, ours_seconds
from benchmarks.decision.repeats import Repeats
from benchmarks.decision.single_shopper import LENGTHS, in_turn, told
from recommender.data.sequences import sequences_from_lists
from tests.fixtures.tiny_bundle import tiny_bundle

PEER = "a peer"
RNG = random.Random(1)
KNOWN = np.arange(50, 80)


def test_everybody_is_asked_for_the_same_shoppers_and_the_warm_up_does_not_count():
    asked: list[tuple[str, tuple[int, ...], int]] = []

    def contender(name: str, seconds: float):
        def answer(users, n):
            asked.append((name, tuple(users), n))
            return [seconds] * len(users)

        return answer

    contenders = {OURS: contender(OURS, 0.02), PEER: contender(PEER, 0.01)}
    rows = in_turn(contenders, KNOWN, block=8, repeats=3, rng=random.Random(1))
    assert set(rows) == {(name, n) for name in contenders for n in LENGTHS}
    assert all(len(one.seconds) == 3 and all(len(each) == 8 for each in one.seconds) for one in rows.values())
    timed = asked[len(rows) :]
    for begin in range(0, len(timed), 4):
        of_repeat = timed[begin : begin + 4]
        assert len({users for _, users, _ in of_repeat}) == 1
        assert {(name, n) for name, _, n in of_repeat} == set(rows)
    assert len({users for _, users, _ in timed}) == 3
    orders = {tuple((name, n) for name, _, n in timed[begin : begin + 4]) for begin in range(0, len(timed), 4)}
    assert len(orders) > 1
    assert {user for _, users, _ in asked for user in users} <= set(KNOWN.tolist())


def test_who_is_slow_is_asked_for_fewer_of_the_same_shoppers():
    asked: list[list[int]] = []

    def slow(users, n):
        asked.append(list(users))
        return [2.0] * len(users)

    rows = in_turn({OURS: lambda users, n: [0.01] * len(users), PEER: slow}, KNOWN, block=20, repeats=1, rng=RNG)
    assert [len(rows[name, 10].seconds[0]) for name in (OURS, PEER)] == [20, 7]  # 15 seconds of 2 each
    assert asked[-1] == asked[-2] and len(asked[-1]) == 7


def test_the_ratio_is_of_ours_to_the_peer_at_the_same_length():
    times = {(OURS, 10): 0.02, (PEER, 10): 0.01, (OURS, 100): 0.03, (PEER, 100): 0.06}
    rows = {key: Repeats([[seconds] * 4] * 5) for key, seconds in times.items()}
    lines, notes = told("Beauty", rows, ["learned quickly"])
    assert {line.name: line.p50 for line in lines}["Beauty, 100 items: a peer"] == pytest.approx(60.0)
    assert notes[0] == "Beauty: learned quickly"
    assert notes[1].startswith("Beauty, 10 items: ours ÷ a peer: p50 2.00 (2.00–2.00)")
    assert notes[2].startswith("Beauty, 100 items: ours ÷ a peer: p50 0.50")


def test_ours_answers_with_lists_of_the_wanted_length(tmp_path: Path):
    n = 300
    bundle = tiny_bundle(tmp_path / "bundle", item_ids=np.arange(1, n + 1), departments=np.arange(n) % 3 + 1)
    seconds = ours_seconds(bundle, sequences_from_lists([[1, 4, 7], [2, 5]], n))
    for length in LENGTHS:
        assert all(one > 0 for one in seconds([0, 1], length))
    with pytest.raises(ShortAnswer, match="300 items were asked for"):
        seconds([0], n)
