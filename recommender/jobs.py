"""Background work that staff can follow: asked for through the outbox, counted, resumed after a kill, parked at three.

A job is a row. Whoever runs it claims the row, keeps a heartbeat in it, and reports progress through ``JobProgress``. A
row whose heartbeat stops is claimed again by ``jobs_recover``; work therefore has to be safe to start over.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from catalog.ids import uuid7
from catalog.models import Outbox, Shop
from catalog.outbox import outbox_add
from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import JobRun
from users.models import User

logger = logging.getLogger(__name__)

TOPIC = "job.asked"
MAX_ATTEMPTS = 3
HEARTBEAT_SECONDS = 5.0
SILENT = timedelta(seconds=30)  # no heartbeat for so long: the process is gone
FORGOTTEN = timedelta(minutes=2)  # queued for so long without a message under way: ask again
WRITE_SECONDS = 0.5
LOG_CHARACTERS = 20_000
ALONE = frozenset({"train"})  # kinds of which one runs at a time, whatever the number of workers
_LOCK_CLASS = 0x445045  # "DPE"

Status = JobRun.Status


class JobStopped(Exception):
    """The job was cancelled, or another process has taken it over."""


class JobProgress:
    """Where a running job stands; every report also asks whether to go on.

    Args:
        job: a claimed job.
        listener: called after each change, for a console.
    """

    def __init__(self, job: JobRun, listener: "Callable[[JobRun], None] | None" = None) -> None:
        self.job = job
        self._listener = listener
        self._weights: dict[str, float] = {}
        self._started = self._written = time.monotonic()
        self._first_share: float | None = None

    def plan(self, weights: Mapping[str, float]) -> None:
        """Steps in their order, with the share of the whole work that each is expected to be."""
        self._weights = dict(weights)
        self.job.total, self.job.done = sum(weights.values()) or 1.0, 0.0

    def step(self, name: str) -> None:
        """Begin a step of the plan."""
        names = list(self._weights)
        self.job.step = name
        self.job.done = sum(self._weights[earlier] for earlier in names[: names.index(name)])
        if self._first_share is None:
            self._first_share = self.job.done
        self.log(name)
        self._write()

    def update(self, done: float, total: float) -> None:
        """Report how much of the current step is done.

        Raises:
            JobStopped: the job was cancelled or is no longer ours.
        """
        names = list(self._weights)
        before = sum(self._weights[earlier] for earlier in names[: names.index(self.job.step)])
        self.job.done = before + self._weights[self.job.step] * min(done / max(total, 1e-9), 1.0)
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._write()

    def log(self, line: str) -> None:
        """Add a line to the job's log; it is stored with the next report."""
        self.job.log = f"{self.job.log}{timezone.now():%H:%M:%S} {line}\n"[-LOG_CHARACTERS:]

    def curve(self, name: str, x: float, y: float) -> None:
        """Add a point to a curve, for example the loss over steps."""
        self.job.curves.setdefault(name, []).append([x, y])

    def _write(self) -> None:
        job, self._written = self.job, time.monotonic()
        job.eta_seconds = self._eta()
        fields = ("step", "done", "total", "eta_seconds", "log", "curves")
        mine = JobRun.objects.filter(pk=job.pk, attempts=job.attempts, status=Status.RUNNING, cancel_requested=False)
        if not mine.update(heartbeat_at=timezone.now(), **{name: getattr(job, name) for name in fields}):
            raise JobStopped(f"{job} was cancelled or taken over")
        if self._listener:
            self._listener(job)

    def _eta(self) -> float | None:
        gone = self.job.done - (self._first_share or 0.0)
        if gone <= 0:
            return None
        return (time.monotonic() - self._started) * (self.job.total - self.job.done) / gone


Work = Callable[[JobRun, JobProgress], dict[str, Any]]
"""Does a job and returns its result; raises DataError for what no repetition would mend."""


