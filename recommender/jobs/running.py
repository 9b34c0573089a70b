"""Run a job: claim its row, keep a heartbeat in it, and write down how it ended."""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from recommender.data.types import ArtifactMismatch, DataError
from recommender.jobs.asking import ALONE, MAX_ATTEMPTS, SILENT, job_announce
from recommender.jobs.progress import JobProgress, JobStopped
from recommender.models import JobRun

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
_LOCK_CLASS = 0x445045  # "DPE"

Status = JobRun.Status
Work = Callable[[JobRun, JobProgress], dict[str, Any]]
"""Does a job and returns its result; raises DataError for what no repetition would mend."""


def job_run(job_id: UUID | str, work: Mapping[str, Work], listener: Callable[[JobRun], None] | None = None) -> JobRun:
    """Run a job unless somebody else does, it is over, or another of its kind must end first.

    Args:
        job_id: of a JobRun.
        work: what to do, by kind.
        listener: see ``JobProgress``.

    Returns:
        The job as it stands afterwards.
    """
    job = JobRun.objects.select_related("shop").get(pk=job_id)
    with _alone(job.kind) as free:
        if free and _claim(job):
            with _heartbeat(job):
                _attempt(job, work[job.kind], JobProgress(job, listener))
    job.refresh_from_db()
    return job


@contextmanager
def _alone(kind: str) -> Iterator[bool]:
    """True while no other process runs this kind; always true for kinds that may run side by side."""
    if kind not in ALONE:
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK_CLASS, kind])
        free = bool(cursor.fetchone()[0])
    try:
        yield free
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK_CLASS, kind])


def _claim(job: JobRun) -> bool:
    now = timezone.now()
    free = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, heartbeat_at__lt=now - SILENT)
    changed = JobRun.objects.filter(free, pk=job.pk, attempts__lt=MAX_ATTEMPTS, cancel_requested=False).update(
        status=Status.RUNNING, attempts=F("attempts") + 1, heartbeat_at=now, started_at=now, finished_at=None, error=""
    )
    if changed:
        job.refresh_from_db()
    return bool(changed)


@contextmanager
def _heartbeat(job: JobRun) -> Iterator[None]:
    """A sign of life every few seconds from a thread of its own, also while a long step reports nothing."""
    stop = Event()

    def beat() -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            try:
                JobRun.objects.filter(pk=job.pk, attempts=job.attempts).update(heartbeat_at=timezone.now())
            except DatabaseError:
                logger.warning("No heartbeat for %s: the database is away", job)
                connection.close()
        connection.close()

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _attempt(job: JobRun, work: Work, progress: JobProgress) -> None:
    try:
        result = work(job, progress)
    except JobStopped:
        if JobRun.objects.filter(pk=job.pk, attempts=job.attempts, cancel_requested=True).exists():
            _end(job, Status.CANCELLED, error=gettext_noop("Cancelled by staff."))
    except (DataError, ArtifactMismatch) as error:
        _end(job, Status.FAILED, error=str(error))
    except (KeyboardInterrupt, SystemExit):
        _given_back(job)
        raise
    except Exception as error:
        logger.exception("%s failed at attempt %s", job, job.attempts)
        progress.log("".join(traceback.format_exception(error)))
        _failed(job, error)
    else:
        job.done = job.total
        _end(job, Status.SUCCEEDED, result=result)


@transaction.atomic
def _given_back(job: JobRun) -> None:
    """The process is ending and the job is not to blame: whoever comes next goes on with it, and no attempt counts."""
    mine = JobRun.objects.filter(pk=job.pk, attempts=job.attempts)
    if mine.update(status=Status.QUEUED, attempts=F("attempts") - 1):
        job_announce(job)


def _failed(job: JobRun, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"
    if job.attempts >= MAX_ATTEMPTS:
        _end(job, Status.PARKED, error=text)
        return
    with transaction.atomic():
        mine = JobRun.objects.filter(pk=job.pk, status=Status.RUNNING, attempts=job.attempts)
        if mine.update(status=Status.QUEUED, error=text, log=job.log):
            job_announce(job)


def _end(job: JobRun, status: str, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    JobRun.objects.filter(pk=job.pk, attempts=job.attempts).update(
        status=status,
        error=error,
        result=result or {},
        done=job.done,
        eta_seconds=None,
        log=job.log,
        curves=job.curves,
        finished_at=timezone.now(),
    )
