"""What a situation says of a first choice is found where it is there, and nothing is claimed where it is not."""

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.sequences import Sequences
from recommender.data.snapshot import Trait
from recommender.encoders.start_states import EVERYBODY, StartStates, local_times, situation_of
from recommender.encoders.start_states_training import FEW_SHOPPERS, NO_GAIN, StartStateConfig, start_states_fit
from users.kinds import Kind

N, DIM = 60, 8
MONDAY_NOON_US = 1_700_481_600_000_000  # 2023-11-20 12:00 UTC
HOUR_US = 3_600_000_000
RNG = np.random.default_rng(5)
VECTORS = RNG.normal(size=(N, DIM)).astype(np.float32)
BIAS = RNG.normal(scale=0.3, size=N).astype(np.float32)
START = RNG.normal(scale=0.3, size=DIM).astype(np.float32)
PULL = {"new": np.eye(DIM, dtype=np.float32)[0] * 1.5, "loyal": -np.eye(DIM, dtype=np.float32)[0] * 1.5}


def shop(shoppers=800, *, pull=PULL, seed=0, at_us=MONDAY_NOON_US):
    """Shoppers of two segments, each of whom does four things; ``pull`` moves a segment's state."""
    rng = np.random.default_rng(seed)
    words = ("loyal", "new")
    code = rng.integers(0, 2, shoppers)
    items = []
    for shopper in range(shoppers):
        logits = VECTORS @ (START + pull.get(words[code[shopper]], np.zeros(DIM, np.float32))) + BIAS
        p = np.exp(logits - logits.max())
        items.append(rng.choice(N, 4, replace=False, p=p / p.sum()))
    m = 4 * shoppers
    start = np.arange(0, m + 1, 4)
    kinds, orders = np.full(m, Kind.VIEW, np.int8), np.zeros(m, np.int64)
    whole = Sequences(start, np.concatenate(items), kinds, np.full(m, at_us, np.int64), orders, N)
    return whole, Trait("segment", code.astype(np.int64), words)


def fit(sequences, *traits, time_zone="UTC", **config):
    return start_states_fit(
        sequences,
        traits,
        item_vectors=VECTORS,
        item_bias=BIAS,
        start_state=START,
        time_zone=time_zone,
        config=StartStateConfig(**config),
    )


def test_a_segment_that_decides_what_people_begin_with_is_found():
    found = fit(*shop())
    assert isinstance(found, StartStates)
    assert found.prior in StartStateConfig().priors
    assert found.situation_gain > 0.1
    moved = {name: found.shift((f"segment={name}",)) for name in PULL}
    assert np.linalg.norm(moved["new"] - moved["loyal"] - (PULL["new"] - PULL["loyal"])) < 0.6