@transaction.atomic
def job_ask(
    *,
    shop: Shop,
    kind: str,
    params: dict[str, Any] | None = None,
    asked_by: User | None = None,
    job_id: UUID | None = None,
) -> JobRun:
    """A new job and the message that gets it done, in one transaction; a ``job_id`` that exists is not asked twice."""
    wanted = {"shop": shop, "kind": kind, "params": params or {}, "asked_by": asked_by}
    job, made = JobRun.objects.get_or_create(id=job_id or uuid7(), defaults=wanted)
    if made:
        _announce(job)
    return job


def job_here(*, shop: Shop, kind: str, params: dict[str, Any]) -> JobRun:
    """A job for this process to run itself: an equal one whose process died, or a new one."""
    silent = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, heartbeat_at__lt=timezone.now() - SILENT)
    left = JobRun.objects.of(shop).filter(silent, kind=kind, params=params, attempts__gt=0, attempts__lt=MAX_ATTEMPTS)
    return left.first() or JobRun.objects.create(shop=shop, kind=kind, params=params)


def job_cancel(job: JobRun) -> None:
    """Ask a job to stop: at once when it waits, at its next report when it runs."""
    JobRun.objects.filter(pk=job.pk).update(cancel_requested=True)
    JobRun.objects.filter(pk=job.pk, status=Status.QUEUED).update(status=Status.CANCELLED, finished_at=timezone.now())


@transaction.atomic
def job_replay(job: JobRun) -> None:
    """Give a parked, failed or cancelled job three new attempts; finished steps are not repeated."""
    over = (Status.PARKED, Status.FAILED, Status.CANCELLED)
    changed = JobRun.objects.filter(pk=job.pk, status__in=over).update(
        status=Status.QUEUED, attempts=0, error="", cancel_requested=False, finished_at=None
    )
    if changed:
        _announce(job)


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


def jobs_recover(now: datetime | None = None) -> int:
    """Ask again for jobs whose process died, park those that failed three times, and find forgotten ones.

    Returns:
        How many jobs were asked for again.
    """
    now = now or timezone.now()
    silent = JobRun.objects.filter(status=Status.RUNNING, heartbeat_at__lt=now - SILENT)
    lost = "The process that ran it ended without a word three times, for example for want of memory."
    silent.filter(attempts__gte=MAX_ATTEMPTS).update(status=Status.PARKED, error=lost, finished_at=now)
    again = [job for job in silent if _requeue(job)]
    busy = set(JobRun.objects.filter(status=Status.RUNNING, kind__in=ALONE).values_list("kind", flat=True))
    waiting = JobRun.objects.filter(status=Status.QUEUED, created_at__lt=now - FORGOTTEN).exclude(kind__in=busy)
    for job in waiting.select_related("shop"):
        if not Outbox.objects.filter(topic=TOPIC, payload__job=str(job.pk), created_at__gt=now - FORGOTTEN).exists():
            _announce(job)
            again.append(job)
    return len(again)


def _announce(job: JobRun) -> None:
    outbox_add(shop=job.shop, topic=TOPIC, payload={"job": str(job.pk), "kind": job.kind})


@transaction.atomic
def _requeue(job: JobRun) -> bool:
    changed = JobRun.objects.filter(pk=job.pk, status=Status.RUNNING, attempts=job.attempts).update(
        status=Status.QUEUED
    )
    if changed:
        _announce(job)
    return bool(changed)


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
        JobRun.objects.filter(pk=job.pk, attempts=job.attempts).update(status=Status.QUEUED, attempts=F("attempts") - 1)
        raise
    except Exception as error:
        logger.exception("%s failed at attempt %s", job, job.attempts)
        progress.log("".join(traceback.format_exception(error)))
        _failed(job, error)
    else:
        job.done = job.total
        _end(job, Status.SUCCEEDED, result=result)


def _failed(job: JobRun, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"
    if job.attempts >= MAX_ATTEMPTS:
        _end(job, Status.PARKED, error=text)
        return
    with transaction.atomic():
        mine = JobRun.objects.filter(pk=job.pk, status=Status.RUNNING, attempts=job.attempts)
        if mine.update(status=Status.QUEUED, error=text, log=job.log):
            _announce(job)


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
