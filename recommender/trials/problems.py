"""The public data sets as problems: what may be learned from, what decides about it, and what is asked in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from recommender.data.sequence_file import ItemTexts
from recommender.data.sequences import Sequences
from recommender.data.splits import Split, Thirds, leave_last_out, time_split, validation_thirds
from recommender.trials.datasets import (
    RETAIL_SPLIT_US,
    RETAIL_VALIDATION_US,
    Dataset,
    beauty_read,
    movielens_read,
    retail_read,
)
from recommender.trials.measure import Task, task_new_only

LAST_POSITIONS = 10
VALIDATION = "validation"
PERMUTATION = 0
"""Seed of the random indices: the same in every run, so that runs can be compared shopper by shopper."""


@dataclass(frozen=True)
class Lesson:
    """Behaviour to learn from."""

    train: Sequences
    validation: Thirds | None  # what came next for some shoppers; None: everything was chosen before
    now_us: int = 0  # end of ``train``, 0 where there are no times
    repeats: bool = False  # whether items already met may be asked for


@dataclass(frozen=True)
class Problem:
    """A data set, split.

    Everything that is chosen (epochs, weights, options) is chosen on ``lesson``. ``again`` is more behaviour, from
    which the models are learned anew with what was chosen; where it is None they stay as they are: ``strict``.
    """

    name: str
    texts: ItemTexts
    lesson: Lesson
    again: Lesson | None
    questions: Mapping[str, tuple[Task, ...]]  # several tasks of one question: the same shoppers at several moments

    @property
    def validation(self) -> tuple[Task, ...]:
        """The question put to the third of the validation shoppers that nothing was fitted on."""
        lesson = self.lesson
        if lesson.validation is None:
            return ()
        return (Task(lesson.train, lesson.validation.report, repeats=lesson.repeats, now_us=lesson.now_us),)


class ProblemReader(Protocol):
    """Reads a problem from the folder of the data sets."""

    def __call__(self, data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
        """Read it.

        Args:
            data: folder of the data sets.
            seed: deals the validation shoppers into thirds.
            tie_seed: orders what happened at the same time.
            refit: learn again with the validation items before the test.
        """
        ...


def beauty(data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
    """Amazon Beauty: each shopper's last item. There are no times, so ``tie_seed`` changes nothing."""
    return _leave_one_out("beauty", beauty_read(data, seed=PERMUTATION), seed=seed, refit=refit)


def movielens_last(data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
    """MovieLens-100K: each viewer's last film."""
    dataset = movielens_read(data, seed=PERMUTATION, tie_seed=tie_seed)
    return _leave_one_out("ml-100k", dataset, seed=seed, refit=refit)


def movielens_last_ten(data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
    """MovieLens-100K: each viewer's last ten films, one after the other, by models frozen before all of them."""
    dataset = movielens_read(data, seed=PERMUTATION, tie_seed=tie_seed)
    whole = dataset.sequences
    asked = [leave_last_out(whole.without_last(left)) for left in range(LAST_POSITIONS - 1, -1, -1)]
    tasks = tuple(Task(split.train, split.targets) for split in asked)
    lesson, again = _lessons(whole.without_last(LAST_POSITIONS), seed=seed, refit=refit)
    return Problem("ml-100k-last-10", dataset.texts, lesson, again, {f"last {LAST_POSITIONS} items": tasks})


def retail(data: Path, *, seed: int, tie_seed: int, refit: bool) -> Problem:
    """Online Retail: the first basket after the split, everything known at the split.

    What is chosen is chosen on the first baskets after an earlier split. An invoice has no inner order, so
    ``tie_seed`` changes nothing, and learning up to the split is the only sensible mode, so ``refit`` neither.
    """
    dataset = retail_read(data, seed=PERMUTATION)
    whole = dataset.sequences
    earlier = time_split(whole.before(RETAIL_SPLIT_US), RETAIL_VALIDATION_US)
    test = time_split(whole, RETAIL_SPLIT_US)
    everything = Task(test.train, test.targets, repeats=True, now_us=RETAIL_SPLIT_US)
    later = replace(everything, targets=time_split(whole, RETAIL_SPLIT_US, whole_future=True).targets)
    return Problem(
        "online-retail",
        dataset.texts,
        Lesson(earlier.train, validation_thirds(earlier.targets, seed=seed), RETAIL_VALIDATION_US, repeats=True),
        Lesson(test.train, None, RETAIL_SPLIT_US, repeats=True),
        {
            "all purchases": (everything,),
            "items new to the customer": (task_new_only(everything),),
            "all purchases, every later basket": (later,),
        },
    )


def _leave_one_out(name: str, dataset: Dataset, *, seed: int, refit: bool) -> Problem:
    test = leave_last_out(dataset.sequences)
    lesson, again = _lessons(test.train, seed=seed, refit=refit)
    return Problem(name, dataset.texts, lesson, again, {"last item": (Task(test.train, test.targets),)})


def _lessons(given: Sequences, *, seed: int, refit: bool) -> tuple[Lesson, Lesson | None]:
    """The last item of what is given is for validation; with ``refit`` it is learned from in the end."""
    split: Split = leave_last_out(given)
    lesson = Lesson(split.train, validation_thirds(split.targets, seed=seed))
    return lesson, Lesson(given, None) if refit else None


PROBLEMS: dict[str, ProblemReader] = {
    "online-retail": retail,
    "ml-100k": movielens_last,
    "ml-100k-last-10": movielens_last_ten,
    "beauty": beauty,
}
