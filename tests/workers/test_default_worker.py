"""A real default worker: messages become vectors and lists, without torch."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from catalog.items import Words, item_create
from catalog.models import Outbox, Shop
from dpe_site.celery import app
from recommender.data.types import Source
from recommender.facts.context import Asked, context_read
from recommender.jobs import job_ask
from recommender.models import ItemVector, JobRun, Live, PrecomputedList, TrendSnapshot
from recommender.store.gather import SqlGather
from recommender.store.live import serving_read
from tests.fixtures.databases import Database
from tests.fixtures.web import Running
from users.models import Shopper

SECONDS = 90


@pytest.fixture(scope="session")
def site_template(demo_bundle: Database) -> Database:
    return demo_bundle


def until(what: Callable[[], bool], worker: Running, seconds: float = SECONDS) -> None:
    """Wait, handing messages over as beat would."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, worker.log.read_text()[-4000:]
        app.send_task("workers.tasks.relay", queue="default")
        time.sleep(0.3)


def test_a_new_item_is_found_without_training(celery_default_worker: Running) -> None:
    shop = Shop.objects.get(code="demo")
    words = {"en": Words("Linen cushion in sage green", "A soft cushion for the sofa.")}
    item = item_create(
        shop=shop, external_id="brand-new", texts=words, published_at=timezone.now() - timedelta(hours=1)
    )
    until(lambda: ItemVector.objects.filter(item=item).exists(), celery_default_worker)
    row = ItemVector.objects.get(item=item)
    assert row.after_training
    assert row.bundle_id == Live.objects.get(shop=shop).bundle_id
    assert np.isfinite(np.asarray(row.vector)).all()
    message = Outbox.objects.filter(topic="item.changed").latest("created_at")
    until(lambda: Outbox.objects.filter(pk=message.pk, handled_at__isnull=False).exists(), celery_default_worker)
    shopper = Shopper.objects.of(shop).filter(state__isnull=False).first()
    context = context_read(shop, shopper, Asked(surface="homepage", session="", now=timezone.now()))
    gathered = SqlGather(serving_read(shop.pk))(context)
    place = gathered.item_ids.tolist().index(item.pk)
    assert gathered.index[place] == -1
    assert place in gathered.fresh_rows
    assert gathered.has(Source.NEW_ARRIVALS)[place]


def test_lists_are_made_for_every_shopper_and_not_made_again(celery_default_worker: Running) -> None:
    shop = Shop.objects.get(code="demo")

    def run() -> JobRun:
        job = job_ask(shop=shop, kind="precompute")
        until(lambda: JobRun.objects.get(pk=job.pk).finished_at is not None, celery_default_worker)
        return JobRun.objects.get(pk=job.pk)

    first = run()
    assert first.status == JobRun.Status.SUCCEEDED, first.error
    people = Shopper.objects.of(shop).filter(merged_into=None).count()
    assert first.result["made"] == people == PrecomputedList.objects.of(shop).count()
    one = PrecomputedList.objects.of(shop).first()
    assert len(set(one.item_ids)) == len(one.item_ids) > 10
    assert run().result["made"] == 0


def test_trends_are_counted(celery_default_worker: Running) -> None:
    shop = Shop.objects.get(code="demo")
    app.send_task("workers.tasks.trends", queue="default")
    until(lambda: TrendSnapshot.objects.of(shop).exists(), celery_default_worker)
    trend = TrendSnapshot.objects.of(shop).latest("at")
    assert trend.counts == sorted(trend.counts, reverse=True)
    assert Live.objects.get(shop=shop).trend_id == trend.pk


def test_the_worker_has_no_torch(celery_default_worker: Running) -> None:
    maps = Path(f"/proc/{celery_default_worker.process.pid}/maps").read_text()
    assert "onnxruntime" in maps
    assert "libtorch" not in maps
