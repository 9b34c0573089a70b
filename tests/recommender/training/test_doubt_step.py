"""Small encoders of other seeds: trained where a recipe asks for them, resumed, carried, and told in the inspector."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.data.types import Context, History
from recommender.encoders.config import EncoderConfig, LearningConfig
from recommender.encoders.doubt import Doubt
from recommender.encoders.item_facts import ItemFacts
from recommender.serving.bundle import Bundle
from recommender.store.doubt import DOUBT, disagreement
from recommender.training.doubt_step import doubt_step
from recommender.training.recipe import DoubtConfig, TrainingRecipe
from recommender.training.workspace import Workspace
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_live, tiny_shop

pytestmark = pytest.mark.usefixtures("one_thread")

N, SEEN = 40, 36
SMALL = EncoderConfig(
    embedding_dim=16, max_length=8, epochs=4, tokens_per_batch=128, warmup_steps=5, learning_rate=1e-2
)
RECIPE = replace(TrainingRecipe(seed=2), learning=LearningConfig(encoder=SMALL), doubt=DoubtConfig(members=2))


class Killed(Exception):
    pass


def trained(folder, *, die_at: float = math.inf, told: list | None = None) -> Workspace:
    """The step's output, of a made-up behaviour in which the last items are met once."""
    walks = [[(u * 3 + s) % SEEN for s in range(6)] for u in range(90)]
    split = leave_last_out(sequences_from_lists([*walks, list(range(SEEN, N))], N))
    nothing = np.zeros(N, np.int64)
    workspace = Workspace(folder)
    draft = SimpleNamespace(
        recipe=RECIPE,
        workspace=workspace,
        device="cpu",
        holdout=SimpleNamespace(train=split.train),
        stop_targets=split.targets,
        texts_to_read=None,
        item_facts=ItemFacts(nothing, nothing, np.full(N, -1), None),
    )

    def update(done: float, total: float) -> None:
        (told if told is not None else []).append(done / total)
        if done / total >= die_at:
            raise Killed

    with workspace.writing(DOUBT) as place:
        doubt_step(draft, place, SimpleNamespace(update=update, log=lambda _words: None))
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory, one_thread) -> Workspace:
    return trained(tmp_path_factory.mktemp("work"))


def test_the_step_leaves_as_many_members_as_the_recipe_names_and_tells_how_far_it_is(tmp_path) -> None:
    told: list[float] = []
    made = trained(tmp_path, told=told)
    assert made.json(DOUBT) == {"members": 2, "dimensions": 8, "blocks": 1}
    assert len(Doubt(made.path(DOUBT) / DOUBT)) == 2
    assert told == sorted(told)
    assert 0.5 < told[-1] <= 1


def test_a_killed_step_goes_on_and_ends_as_if_nothing_had_happened(workspace, tmp_path) -> None:
    with pytest.raises(Killed):
        trained(tmp_path, die_at=0.6)
    assert not Workspace(tmp_path).has(DOUBT)
    again = trained(tmp_path)
    for number in "01":
        one, other = (made.path(DOUBT) / DOUBT / number / "item_vectors.npy" for made in (workspace, again))
        assert np.array_equal(np.load(one), np.load(other))


def test_a_recipe_with_one_member_is_refused() -> None:
    assert TrainingRecipe().doubt.members == 0
    with pytest.raises(ValueError, match="cannot disagree"):
        TrainingRecipe.from_json({"doubt": {"members": 1}})


@pytest.fixture
def tiny(settings, tmp_path) -> TinyShop:
    settings.DPE_BUNDLES = tmp_path
    return tiny_shop(n=N, departments=4)


@pytest.fixture
def doubting(tiny: TinyShop, workspace: Workspace) -> Bundle:
    """A bundle that serves and carries the ensemble."""
    bundle, _version = tiny_live(tiny)
    (bundle.path / DOUBT).symlink_to(workspace.path(DOUBT) / DOUBT)
    return bundle


@pytest.mark.django_db
def test_a_history_is_read_as_encoders_read_it(tiny: TinyShop, doubting: Bundle) -> None:
    met = np.array([item.pk for item in tiny.items[3:7]])
    history = History(met, np.ones(4, np.int8), np.arange(1, 5) * 3_600_000_000)
    context = Context(tiny.shop.pk, 1, "", "homepage", 10**15, history)
    told = disagreement(doubting, context, np.array([*tiny.ids, 999_999]))
    assert told.shape == (N + 1,)
    assert np.isnan(told[-1])
    items = np.array([[3, 4, 5, 6, 0, 0, 0, 0]])
    said = Doubt(doubting.path / DOUBT).opinion(items, (items > 0).astype(np.int64), np.array([4]))
    np.testing.assert_allclose(told[:N], said.deviation[0], atol=1e-6)
    assert told[:N].max() > 0.01, "the members are two"
    stranger = disagreement(doubting, replace(context, history=History.empty()), tiny.ids)
    assert np.isfinite(stranger).all()


@pytest.mark.django_db
def test_the_inspector_shows_it_beside_every_card_and_nothing_where_there_is_none(
    staff: Client, tiny: TinyShop, doubting: Bundle
) -> None:
    shopper = shopper_with(tiny, tiny.of_department(1)[:5], name="anna", at=timezone.now())
    answer = staff.get(reverse("admin:inspector"), {"shopper": shopper.pk})
    views = [view for _title, views in answer.context["sections"] for view in views]
    assert views
    assert all(float(view.disagreement.value) > 0 for view in views)
    assert "disagreement of the encoders" in answer.content.decode()
    (doubting.path / DOUBT).unlink()
    answer = staff.get(reverse("admin:inspector"), {"shopper": shopper.pk})
    assert "disagreement of the encoders" not in answer.content.decode()
