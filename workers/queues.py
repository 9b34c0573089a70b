"""Where work goes: what learns to ``train``, everything else to ``default``."""

from celery import current_app
from kombu.exceptions import OperationalError

DEFAULT = "default"
TRAIN = "train"
TRAIN_KINDS = frozenset({"train"})
"""Kinds of job that need torch."""

_TASKS = {DEFAULT: "workers.tasks.job", TRAIN: "workers.tasks_train.job"}


_ASKED_SECONDS = 1.0


def workers_count(queue: str) -> int:
    """How many tasks of a queue can run at once; 1 where nobody answers, as a worker busy in its only process does not.

    Asks every worker and waits a second for answers.
    """
    inspect = current_app.control.inspect(timeout=_ASKED_SECONDS)
    try:
        listening, able = inspect.active_queues() or {}, inspect.stats() or {}
    except (OperationalError, OSError):
        return 1
    ours = [name for name, queues in listening.items() if any(one["name"] == queue for one in queues)]
    return max(1, sum(int(able.get(name, {}).get("pool", {}).get("max-concurrency", 1)) for name in ours))


def job_send(job_id: str, kind: str) -> None:
    """Hand a job to the queue that can do it."""
    queue = TRAIN if kind in TRAIN_KINDS else DEFAULT
    current_app.send_task(_TASKS[queue], kwargs={"job_id": job_id}, queue=queue, retry=False)
