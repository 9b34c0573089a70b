"""Our own models on a problem: learned, then asked for everybody's list, whole and each part alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recommender.data.item_model import ItemModel
from recommender.data.types import Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.ranking.choices import context_of, state_of
from recommender.serving.bundle import Bundle
from recommender.trials.ask import answers, lists_of
from recommender.trials.baselines import Scorer
from recommender.trials.catalogue import Catalogue
from recommender.trials.learn import Stages, Weighing, bundle_with, trial_learn, weighing_learn
from recommender.trials.lists import Lists, best_of, lists_collect
from recommender.trials.measure import Task, task_new_only
from recommender.trials.problems import Lesson


@dataclass(frozen=True)
class Chosen:
    """What the validation shoppers decided: enough to learn again from more behaviour."""

    epochs: int
    weights: Mapping[bool, Weighing]  # by whether items already met may be shown


@dataclass(frozen=True)
class Ours:
    """A learned bundle and what was chosen for it."""

    bundle: Bundle
    chosen: Chosen

    def bundle_for(self, task: Task) -> Bundle:
        """The bundle under the weights of a task's kind."""
        return bundle_with(self.bundle, self.chosen.weights[task.repeats])

    def fusion_alone(self) -> "Ours":
        """The same without a second stage."""
        weights = {repeats: weighing.fusion_alone() for repeats, weighing in self.chosen.weights.items()}
        return replace(self, chosen=replace(self.chosen, weights=weights))


def ours_learn(
    folder: Path,
    lesson: Lesson,
    catalogue: Catalogue,
    config: LearningConfig,
    *,
    seed: int,
    stages: Stages,
    chosen: Chosen | None = None,
    fused: bool = True,
    device: str = "cpu",
) -> Ours:
    """Learn every behaviour model from a lesson.

    Args:
        folder: where the bundle will stand; must not exist.
        lesson: behaviour and validation shoppers.
        catalogue: the vocabulary.
        config: of the models.
        seed: of everything random.
        stages: progress.
        chosen: epochs and weights chosen before; None: they are chosen here.
        fused: whether fusion and second stage are fitted; without, only parts of the bundle are of use.
        device: for the encoder.
    """
    if chosen is not None:
        config = replace(config, encoder=replace(config.encoder, epochs=max(chosen.epochs, 1)))
    trial = trial_learn(
        folder,
        lesson.train,
        catalogue,
        config,
        seed=seed,
        stages=stages,
        thirds=None if chosen else lesson.validation,
        weighing=chosen.weights[lesson.repeats] if chosen else Weighing(),
        now_us=lesson.now_us,
        repeats=lesson.repeats,
        device=device,
    )
    if chosen is None:
        weights = _weights(trial.bundle, lesson, stages, seed) if fused else dict.fromkeys((True, False), Weighing())
        chosen = Chosen(trial.epochs, weights)
    return Ours(trial.bundle, chosen)


def _weights(bundle: Bundle, lesson: Lesson, stages: Stages, seed: int) -> dict[bool, Weighing]:
    """Fusion and second stage of each kind of task that the lesson knows."""
    if lesson.validation is None:
        return dict.fromkeys((True, False), Weighing())
    whole = Task(lesson.train, lesson.validation.fusion, repeats=lesson.repeats, now_us=lesson.now_us)
    tasks = (whole, task_new_only(whole)) if lesson.repeats else (whole,)
    return {
        task.repeats: weighing_learn(
            bundle, task.sequences, task.targets, stages, now_us=task.now_us, repeats=task.repeats, seed=seed
        )
        for task in tasks
    }


def decided_lists(ours: Ours, task: Task) -> Lists:
    """What ``decide`` would show, whole."""
    users = task.targets.users
    found = answers(ours.bundle_for(task), task.sequences, users, now_us=task.now_us, repeats=task.repeats)
    return lists_of(found, len(users))


def encoder_lists(bundle: Bundle, task: Task) -> Lists:
    """What the sequence encoder alone would show, all items ranked."""
    arrays = bundle.arrays
    vectors, bias = np.asarray(arrays.item_vectors, np.float32), np.asarray(arrays.item_bias, np.float32)

    def scores(user: int) -> Floats:
        context = context_of(task.sequences, user, arrays.item_ids, now_us=task.now_us)
        items = task.sequences.items_of(user)
        state = state_of(context, items, arrays, bundle.state_encoder, bundle.manifest.max_length)
        return np.asarray(vectors @ state + bias, np.float32)

    rows = (best_unmet(scores(user), task, user) for user in task.targets.users.tolist())
    return lists_collect(rows, len(task.targets))


def scored_lists(score: Scorer, task: Task) -> Lists:
    """What a model would show that scores every item, given a shopper's items, oldest first."""
    rows = (best_unmet(score(task.sequences.items_of(user)), task, user) for user in task.targets.users.tolist())
    return lists_collect(rows, len(task.targets))


def model_lists(model: ItemModel, task: Task) -> Lists:
    """What a collaborative model alone would show."""
    return scored_lists(lambda items: model.scores([items[::-1]])[0], task)


def best_unmet(scores: Floats, task: Task, user: int) -> tuple[Ints, Floats]:
    """The best items of a shopper, those already met left out unless the task allows them."""
    if not task.repeats:
        items = task.sequences.items_of(user)
        scores = scores.copy()
        scores[items[items >= 0]] = -np.inf
    return best_of(scores)
