"""Ask for jobs, cancel and repeat them, take up those whose process died."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.ids import uuid7
from catalog.models import Outbox, Shop
from catalog.outbox import outbox_add
from recommender.models import JobRun
from users.models import User

TOPIC = "job.asked"
MAX_ATTEMPTS = 3
SILENT = timedelta(seconds=30)  # no heartbeat for so long: the process is gone
FORGOTTEN = timedelta(minutes=2)  # queued for so long without a message under way: ask again
ALONE = frozenset({"train"})  # kinds of which one runs at a time, whatever the number of workers

Status = JobRun.Status


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
        job_announce(job)
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
        job_announce(job)


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
            job_announce(job)
            again.append(job)
    return len(again)


def job_announce(job: JobRun) -> None:
    """Leave the message that gets a queued job done; it goes out with the transaction."""
    outbox_add(shop=job.shop, topic=TOPIC, payload={"job": str(job.pk), "kind": job.kind})


@transaction.atomic
def _requeue(job: JobRun) -> bool:
    changed = JobRun.objects.filter(pk=job.pk, status=Status.RUNNING, attempts=job.attempts).update(
        status=Status.QUEUED
    )
    if changed:
        job_announce(job)
    return bool(changed)