def test_what_held_out_shoppers_do_becomes_likelier():
    found = fit(*shop())
    others, trait = shop(400, seed=9)
    first = others.item[others.start[:-1]]

    def likelihood(shifts):
        logits = (START + shifts) @ VECTORS.T + BIAS
        logits = np.broadcast_to(logits, (len(others), N))
        return float((logits[np.arange(len(others)), first] - np.log(np.exp(logits).sum(axis=1))).mean())

    situations = [(f"segment={trait.words[code]}",) for code in trait.code]
    moved = np.stack([found.everybody + found.shift(one) for one in situations])
    gain = likelihood(moved) - likelihood(np.zeros(DIM, np.float32))
    assert gain > 0.1
    assert gain == pytest.approx(found.gain, abs=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_a_segment_that_decides_nothing_moves_nothing(seed):
    found = fit(*shop(pull={}, seed=seed))
    assert found == Absent(NO_GAIN)


def test_a_start_that_is_wrong_for_everybody_moves_for_everybody():
    found = fit(*shop(pull={"new": PULL["new"], "loyal": PULL["new"]}))
    assert isinstance(found, StartStates)
    assert found.names == (EVERYBODY,)
    assert found.everybody[0] > 1
    assert found.situation_gain == 0


def test_the_hour_is_found_by_the_shops_clock():
    morning, _ = shop(400, pull={"new": PULL["new"], "loyal": PULL["new"]}, at_us=MONDAY_NOON_US - 16 * HOUR_US)
    evening, _ = shop(400, pull={"new": PULL["loyal"], "loyal": PULL["loyal"]}, seed=1)
    both = Sequences(
        np.concatenate([morning.start, morning.start[-1] + evening.start[1:]]),
        np.concatenate([morning.item, evening.item]),
        np.concatenate([morning.kind, evening.kind]),
        np.concatenate([morning.at_us, evening.at_us]),
        np.concatenate([morning.order, evening.order]),
        N,
    )
    found = fit(both, time_zone="Asia/Shanghai")
    assert isinstance(found, StartStates)
    assert {name for name in found.names if name.startswith("hours")} == {"hours=00-06", "hours=18-24"}
    evening_names = situation_of({}, MONDAY_NOON_US, "Asia/Shanghai")
    assert found.shift(evening_names)[0] < -0.5


def test_a_word_that_few_bear_has_no_shift_and_an_unknown_word_moves_nothing():
    sequences, trait = shop()
    code = trait.code.copy()
    code[:5] = 2
    found = fit(sequences, Trait("segment", code, (*trait.words, "press")))
    assert "segment=press" not in found.names
    assert not found.shift(("segment=press", "language=xx")).any()
    assert not found.shift(()).any()


def test_few_bearers_move_less_than_many():
    sequences, trait = shop(1200)
    code = np.where((trait.code == 1) & (np.arange(1200) % 12 == 0), 2, trait.code)  # some of "new" under another name
    found = fit(sequences, Trait("segment", code, (*trait.words, "newest")), priors=(30.0,))
    assert 0 < found.shift(("segment=newest",))[0] < found.shift(("segment=new",))[0]


def test_capped_items_and_situations_find_the_same_direction():
    found = fit(*shop(), max_items=30, max_cells=30 * 4)
    assert found.shift(("segment=new",))[0] - found.shift(("segment=loyal",))[0] > 1


def test_bad_input_is_said_or_harmless():
    nobody = Sequences(*(np.zeros(n, np.int64) for n in (1, 0)), np.zeros(0, np.int8), *[np.zeros(0, np.int64)] * 2, N)
    none = Trait("segment", np.zeros(0, np.int64), ())
    assert fit(nobody, none) == Absent(FEW_SHOPPERS, {"shoppers": 0, "needed": 100})
    assert "3 shoppers" in str(fit(*shop(3)))
    sequences, trait = shop(at_us=0)
    unknown = Trait("language", np.full(800, -1, np.int64), ())
    assert not fit(sequences, unknown).features  # nothing is known of anybody
    one = Trait("segment", np.zeros(800, np.int64), ("everyone",))
    assert not fit(sequences, one).features
    missing = Trait("segment", np.where(np.arange(800) < 200, -1, trait.code), trait.words)
    assert isinstance(fit(sequences, missing, unknown), StartStates)


def test_what_is_kept_as_json_comes_back():
    found = fit(*shop())
    again = StartStates.from_json(found.to_json(), found.shifts)
    assert again.to_json() == found.to_json()
    assert (again.shift(("segment=new",)) == found.shift(("segment=new",))).all()


def test_local_times_follow_the_clocks_of_the_zone():
    summer, winter = 1_688_191_200_000_000, 1_701_406_800_000_000  # 2023-07-01 06:00 UTC, 2023-12-01 05:00 UTC
    parts, weekend = local_times(np.array([summer, winter, 0]), "Europe/London")
    assert parts.tolist() == [1, 0, -1]
    assert weekend.tolist() == [1, 0, -1]
    assert situation_of({"segment": "", "language": "en"}, winter, "Europe/London") == (
        "language=en",
        "hours=00-06",
        "day=working",
    )
    assert situation_of({"language": "en"}, 0, "Europe/London") == ("language=en",)
