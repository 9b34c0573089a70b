"""The pool of the training worker: one task at a time, in the worker's own process, which can be told to end."""

from celery.concurrency.solo import TaskPool


class TrainingPool(TaskPool):
    """Celery's solo pool, except that the running task can be ended: Celery's own has no way to."""

    def terminate_job(self, pid: int, signal: int | None = None) -> None:
        """End the task: its job goes back to the queue, for the worker after this one.

        Args:
            pid: of this process.
            signal: is not sent.
        Raises: SystemExit, always, inside the task.
        """
        raise SystemExit
