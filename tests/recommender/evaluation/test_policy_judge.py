"""The judge lets a policy speak when it helps, and says in words why not when it does not."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.relations import RelationTable
from recommender.data.ruleset import KnobValues
from recommender.data.snapshot import ImpressionTable, InteractionTable, ItemTable, ShopperTable, Snapshot
from recommender.data.types import DAY_US, DataError
from recommender.evaluation.policy_judge import Finding, JudgeConfig, policy_judge
from recommender.ranking.training_rows import LoggedPools
from recommender.slate.sampling import slot_probabilities

KNOBS = KnobValues(temperature=1.0, exploration=0.1)
N, POOL = 60, 8


def logged(*, shoppers: int, pages: int = 12, seed: int = 0):
    """One drawn slot per page; what an item earns is known, the base score knows only half of it."""
    rng = np.random.default_rng(seed)
    worth = rng.uniform(0.05, 0.6, N)
    known = worth + rng.normal(0, 0.2, N)
    pages *= shoppers
    pool = np.array([rng.choice(N, POOL, replace=False) for _ in range(pages)])
    score = known[pool]
    p = np.array([slot_probabilities(row, temperature=1.0, epsilon=0.1) for row in score])
    chosen = (rng.random(pages)[:, None] > np.cumsum(p, axis=1)).sum(axis=1).clip(0, POOL - 1)
    rows = np.arange(pages)
    no = np.zeros(pages, np.bool_)
    impressions = ImpressionTable(
        page=rows,
        shopper=rows % shoppers,
        item=pool[rows, chosen],
        section=np.zeros(pages, np.int64),
        slot=np.zeros(pages, np.int64),
        propensity=p[rows, chosen].astype(np.float32),
        at_us=np.zeros(pages, np.int64),
        clicked=rng.random(pages) < worth[pool[rows, chosen]],
        carted=no,
        purchased=no,
        disliked=no,
        pool_start=np.arange(pages + 1) * POOL,
        pool_items=pool.ravel(),
    )
    value = known[pool.ravel()].clip(0.01)
    pools = LoggedPools(rows, np.arange(pages + 1) * POOL, pool.ravel(), score.ravel().astype(np.float32), value)
    return snapshot_of(impressions, shoppers), pools, worth[pool.ravel()].astype(np.float32)


def snapshot_of(impressions: ImpressionTable, shoppers: int) -> Snapshot:
    """Pages, and nothing else that happened."""
    nothing, zeros = np.zeros(0, np.int64), np.zeros(N, np.int64)
    facts = InteractionTable(nothing, nothing, nothing.astype(np.int8), nothing, nothing, nothing, nothing)
    items = ItemTable(np.arange(N), zeros, zeros, zeros, zeros, zeros, zeros, zeros, np.ones(N, np.bool_), ("",) * N)
    people = ShopperTable.of_ids(np.arange(shoppers))
    return Snapshot(1, 30 * DAY_US, items, people, facts, impressions, RelationTable.none(), "judge")


def judge(snapshot, pools, q, **changes):
    spread = float(np.std(q)) or 1.0
    return policy_judge(
        snapshot,
        pools,
        q,
        q_spread=spread,
        knobs=KNOBS,
        slot_probabilities=slot_probabilities,
        config=JudgeConfig(**changes),
    )


def test_a_policy_that_knows_more_than_the_base_score_may_speak():
    verdict = judge(*logged(shoppers=600))
    assert verdict.allowed_weight > 0
    assert verdict.dr.value > 0
    assert verdict.dr.low >= -verdict.margin
    assert verdict.snips.low >= -verdict.margin
    assert verdict.finding is Finding.EARNS


def test_a_policy_that_wants_the_worst_cards_stays_silent():
    snapshot, pools, q = logged(shoppers=600)
    verdict = judge(snapshot, pools, -q, weights=(1.0, 2.0))
    assert verdict.allowed_weight == 0
    assert verdict.finding in (Finding.SNIPS_LOW, Finding.DR_LOW)
    assert verdict.dr.value < 0


def test_few_shoppers_are_no_evidence():
    verdict = judge(*logged(shoppers=100))
    assert verdict.allowed_weight == 0
    assert verdict.finding is Finding.FEW_SHOPPERS
    assert not verdict.dr.conclusive


@pytest.mark.parametrize("seed", range(6))
def test_what_is_allowed_costs_less_than_the_margin(seed):
    """Noise with some spite in it: harmless weights may pass, harmful ones may not."""
    snapshot, pools, worth = logged(shoppers=300, seed=seed)
    noise = np.random.default_rng(seed).normal(size=len(worth)).astype(np.float32)
    q = 0.1 * noise - 0.3 * worth
    verdict = judge(snapshot, pools, q, weights=(0.5, 2.0, 4.0))

    def value(weight: float) -> float:
        shift = weight * verdict.scaling.scale(q).reshape(-1, POOL)
        chances = [
            slot_probabilities(row, temperature=1.0, epsilon=0.1) for row in pools.score.reshape(-1, POOL) + shift
        ]
        return float((np.array(chances) * worth.reshape(-1, POOL)).sum(axis=1).mean())

    assert value(4.0) - value(0.0) < -2 * verdict.margin
    assert value(verdict.allowed_weight) - value(0.0) >= -verdict.margin


def test_undrawn_and_young_slots_are_left_out():
    snapshot, pools, q = logged(shoppers=300)
    undrawn = replace(snapshot.impressions, propensity=np.full(len(pools.page), np.nan, np.float32))
    verdict = judge(replace(snapshot, impressions=undrawn), pools, q)
    assert (verdict.allowed_weight, verdict.dr) == (0.0, None)
    assert verdict.finding is Finding.NO_PAGES
    young = judge(replace(snapshot, until_us=3 * DAY_US), pools, q)
    assert young.dr is None


def test_q_of_other_pools_is_refused():
    snapshot, pools, q = logged(shoppers=50)
    with pytest.raises(DataError, match="judged_q"):
        judge(snapshot, pools, q[:-1])


def test_the_verdict_goes_into_the_manifest():
    content = judge(*logged(shoppers=100)).to_json()
    assert content["allowed_weight"] == 0
    assert {"q_spread", "base_spread", "finding", "dr", "snips", "margin"} <= content.keys()
