"""A shop that cannot be learned from is told so by a training's first step, before anything is learned."""

import pytest

from recommender.data.types import DataError
from recommender.jobs import JobProgress
from recommender.models import JobRun
from recommender.training.absent_words import NOBODY_JUDGES
from recommender.training.behaviour_steps import snapshot_step
from recommender.training.draft import Draft
from recommender.training.recipe import TrainingRecipe
from recommender.training.workspace import Workspace
from tests.fixtures.tiny_shop import tiny_shop
from tests.recommender.facts.happened import NOW, act, shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny():
    return tiny_shop(n=12, departments=3)


def walk(tiny, name: str, items) -> None:
    who = shopper(tiny.shop, name)
    for minutes, item in enumerate(items):
        act(who, item, minutes=minutes - len(items))


def first_step(tiny, folder) -> Draft:
    draft = Draft(tiny.shop, TrainingRecipe(), NOW, Workspace(folder), "cpu")
    progress = JobProgress(JobRun.objects.create(shop=tiny.shop, kind="train", status=JobRun.Status.RUNNING))
    with draft.workspace.writing("snapshot") as written:
        snapshot_step(draft, written, progress)
    return draft


def test_an_empty_shop(tiny, tmp_path):
    with pytest.raises(DataError, match="no interaction to learn from; load the demo shop or import"):
        first_step(tiny, tmp_path / "work")


def test_a_shop_of_one_shopper_of_one_item_and_of_first_steps_alone(tiny, tmp_path):
    walk(tiny, "faithful", tiny.items[:1] * 4)  # whose last step is no news
    for number in range(9):
        walk(tiny, f"new {number}", tiny.items[:1])
    with pytest.raises(DataError) as refused:
        first_step(tiny, tmp_path / "work")
    assert str(refused.value) == NOBODY_JUDGES
    assert not (tmp_path / "work" / "snapshot").exists()


def test_a_few_shoppers_who_met_something_new_are_enough(tiny, tmp_path):
    for number in range(12):
        walk(tiny, f"curious {number}", tiny.items[:4])
    assert len(first_step(tiny, tmp_path / "work").holdout.thirds.report) > 0
