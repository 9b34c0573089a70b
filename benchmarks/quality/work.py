"""What the models of the quality table have in common: a lesson and questions in, everybody's lists out."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.quality.cells import Options
from recommender.data.sequence_file import ItemTexts
from recommender.data.types import DataError
from recommender.trials.catalogue import Catalogue, catalogue_of
from recommender.trials.learn import Stages
from recommender.trials.lists import Lists
from recommender.trials.measure import Task
from recommender.trials.problems import Lesson

Questions = Mapping[str, tuple[Task, ...]]
RowLists = dict[str, dict[str, tuple[Lists, ...]]]
"""Row of the table → question → lists, one table per task of the question."""

Make = Callable[[Task], Lists]
"""Makes everybody's lists of a task."""

DEFAULT_MINUTES = 60.0


@dataclass(frozen=True)
class Work:
    """Surroundings of a fit."""

    texts: ItemTexts
    options: Options
    seed: int
    threads: int
    max_seconds: float
    home: Path  # DPE_HOME: text encoders, the peers' environment, cached text vectors
    scratch: Path  # empty when the cell began
    stages: Stages

    @property
    def text_file(self) -> Path:
        """Where the embedded texts of these items are kept for other cells."""
        digest = hashlib.sha256("\0".join(self.texts.texts).encode()).hexdigest()[:16]
        return self.home / "benchmarks" / f"text-{digest}.npy"

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items with their embedded texts."""
        file, texts = self.text_file, self.texts
        if file.exists():
            return Catalogue(texts.brand, texts.category, texts.department, np.load(file))
        found = catalogue_of(texts, home=self.home / "text_encoders")
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.scratch / file.name
        np.save(draft, np.asarray(found.text_vectors))
        shutil.move(draft, file)
        return found


@dataclass(frozen=True)
class Answers:
    """What a model made of a lesson."""

    lists: RowLists
    chosen: Any = None  # what the validation shoppers decided, for learning again
    details: dict[str, Any] = field(default_factory=dict)


class Fit(Protocol):
    """Learns from a lesson and answers questions."""

    def __call__(self, lesson: Lesson, questions: Questions, work: Work, chosen: Any) -> Answers:
        """Learn and answer.

        Args:
            lesson: what to learn from.
            questions: what to make lists for.
            work: options, seed, limits and places.
            chosen: what an earlier fit on validation shoppers decided; None: decide here.
        """
        ...


@dataclass(frozen=True)
class Model:
    """One line of the registry."""

    name: str
    fit: Fit
    rows: tuple[str, ...]  # of the table, the first is the one that trials are judged by
    roots: tuple[str, ...]  # code that can move its numbers, below the repository
    grid: tuple[Options, ...] = ({},)  # at most four; the first is used until trials have been run
    seeded: bool = True  # whether anything in it is random
    max_minutes: float = DEFAULT_MINUTES

    def __post_init__(self) -> None:
        if not 1 <= len(self.grid) <= 4:
            raise DataError(f"{self.name} has {len(self.grid)} sets of options; everybody is tuned with one to four")


def rows_make(makes: Mapping[str, Make], questions: Questions) -> RowLists:
    """Every row's lists for every question."""
    return {
        row: {name: tuple(make(task) for task in tasks) for name, tasks in questions.items()}
        for row, make in makes.items()
    }


def options_apply(config: Any, options: Options) -> Any:
    """A nested frozen dataclass with some fields changed.

    >>> from recommender.encoders.config import LearningConfig
    >>> options_apply(LearningConfig(), {"encoder.embedding_dim": 32}).encoder.embedding_dim
    32

    Args:
        config: a dataclass.
        options: values by dotted field names.
    Raises: DataError if a field does not exist.
    """
    for path, value in options.items():
        name, _, rest = path.partition(".")
        if not hasattr(config, name):
            raise DataError(
                f"{type(config).__name__} has no field {name!r}; the options of this model need another name"
            )
        inner = options_apply(getattr(config, name), {rest: value}) if rest else value
        config = replace(config, **{name: inner})
    return config


def unit_text(catalogue: Catalogue) -> np.ndarray:
    """(n, t) text vectors, rows of zeros where there is no text."""
    vectors = catalogue.text_vectors
    return np.zeros((len(catalogue), 1), np.float32) if vectors is None else np.nan_to_num(vectors)
