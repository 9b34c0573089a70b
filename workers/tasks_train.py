"""Tasks of the queue ``train``: only a worker with ``DPE_ROLE=train`` imports this module, and with it torch."""

from celery import shared_task

from recommender.jobs import job_run
from recommender.training.pipeline import bundle_train

WORK = {"train": bundle_train}


@shared_task(name="workers.tasks_train.job")
def job(job_id: str) -> None:
    """Run a job that learns."""
    job_run(job_id, WORK)
