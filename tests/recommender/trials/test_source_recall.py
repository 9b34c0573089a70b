"""The ceiling of every list, from gathered candidates."""

import pytest

from recommender.data.splits import leave_last_out, validation_thirds
from recommender.trials.measure import Task
from recommender.trials.ours import decided_lists, encoder_lists, ours_learn
from recommender.trials.problems import Lesson
from recommender.trials.source_recall import source_recall
from tests.recommender.trials.shop import SMALL, catalogue, sequences

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    split = leave_last_out(leave_last_out(sequences()).train)
    lesson = Lesson(split.train, validation_thirds(split.targets, seed=0))
    folder = tmp_path_factory.mktemp("ours") / "bundle"
    return ours_learn(folder, lesson, catalogue(), SMALL, seed=0, stages=lambda *_: None)


@pytest.fixture(scope="module")
def task():
    test = leave_last_out(sequences())
    return Task(test.train, test.targets)


def test_the_ceiling_grows_with_the_size_and_is_that_of_the_lists(ours, task):
    found = source_recall(ours.bundle_for(task), task, sizes=(1, 10, 500))
    assert found.shoppers == len(task.targets)
    assert found.at[1] < found.at[10] <= found.at[500] == found.union
    assert max(found.of_source.values()) <= found.union <= 1
    assert 0 < found.candidates <= 40
    assert {"state_vector", "sequential_rules", "item_knn"} <= set(found.of_source)


def test_whole_and_part_are_asked_of_one_training(ours, task):
    whole, part = decided_lists(ours, task), encoder_lists(ours.bundle, task)
    assert len(whole) == len(part) == len(task.targets)
    for row, user in enumerate(task.targets.users.tolist()):
        for lists in (whole, part):
            assert not set(lists.of(row)[0].tolist()) & set(task.sequences.items_of(user).tolist())
    assert whole.index[:, 0].tolist() != part.index[:, 0].tolist()


def test_what_was_chosen_is_learned_again_without_validation(ours, task, tmp_path):
    again = ours_learn(
        tmp_path / "again",
        Lesson(task.sequences, None),
        catalogue(),
        SMALL,
        seed=0,
        stages=lambda *_: None,
        chosen=ours.chosen,
    )
    assert again.chosen is ours.chosen
    assert again.bundle.manifest.fusion == ours.chosen.weights[False].fusion.to_json()
