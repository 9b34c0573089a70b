"""What every collaborative model promises, whatever it is: checked on the whole list."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.collaborative.fitting import Fitting
from recommender.collaborative.models import MODELS, models_fit
from recommender.data.item_model import ItemModel
from recommender.data.item_model_files import item_model_read, item_model_write
from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.types import DAY_US, ArtifactMismatch, DataError
from recommender.encoders.config import SHOP_DEFAULTS

pytestmark = pytest.mark.usefixtures("one_thread")  # networks this small are slower on two

N = 24
NOBODY = np.zeros(0, np.int64)
CONFIG = replace(
    SHOP_DEFAULTS,
    als=replace(SHOP_DEFAULTS.als, factors=8, iterations=5),
    graph=replace(SHOP_DEFAULTS.graph, dim=8, steps=40, check_every=20, batch=64),
    gan=replace(SHOP_DEFAULTS.gan, hidden=16, steps=300, check_every=100, learning_rate=1e-2, judge_rate=1e-3),
    vae=replace(SHOP_DEFAULTS.vae, hidden=16, latent=4, steps=80, check_every=20, anneal_steps=10, learning_rate=2e-2),
)
DEPARTMENTS = np.repeat([1, 2], N // 2)


def behaviour(users: int = 60, seed: int = 0) -> Sequences:
    """Shoppers who stay within one half of the items."""
    rng = np.random.default_rng(seed)
    halves = rng.integers(0, 2, users) * (N // 2)
    return sequences_from_lists([(half + rng.permutation(N // 2)[:5]).tolist() for half in halves], N)


def fit(name: str, sequences: Sequences, **fitting: int) -> ItemModel:
    return MODELS[name](sequences, CONFIG, Fitting(department=DEPARTMENTS[: sequences.n_items], **fitting))


@pytest.fixture(scope="module", params=MODELS)
def learned(request) -> tuple[str, ItemModel]:
    return request.param, fit(request.param, behaviour())


@pytest.fixture(scope="module")
def model(learned) -> ItemModel:
    return learned[1]


def test_scores_are_finite_and_have_their_shape(model):
    scores = model.scores([np.array([0, 1, 2]), np.array([20]), NOBODY])
    assert len(model) == N
    assert scores.shape == (3, N)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_some_items_score_as_among_all(model):
    histories, items = [np.array([3, 1]), np.array([15])], np.array([7, 2, 23])
    np.testing.assert_allclose(model.scores(histories, items), model.scores(histories)[:, items], atol=1e-5)


def test_a_history_is_answered_alike_in_any_company(model):
    together = model.scores([np.array([3, 1]), np.array([15, 16, 17]), NOBODY])
    for row, history in enumerate([np.array([3, 1]), np.array([15, 16, 17]), NOBODY]):
        np.testing.assert_allclose(together[row], model.scores([history])[0], atol=1e-5)


def test_items_the_vocabulary_lacks_change_no_more_than_ages(model):
    np.testing.assert_allclose(model.scores([np.array([4, -1])]), model.scores([np.array([4])]), atol=1e-6)
    np.testing.assert_array_equal(model.scores([np.array([-1])]), model.scores([NOBODY]))


def test_equal_seeds_give_equal_models(learned):
    name, model = learned
    again = fit(name, behaviour())
    np.testing.assert_array_equal(again.scores([np.array([0, 5])]), model.scores([np.array([0, 5])]))


def test_what_goes_together_is_preferred(learned):
    name, model = learned
    if name in ("popular", "recent_popular"):
        pytest.skip("says the same to everybody")
    first, second = model.scores([np.array([1, 2, 3]), np.array([13, 14, 15])])
    others = np.setdiff1d(np.arange(N), [1, 2, 3, 13, 14, 15])
    low, high = others[others < N // 2], others[others >= N // 2]
    assert first[low].mean() > first[high].mean()
    assert second[high].mean() > second[low].mean()


def test_it_comes_back_from_disk_as_it_was(model, tmp_path):
    item_model_write(tmp_path / "model", model)
    back = item_model_read(tmp_path / "model", n_items=N)
    histories = [np.array([1, 14]), NOBODY]
    np.testing.assert_array_equal(back.scores(histories), model.scores(histories))
    assert back.asking == model.asking


def test_a_model_of_another_vocabulary_or_a_torn_one_is_refused(model, tmp_path):
    item_model_write(tmp_path / "model", model)
    with pytest.raises(ArtifactMismatch, match="24 items"):
        item_model_read(tmp_path / "model", n_items=N + 1)
    next((tmp_path / "model").glob("*.npy")).write_bytes(b"torn")
    with pytest.raises(ArtifactMismatch, match="cannot be read"):
        item_model_read(tmp_path / "model", n_items=N)


def test_numbers_that_are_not_finite_are_refused(model, tmp_path):
    item_model_write(tmp_path / "model", model)
    path = next(path for path in (tmp_path / "model").glob("*.npy") if np.load(path).dtype.kind == "f")
    np.save(path, np.full_like(np.load(path), np.nan))
    if np.load(path).size:
        with pytest.raises(ArtifactMismatch, match="NaN"):
            item_model_read(tmp_path / "model", n_items=N)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("lists", "n"),
    [
        ([[0, 1, 2]], 3),  # one shopper
        ([[0], [0], [0]], 1),  # one item
        ([[0], [1], [2]], 3),  # nobody did two things
        ([[0, 1], [], [1, 2]], 3),  # somebody did nothing
    ],
)
def test_next_to_nothing_can_be_learned_from(name, lists, n):
    model = fit(name, sequences_from_lists(lists, n))
    scores = model.scores([np.array([0]), NOBODY])
    assert scores.shape == (2, n)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", MODELS)
def test_equal_times_are_no_obstacle(name):
    plain = behaviour()
    timed = replace(plain, at_us=np.full(len(plain.item), 5 * DAY_US))
    assert np.isfinite(fit(name, timed, until_us=5 * DAY_US).scores([np.array([0, 1])])).all()


@pytest.mark.parametrize("name", ["ease", "als", "vae", "graph", "gan"])
def test_nothing_at_all_is_refused_with_its_cure(name):
    with pytest.raises(DataError, match="import behaviour"):
        fit(name, sequences_from_lists([[], []], 3))


def test_progress_covers_all_models_and_ends_whole():
    told: list[tuple[int, int]] = []
    found = models_fit(("ease", "als"), behaviour(), CONFIG, progress=lambda done, total: told.append((done, total)))
    assert list(found) == ["ease", "als"]
    assert told == sorted(told)
    assert told[-1] == (1000, 1000)
