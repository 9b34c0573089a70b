"""Cited items are true causes: without them the card scores lower, and lower than without any other item."""

import numpy as np
import pytest

from recommender.data.ruleset import KnobValues, RulesetValue
from recommender.explain.influence import Influence
from recommender.retrieval.exact import ExactGather
from recommender.serving.decide import decide
from recommender.serving.scores import base_scores
from recommender.serving.state import context_without, shopper_view
from tests.fixtures.requests import context_of
from tests.fixtures.tiny_bundle import tiny_bundle


def test_the_strongest_item_is_named_with_its_share() -> None:
    influence = Influence(np.array([70, 71]), np.array([[1.0, 3.0], [0.5, 1.0]], np.float32))
    assert influence.strongest() == [(70, 1.0, pytest.approx(1 / 1.5)), (70, 3.0, pytest.approx(3 / 4))]


def test_nothing_known_names_nothing() -> None:
    (item, effect, share), _same = Influence.none(2).strongest()
    assert (item, effect) == (0, 0.0)
    assert np.isnan(share)


def test_removing_the_cited_item_hurts_most(tmp_path_factory: pytest.TempPathFactory) -> None:
    n = 240
    bundle = tiny_bundle(
        tmp_path_factory.mktemp("b") / "tiny", item_ids=np.arange(n) + 1, departments=np.arange(n) % 6 + 1
    )
    gather = ExactGather(bundle.arrays)
    rng, faithful, cited = np.random.default_rng(2), 0, 0
    for seed in range(6):
        context = context_of(items=rng.choice(n, 8, replace=False) + 1)
        view = shopper_view(context, bundle)
        gathered = gather(context, history_index=view.history_index, state=view.state)
        decision = decide(context, gathered, RulesetValue("x", KnobValues()), bundle, seed)
        for card, reason in enumerate(decision.reasons):
            if reason.code not in ("because_item", "source_rules"):
                continue
            drops = {}
            for item in context.history.item_ids.tolist():
                without = context_without(context, item)
                state = shopper_view(without, bundle).state
                score = base_scores(without, gathered, bundle, view.history_index, state)[3]
                full = base_scores(context, gathered, bundle, view.history_index, view.state)[3]
                drops[item] = float((full - score)[decision.rows[card]])
            section = decision.sections[decision.section_of[card]]
            is_member_because = section.code == "because_you_viewed" and reason.items == (section.subject,)
            cited += 1
            faithful += is_member_because or drops[reason.items[0]] >= max(drops.values()) - 1e-4
    assert cited >= 20
    assert faithful / cited >= 0.95
