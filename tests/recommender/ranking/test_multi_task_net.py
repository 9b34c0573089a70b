"""Networks that share in three ways learn several tasks, know what they have not met, and cannot hide a bad size."""

import numpy as np
import pytest
import torch

from recommender.ranking.experts import GatedExperts, bottom_make
from recommender.ranking.multi_task_net import net_fit, net_logits
from recommender.ranking.ranker_config import NETWORKS, RankerConfig

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
HEADS = 3


def rows(n=6000, seed=0):
    """Three tasks: the first two depend on one sum, the third on another feature; F = 6."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)).astype(np.float32)
    truth = np.stack([x[:, 0] + x[:, 1] - 1, 1.5 * x[:, 0] + x[:, 1] - 2, np.abs(x[:, 2]) * 2 - 3], axis=1)
    labels = (rng.random(truth.shape) < 1 / (1 + np.exp(-truth))).astype(np.float32)
    return x, truth, labels


def fitted(x, labels, weights=None, **config):
    weights = np.ones_like(labels) if weights is None else weights
    offset = np.zeros(len(x), np.float32)
    return net_fit(x, labels, weights, offset, RankerConfig(**config), seed=0, device=CPU)


def unsure(net, x):
    with torch.no_grad():
        return net.logits_and_deviations(torch.from_numpy(x))[1].numpy()


@pytest.mark.parametrize("network", NETWORKS)
def test_every_way_to_share_learns_all_tasks(network):
    x, truth, labels = rows()
    found = net_logits(fitted(x, labels, network=network), x)
    for head in range(HEADS):
        assert np.corrcoef(found[:, head], truth[:, head])[0, 1] > 0.9


def test_experts_of_one_head_are_closed_to_the_others():
    config = RankerConfig(network="cgc", experts=2, own_experts=2)
    bottom = bottom_make(4, HEADS, config)
    assert isinstance(bottom, GatedExperts)
    assert bottom.experts == 2 + 2 * HEADS
    x = torch.randn(5, 4)
    before = bottom(x)
    with torch.no_grad():
        bottom.bias[4:6] += 10.0  # the second head's own
    changed = (bottom(x) - before).abs().amax(dim=(0, 2))
    assert changed[0] == changed[2] == 0
    assert changed[1] > 0


def test_labels_that_weigh_nothing_teach_nothing():
    x, truth, labels = rows()
    weights = np.ones_like(labels)
    weights[::2, 0] = 0
    spoiled = labels.copy()
    spoiled[::2, 0] = np.nan
    found = net_logits(fitted(x, spoiled, weights), x)
    assert np.isfinite(found).all()
    assert np.corrcoef(found[:, 0], truth[:, 0])[0, 1] > 0.9


def test_what_was_seldom_met_is_less_sure():
    """Density is known: one row in a hundred lies on the far side of the first feature."""
    rng = np.random.default_rng(3)
    n = 8000
    rare = rng.random(n) < 0.01
    x = rng.normal(size=(n, 4)).astype(np.float32) * 0.3
    x[:, 0] += np.where(rare, 3.0, 0.0)
    labels = (rng.random((n, 1)) < 0.3).astype(np.float32)
    net = fitted(x, labels)
    deviation = unsure(net, x)[:, 0]
    assert deviation[rare].mean() > 2 * deviation[~rare].mean()
    nowhere = np.zeros((1, 4), np.float32)
    nowhere[0, 0] = -8.0
    assert unsure(net, nowhere)[0, 0] > deviation[rare].mean()
    again = fitted(np.concatenate([x] * 4), np.concatenate([labels] * 4))
    assert unsure(again, x)[:, 0].mean() == pytest.approx(deviation.mean() / 2, rel=0.25)  # four times the rows


def test_deviations_are_of_the_size_of_real_differences():
    """Nets fitted on fresh data from one law differ about as much as each says that it may."""
    x = rows(500, seed=99)[0]
    nets = [fitted(*rows(3000, seed=seed)[::2]) for seed in range(8)]
    spread = np.stack([net_logits(net, x)[:, :2] for net in nets]).std(axis=0, ddof=1)
    told = np.mean([unsure(net, x)[:, :2] for net in nets], axis=0)
    ratio = np.sqrt((spread**2).mean() / (told**2).mean())
    assert 0.5 < ratio < 2.0


@pytest.mark.parametrize("wrong", [{"network": "tower"}, {"hidden": 1}, {"experts": 0}, {"prior_precision": 0.0}])
def test_what_cannot_be_built_is_refused(wrong):
    with pytest.raises(ValueError, match=r"ranker|prior"):
        RankerConfig(**wrong)
