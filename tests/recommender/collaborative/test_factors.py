import numpy as np
import pytest
import torch
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.collaborative import vae_training
from recommender.collaborative.als import AlsConfig
from recommender.collaborative.als_training import als_fit
from recommender.collaborative.fitting import Fitting
from recommender.collaborative.popularity import PopularityConfig, segment_popularity_fit
from recommender.collaborative.vae import Prior, VaeConfig
from recommender.collaborative.vae_network import Vae
from recommender.collaborative.vae_training import bag_of, vae_fit
from recommender.data.item_model import Asking
from recommender.data.sequences import Sequences, sequences_from_lists

N = 30
SMALL = VaeConfig(hidden=24, latent=6, steps=120, check_every=40, anneal_steps=20, batch=64, learning_rate=1e-2)


def behaviour(seed: int = 0) -> Sequences:
    """Shoppers within one of three groups of items, some items much more popular."""
    rng = np.random.default_rng(seed)
    share = np.tile(1.0 / (1 + np.arange(10)), 1)
    share /= share.sum()
    groups = rng.integers(0, 3, 200) * 10
    return sequences_from_lists([(group + rng.choice(10, 4, replace=False, p=share)).tolist() for group in groups], N)


def test_a_folded_in_history_gets_the_factors_that_training_would_give():
    config = AlsConfig(factors=6, iterations=4, confidence=5.0, ridge=0.1, decay=1.0)
    model = als_fit(behaviour(), config)
    met = behaviour().counts()[:20]
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(factors=6, regularization=0.1, alpha=1.0, use_cg=False, num_threads=1)
        theirs.item_factors = np.array(model.factors.inward)
        theirs.user_factors = np.zeros((20, 6), np.float32)
        expected = theirs.recalculate_user(np.arange(20), sparse.csr_matrix(met * 6.0).astype(np.float32))
    ours = model.states([behaviour().items_of(user) for user in range(20)])
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_als_seeds_matter_and_progress_is_told():
    told: list[int] = []
    first = als_fit(
        behaviour(), AlsConfig(factors=4, iterations=3), Fitting(seed=1, progress=lambda d, _: told.append(d))
    )
    second = als_fit(behaviour(), AlsConfig(factors=4, iterations=3), Fitting(seed=2))
    assert told == [1, 2, 3]
    assert not np.array_equal(first.factors.inward, second.factors.inward)


@pytest.mark.parametrize("prior", list(Prior))
def test_both_priors_learn_the_groups(prior):
    model = vae_fit(behaviour(), VaeConfig(**{**vars(SMALL), "prior": prior}))
    scores = model.scores([np.array([0, 1]), np.array([10, 11]), np.array([20, 21])])
    for row in range(3):
        inside = np.arange(10 * row + 2, 10 * row + 10)
        outside = np.setdiff1d(np.arange(N), np.arange(10 * row, 10 * row + 10))
        assert scores[row, inside].mean() > scores[row, outside].mean() + 0.5


def test_what_serves_computes_what_was_trained(monkeypatch):
    trained: list[Vae] = []
    cut = vae_training._cut
    monkeypatch.setattr(vae_training, "_cut", lambda vae: (trained.append(vae), cut(vae))[1])
    model = vae_fit(behaviour(), VaeConfig(**{**vars(SMALL), "decay": 1.0}))
    with torch.no_grad():
        expected = trained[0].decode(trained[0].encoder(*bag_of(behaviour().counts()[:50]))[0]).numpy()
    served = model.scores([behaviour().items_of(user) for user in range(50)])
    np.testing.assert_allclose(served, expected, atol=1e-4)


def test_items_beyond_the_limit_of_the_vae_come_last():
    model = vae_fit(behaviour(), VaeConfig(**{**vars(SMALL), "max_items": 8}))
    most = np.argsort(-behaviour().item_counts(), kind="stable")[:8]
    scores = model.scores([np.array([0, 10, 29])])[0]
    assert scores[most].min() > np.delete(scores, most).max()


def test_popular_items_can_be_held_back():
    counts = behaviour().item_counts()
    histories = [behaviour().items_of(user)[::-1] for user in range(60)]

    def shown(power: float) -> float:
        scores = vae_fit(behaviour(), VaeConfig(**{**vars(SMALL), "popularity_power": power})).scores(histories)
        for row, history in enumerate(histories):
            scores[row, history] = -np.inf
        return float(counts[np.argsort(-scores, axis=1)[:, :3]].mean())

    assert shown(1.0) < shown(0.0)


def test_a_rare_item_says_more_than_a_popular_one():
    rare, popular = behaviour().item_counts()[:10].argmin(), behaviour().item_counts()[:10].argmax()

    def pull(power: float) -> float:
        """How surely, next to the popular item, the rare one is met by who met it."""
        config = AlsConfig(factors=8, rarity_power=power)
        first, second = als_fit(behaviour(), config).scores([np.array([rare]), np.array([popular])])
        return float(first[rare] - second[popular])

    assert pull(1.0) > pull(0.0)


def test_segments_have_best_sellers_of_their_own():
    department = np.repeat([1, 2, 0], 10)
    model = segment_popularity_fit(behaviour(), department, PopularityConfig(segment_shrink=5.0))
    first, second, nobody = model.scores([np.array([3, 4]), np.array([14]), np.zeros(0, np.int64)])
    assert first.argmax() == 0
    assert second.argmax() == 10
    counts = behaviour().item_counts()
    np.testing.assert_allclose(nobody, counts / counts.sum(), atol=1e-6)


def test_an_item_counts_at_its_newest_entry_alone():
    asked = Asking(n=4, decay=0.5).of([np.array([7, -1, 7, 3, 5])])
    assert asked.index.tolist() == [7, 3]
    assert asked.weight.tolist() == [1.0, 0.125]
    every = Asking(n=4, decay=0.5, once=False).of([np.array([7, -1, 7, 3, 5])])
    assert every.index.tolist() == [7, 7, 3]
