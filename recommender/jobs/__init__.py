"""Background work that staff can follow: asked for through the outbox, counted, resumed after a kill, parked at three.

A job is a row. Whoever runs it claims the row, keeps a heartbeat in it, and reports progress through ``JobProgress``. A
row whose heartbeat stops is claimed again by ``jobs_recover``; work therefore has to be safe to start over.
"""

from recommender.jobs.asking import (
    SILENT,
    TOPIC,
    job_ask,
    job_cancel,
    job_here,
    job_replay,
    jobs_recover,
)
from recommender.jobs.progress import JobProgress, JobStopped
from recommender.jobs.running import Work, job_run

__all__ = [
    "SILENT",
    "TOPIC",
    "JobProgress",
    "JobStopped",
    "Work",
    "job_ask",
    "job_cancel",
    "job_here",
    "job_replay",
    "job_run",
    "jobs_recover",
]
