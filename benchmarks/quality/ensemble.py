"""Several sequence encoders that differ in nothing but their seed, ranked by the mean of what they say."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.quality.work import Answers, Questions, Work, rows_make
from recommender.encoders.batches import histories_newest
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.encoders.doubt import Doubt
from recommender.encoders.ensembles import ensemble_export, ensemble_train
from recommender.trials.lists import Lists, lists_collect
from recommender.trials.measure import Task
from recommender.trials.ours import best_unmet
from recommender.trials.problems import Lesson

MEMBERS = 3
ROWS = 256
"""Shoppers asked at once."""


def ensemble(lesson: Lesson, questions: Questions, work: Work, chosen: Any, *, name: str) -> Answers:
    """``MEMBERS`` encoders of the shop's defaults; ``chosen`` are the epochs that each was trained before."""
    config, catalogue = SHOP_DEFAULTS.encoder, work.catalogue
    if chosen is not None:
        config = replace(config, epochs=max(chosen, 1))
    members = ensemble_train(
        lesson.train,
        catalogue.text_vectors,
        config,
        k=MEMBERS,
        validation=lesson.validation.stop if lesson.validation else None,
        facts=catalogue.facts,
        repeats=lesson.repeats,
        seed=work.seed,
    )
    folder = work.scratch / ("again" if chosen else "members")
    ensemble_export(members, folder, seed=work.seed)
    lists = rows_make({name: partial(_lists, Doubt(folder))}, questions)
    epochs = [member.epochs for member in members]
    return Answers(lists, round(float(np.mean(epochs))), {"epochs": epochs})


def _lists(doubt: Doubt, task: Task) -> Lists:
    users = task.targets.users
    rows = []
    for begin in range(0, len(users), ROWS):
        some = users[begin : begin + ROWS]
        asked = histories_newest(task.sequences, some, doubt.max_length)
        said = doubt.opinion(asked.items, asked.kinds, asked.lengths).mean  # (b, n)
        rows += [best_unmet(scores, task, user) for scores, user in zip(said, some.tolist(), strict=True)]
    return lists_collect(rows, len(users))
