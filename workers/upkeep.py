"""What has to be done every now and then, shop by shop."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from catalog.models import Shop
from catalog.outbox import outbox_prune
from catalog.partitioning import default_partition_prune, month_partitions_drop, month_partitions_ensure
from recommender.jobs import job_ask
from recommender.models import Impression, JobRun, Live, RequestLog
from recommender.seen import sessions_forget
from recommender.store.bundles import RESUMABLE, bundles_retire
from recommender.training.workspace import workspaces_prune
from recommender.trends import trend_refresh
from users.models import Interaction, Search
from users.receipts import receipts_prune
from workers.leases import slot_id

MONTHS_AHEAD = timedelta(days=62)
RECEIPTS_KEPT = timedelta(days=31)
JOBS_KEPT = timedelta(days=180)
UNTOUCHED = timedelta(days=1)
NIGHT = timedelta(days=1)
FROM_SCRATCH = 6  # weekday: what small updates drift from is found again once a week
IMPRESSIONS = Impression._meta.db_table
PARTITIONED = (Interaction._meta.db_table, IMPRESSIONS)


def for_each_shop(do: Callable[[Shop], object]) -> int:
    """Do something for every shop; the number of shops."""
    shops = list(Shop.objects.order_by("pk"))
    for shop in shops:
        do(shop)
    return len(shops)


def trends_refresh() -> int:
    """Count what is looked at now."""
    return for_each_shop(trend_refresh)


def partitions_ensure(now: datetime | None = None) -> list[str]:
    """Months to come have their partitions before their first row."""
    now = now or timezone.now()
    return [name for table in PARTITIONED for name in month_partitions_ensure(table, now, now + MONTHS_AHEAD)]


def leftovers_prune(now: datetime | None = None) -> dict[str, int]:
    """Remove what is past its time: receipts, request logs, handled messages, old jobs, searches, impressions.

    A page that nobody has made theirs loses its session when events are too old to name it.
    """
    now = now or timezone.now()
    shown = now - timedelta(days=settings.DPE_KEEP_IMPRESSIONS_DAYS)
    sought = now - timedelta(days=settings.DPE_KEEP_SEARCHES_DAYS)
    over = JobRun.objects.filter(finished_at__lt=now - JOBS_KEPT)
    return {
        "receipts": receipts_prune(now - RECEIPTS_KEPT),
        "requests": RequestLog.objects.filter(at__lt=now - timedelta(days=settings.DPE_KEEP_REQUESTS_DAYS)).delete()[0],
        "messages": outbox_prune(now),
        "jobs": over.delete()[0],
        "searches": Search.objects.filter(at__lt=sought).delete()[0],
        "sessions": sessions_forget(now - RECEIPTS_KEPT),
        "impression months": len(month_partitions_drop(IMPRESSIONS, shown)),
        "impressions": default_partition_prune(IMPRESSIONS, shown),
    }


def workspaces_put_away(now: datetime | None = None) -> int:
    """Remove what trainings left on disk that no job will take up again."""
    now = now or timezone.now()
    going_on = Q(status__in=(JobRun.Status.QUEUED, JobRun.Status.RUNNING))
    resumable = Q(finished_at__gte=now - RESUMABLE) & ~Q(status=JobRun.Status.SUCCEEDED)
    wanted = JobRun.objects.filter(going_on | resumable, kind="train").values_list("pk", flat=True)
    return workspaces_prune(Path(settings.DPE_HOME), set(wanted), now - UNTOUCHED)


def bundles_put_away() -> int:
    """Retire bundles that are no longer needed."""
    return for_each_shop(bundles_retire)


def training_ask(now: datetime | None = None) -> int:
    """Ask for tonight's training of every shop that has a bundle and new facts since.

    Six nights a week the serving encoder is taught what is new; in the night to Sunday it is learned from scratch.
    """
    moment = now or timezone.now()
    asked = 0
    for live in Live.objects.select_related("shop", "bundle").exclude(bundle=None):
        since = live.bundle.created_at if live.bundle else moment
        if Interaction.objects.of(live.shop).filter(received_at__gt=since).exists():
            params = {} if moment.weekday() == FROM_SCRATCH else {"update": live.bundle_id}
            name = slot_id(f"train {live.shop_id}", moment, NIGHT)
            job_ask(shop=live.shop, kind="train", params=params, job_id=name)
            asked += 1
    return asked


def precompute_ask(now: datetime | None = None) -> int:
    """Ask for tonight's lists of every shop that has a bundle; the workers share them (``shards``)."""
    moment = now or timezone.now()
    asked = 0
    for live in Live.objects.select_related("shop").exclude(bundle=None):
        job_ask(shop=live.shop, kind="precompute", job_id=slot_id(f"precompute {live.shop_id}", moment, NIGHT))
        asked += 1
    return asked


def database_analyze() -> None:
    """Fresh statistics for partitioned parents, which autovacuum leaves alone."""
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            cursor.execute(f'ANALYZE "{table}"')
