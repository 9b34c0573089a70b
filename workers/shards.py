"""Everybody's lists, shared between the workers that are there.

A job of kind ``precompute`` that names no shard makes the first of as many shards as there are workers, and asks for
the others. Shards that nobody has begun when its own is done it makes itself: asking for too many delays nothing, and
whoever comes late finds every list up to date. How many there are is written into the job before the first is asked
for, so a job that is taken up after a kill asks for the same ones and no others.
"""

from collections.abc import Callable, Sequence
from typing import Any

from catalog.ids import uuid7_at
from recommender.jobs import JobProgress, job_ask
from recommender.models import JobRun
from recommender.precompute import STEP, lists_precompute, shard_precompute
from recommender.store.live import serving_read
from workers.queues import DEFAULT, workers_count

MOST_SHARDS = 64


def lists_share(job: JobRun, progress: JobProgress) -> dict[str, Any]:
    """Do a job of kind ``precompute``: its shard where it names one, else everybody's lists with the others' help.

    Returns:
        ``made`` (lists this job made), ``shards`` (how many there were) and ``bundle``.

    Raises:
        DataError: no bundle serves the shop.
        JobStopped: the job was cancelled.
    """
    if "shard" in job.params:
        return lists_precompute(job, progress)
    shards = _shards_settled(job)
    for other in range(1, shards):
        asked = {"shard": other, "shards": shards, "part_of": str(job.pk)}
        job_id = uuid7_at(job.created_at, str(job.pk), str(other))
        job_ask(shop=job.shop, kind=job.kind, params=asked, asked_by=job.asked_by, job_id=job_id)
    progress.plan({STEP: 1.0})
    progress.step(STEP)
    mine = [0]
    made = shard_precompute(job.shop, 0, shards, _whole(job, progress, mine, shards))
    while (shard := _untouched(job, mine)) is not None:
        mine.append(shard)
        made += shard_precompute(job.shop, shard, shards, _whole(job, progress, mine, shards))
    return {"made": made, "shards": shards, "bundle": serving_read(job.shop_id).bundle_id}


def _shards_settled(job: JobRun) -> int:
    """How many shards this job is made in: as many as workers can work at now, once and for all its attempts."""
    if "shards" not in job.params:
        job.params = {**job.params, "shards": min(workers_count(DEFAULT), MOST_SHARDS)}
        job.save(update_fields=["params"])
    return int(job.params["shards"])


def _untouched(job: JobRun, mine: Sequence[int]) -> int | None:
    """A shard that nobody has begun."""
    waiting = job.parts().filter(status=JobRun.Status.QUEUED).exclude(params__shard__in=mine).first()
    return int(waiting.params["shard"]) if waiting else None


def _whole(job: JobRun, progress: JobProgress, mine: Sequence[int], shards: int) -> Callable[[float, float], None]:
    """A report of the last shard of ``mine`` that tells how far all shards together are."""

    def report(done: float, total: float) -> None:
        others = sum(part.done / part.total for part in job.parts().exclude(params__shard__in=mine))
        progress.update(len(mine) - 1 + done / total + others, shards)

    return report
