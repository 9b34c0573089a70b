"""A peer as a model of the quality table: commissioned by files, run in its own environment, its lists read back."""

import os
import subprocess
from typing import Any

from benchmarks.peers.environment import peer_python
from benchmarks.peers.exchange import Order, Outcome, Question, commission_write, histories_of, outcome_read
from benchmarks.quality.work import Answers, Questions, Work
from dpe_site.environment import REPOSITORY
from recommender.trials.lists import Lists
from recommender.trials.problems import Lesson


def peer_fit(
    lesson: Lesson, questions: Questions, work: Work, chosen: Outcome | None, *, name: str, module: str, model: str
) -> Answers:
    """Let a peer learn and answer.

    Args:
        lesson: what to learn from; early stopping uses the same third of the validation shoppers as ours.
        questions: what to make lists for.
        work: options, seed and limits.
        chosen: what the peer said when it chose; its number of epochs is trained again.
        name: row of the table.
        module: to run inside the environment.
        model: of the module.
    Raises: subprocess.CalledProcessError if it fails; what it said stands in the terminal.
    """
    tasks = [task for several in questions.values() for task in several]
    folder = work.scratch / ("again" if chosen else "peer")
    folder.mkdir()
    order = Order(
        model=model,
        options=work.options,
        seed=work.seed,
        threads=work.threads,
        questions=len(tasks),
        repeats=lesson.repeats,
        max_seconds=work.max_seconds,
        epochs=0 if chosen is None else chosen.epochs,
    )
    stop = lesson.validation.stop if lesson.validation else None
    asked = [Question(histories_of(task.sequences, task.targets.users), task.repeats) for task in tasks]
    commission_write(folder, order, lesson.train, stop, asked)
    subprocess.run(
        [str(peer_python(work.home)), "-m", module, str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
    )
    outcome, lists = outcome_read(folder, len(tasks))
    return Answers({name: _by_question(questions, lists)}, outcome, _told(outcome))


def _by_question(questions: Questions, lists: list[Lists]) -> dict[str, tuple[Lists, ...]]:
    found, begin = {}, 0
    for name, tasks in questions.items():
        found[name] = tuple(lists[begin : begin + len(tasks)])
        begin += len(tasks)
    return found


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "epochs": outcome.epochs,
        "learn_seconds": outcome.learn_seconds,
        "versions": outcome.versions,
        "curve": outcome.curve,
    }
