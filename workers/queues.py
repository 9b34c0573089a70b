"""Where work goes: what learns to ``train``, everything else to ``default``."""

from celery import current_app

DEFAULT = "default"
TRAIN = "train"
TRAIN_KINDS = frozenset({"train"})
"""Kinds of job that need torch."""

_TASKS = {DEFAULT: "workers.tasks.job", TRAIN: "workers.tasks_train.job"}


def job_send(job_id: str, kind: str) -> None:
    """Hand a job to the queue that can do it."""
    queue = TRAIN if kind in TRAIN_KINDS else DEFAULT
    current_app.send_task(_TASKS[queue], kwargs={"job_id": job_id}, queue=queue, retry=False)
