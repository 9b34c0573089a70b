"""The generated shop without a database, and the judge of networks."""

import numpy as np
import pytest

from benchmarks.generated_shop import generated_shop
from benchmarks.ranker_comparison import DRAWS, MEASURES, _Judged
from recommender.data.reward import HEADS
from recommender.ranking.binary_metrics import auc, log_loss
from recommender.ranking.logged_pages import page_rows
from recommender.ranking.ranker_evaluation import HeldOut, calibrations_fit
from users.kinds import Kind


def test_the_snapshot_tells_what_was_generated():
    shop = generated_shop(seed=1, n_products=300, n_shoppers=40, days=12)
    shown, facts = shop.snapshot.impressions, shop.snapshot.interactions
    assert shown is not None
    assert len(page_rows(shown)) == len(shown.pool_start)
    assert (np.diff(facts.shopper) >= 0).all()
    assert len(shop.texts.texts) == len(shop.snapshot.items) == 300
    clicks = facts.kind == Kind.CLICK
    assert shown.clicked.sum() == clicks.sum() > 0
    assert np.isfinite(shown.stayed_seconds[shown.clicked]).mean() > 0.3
    assert not np.isfinite(shown.stayed_seconds[~shown.clicked]).any()
    for row in np.flatnonzero(shown.clicked)[:20]:
        pool = shown.pool_items[shown.pool_start[shown.page[row]] : shown.pool_start[shown.page[row] + 1]]
        assert shown.item[row] in pool


def held_out(n: int = 3000) -> HeldOut:
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 1, (n, len(HEADS))).astype(np.float32)
    labels = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    shopper = rng.integers(0, 60, n)
    known = np.ones_like(labels)
    known[::3, -1] = 0
    return HeldOut(
        logits=logits,
        labels=labels,
        known=known,
        offset=rng.normal(0, 0.3, n).astype(np.float32),
        exploration=rng.uniform(0, 3, n).astype(np.float32),
        fused=np.zeros(n, np.float32),
        page=shopper,
        shopper=shopper,
        late=np.arange(n) >= n // 2,
    )


def test_measures_are_those_of_the_metrics_and_draws_are_shoppers():
    held = held_out()
    late, judged = held.late, _Judged(held, seed=3)
    found = judged.measures()
    assert found.shape == (len(HEADS), len(MEASURES), DRAWS + 1)
    placed = held.logits[late] + held.offset[late, None]
    for h, calibration in enumerate(calibrations_fit(held, ~late)):
        said, labels, known = calibration.apply(placed[:, h]), held.labels[late, h], held.known[late, h]
        explored = known * held.exploration[late]
        expected = (
            auc(said, labels, known),
            auc(held.logits[late, h], labels, explored),
            log_loss(said, labels, known),
        )
        assert found[h, :, 0].tolist() == pytest.approx(expected)
    spread = found[:, :, 1:].std(axis=2)
    assert (spread > 0).all()
    np.testing.assert_array_equal(found, _Judged(held, seed=3).measures())
