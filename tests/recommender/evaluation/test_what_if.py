"""Counts of two parts add up to those of the whole; what is estimated from sums is what the slots say."""

import json

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.evaluation.off_policy import LoggedSlots, difference, dr_sums, snips_sums
from recommender.evaluation.what_if import MAX_WEIGHT, SlotEvidence, Tally

SHOPPERS, SLOTS = 30, 8


def evidence(rng: np.random.Generator, n: int = SLOTS, *, modelled: bool = True) -> SlotEvidence:
    propensities = rng.uniform(0.02, 0.9, n)
    both = rng.uniform(0, 0.3, (3, n, 2)) if modelled else np.full((3, n, 2), np.nan)
    clicks = rng.integers(0, 2, n)
    return SlotEvidence(
        rewards=np.stack([clicks, clicks * rng.integers(500, 900, n)], axis=1).astype(np.float64),
        propensities=propensities,
        draft=rng.uniform(0, 1, n),
        anchor=propensities,
        modelled=both[0],
        expected_draft=both[1],
        expected_anchor=both[2],
        unsupported=rng.uniform(0, 0.2, n),
    )


def tally_of(parts: dict[str, SlotEvidence]) -> Tally:
    tally = Tally()
    for shopper, one in parts.items():
        tally.credit(shopper, one, apart=1)
    return tally


@pytest.fixture
def parts() -> dict[str, SlotEvidence]:
    rng = np.random.default_rng(3)
    return {f"s{k:02d}": evidence(rng) for k in range(SHOPPERS)}


def joined(parts: dict[str, SlotEvidence], name: str) -> np.ndarray:
    return np.concatenate([getattr(parts[who], name) for who in sorted(parts)])


def log_of(parts: dict[str, SlotEvidence], side: str, rate: float) -> LoggedSlots:
    return LoggedSlots(
        rewards=joined(parts, "rewards")[:, 0],
        propensities=joined(parts, "propensities"),
        target=joined(parts, side),
        clusters=np.repeat(np.arange(SHOPPERS), SLOTS),
        model_logged=rate * joined(parts, "modelled")[:, 0],
        model_target=rate * joined(parts, f"expected_{side}")[:, 0],
        unsupported=joined(parts, "unsupported"),
    )


def test_the_estimate_from_sums_is_the_one_from_slots(parts) -> None:
    rate = joined(parts, "rewards")[:, 0].sum() / joined(parts, "modelled")[:, 0].sum()
    draft, anchor = log_of(parts, "draft", rate), log_of(parts, "anchor", rate)
    sums = (dr_sums(draft, MAX_WEIGHT), dr_sums(anchor, MAX_WEIGHT))
    wanted = difference(draft, *sums, max_weight=MAX_WEIGHT, seed=0)
    found = tally_of(parts).earning("clicks", seed=0)
    assert found.doubly_robust
    assert found.now == pytest.approx(sums[1].value())
    assert found.draft == pytest.approx(sums[0].value())
    for name in ("value", "low", "high", "effective_sample", "effective_clusters", "unsupported", "weight_max", "n"):
        assert getattr(found.difference, name) == pytest.approx(getattr(wanted, name)), name


def test_without_a_ranker_it_is_snips() -> None:
    rng = np.random.default_rng(4)
    parts = {f"s{k:02d}": evidence(rng, modelled=False) for k in range(SHOPPERS)}
    draft = log_of(parts, "draft", 1.0)
    found = tally_of(parts).earning("clicks")
    assert not found.doubly_robust
    assert found.draft == pytest.approx(snips_sums(draft, MAX_WEIGHT).value())


def test_a_draft_that_changes_nothing_differs_by_nothing(parts) -> None:
    same = {
        who: SlotEvidence(
            one.rewards, one.propensities, one.anchor, one.anchor, one.modelled,
            one.expected_anchor, one.expected_anchor, one.unsupported,
        )
        for who, one in parts.items()
    }  # fmt: skip
    for outcome in ("clicks", "revenue"):
        found = tally_of(same).earning(outcome).difference
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
        assert found.effective_clusters == pytest.approx(SHOPPERS)


def test_parts_add_up_to_the_whole_and_survive_json(parts) -> None:
    whole, halves = tally_of(parts), [Tally(), Tally()]
    for number, (who, one) in enumerate(parts.items()):
        halves[number % 2].credit(who, one, apart=1)
    pages = [([1, 2, 3], [1, 2, 4]), ([5], [5]), ([1, 2], [2, 1])]
    for number, (before, after) in enumerate(pages):
        whole.count(before, after)
        halves[number % 2].count(before, after)
    kept = [Tally.from_json(json.loads(json.dumps(half.to_json()))) for half in halves]
    both = sum(kept, Tally())
    assert (both.pages, both.different, both.cards, both.replaced) == (3, 2, 6, 1)
    assert both.before == whole.before
    assert both.after == whole.after
    assert both.seen == whole.seen == SHOPPERS * (SLOTS + 1)
    one, other = both.earning("revenue"), whole.earning("revenue")
    assert one.difference.value == pytest.approx(other.difference.value, rel=1e-6)
    assert one.difference.low == pytest.approx(other.difference.low, rel=1e-6)
    assert both.weights.n == whole.weights.n


def test_of_no_seen_card_nothing_can_be_told() -> None:
    with pytest.raises(DataError, match="old enough"):
        Tally().earning("clicks")
