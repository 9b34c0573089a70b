"""A real train worker, killed in the middle: the next one goes on where it was."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from catalog.models import Outbox, Shop
from dpe_site.celery import app
from recommender.encoders.doubt import Doubt
from recommender.jobs import SILENT, job_ask, jobs_recover
from recommender.models import BundleVersion, GateAttempt, ItemVector, JobRun, Live, TextVector
from recommender.store.bundles import bundle_open
from recommender.store.doubt import DOUBT
from tests.fixtures.bundle import SMALL_RECIPE
from tests.fixtures.databases import Database
from tests.fixtures.web import Running, worker_on

SECONDS = 240
LEARNING = "Learning from what shoppers did"


@pytest.fixture(scope="session")
def site_template(demo_shop: Database) -> Database:
    return demo_shop


def until(what: Callable[[], bool], *workers: Running, seconds: float = SECONDS) -> None:
    """Wait, handing messages over as beat would."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "\n".join(worker.log.read_text()[-3000:] for worker in workers)
        app.send_task("workers.tasks.relay", queue="default")
        time.sleep(0.2)


def snapshots() -> list[tuple[Path, int]]:
    found = sorted((Path(settings.DPE_HOME) / "training").glob("*/snapshot/snapshot.json"))
    return [(path, path.stat().st_mtime_ns) for path in found]


def test_a_training_survives_the_death_of_its_worker(
    site_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    logs, shop = tmp_path_factory.mktemp("workers"), Shop.objects.get(code="demo")
    with ExitStack() as stack:
        default = stack.enter_context(worker_on(site_database, "default", logs / "default.log"))
        doomed = stack.enter_context(worker_on(site_database, "train", logs / "doomed.log"))
        job = job_ask(shop=shop, kind="train", params={"recipe": {**SMALL_RECIPE, "doubt": {"members": 2}}})
        until(lambda: JobRun.objects.get(pk=job.pk).step == LEARNING, default, doomed)
        before = snapshots()
        os.kill(doomed.process.pid, signal.SIGKILL)
        doomed.process.wait()
        assert JobRun.objects.get(pk=job.pk).status == JobRun.Status.RUNNING
        assert jobs_recover(timezone.now() + SILENT + timedelta(seconds=1)) == 1
        heir = stack.enter_context(worker_on(site_database, "train", logs / "heir.log"))
        until(lambda: JobRun.objects.get(pk=job.pk).step not in (LEARNING, "Reading the facts"), default, heir)
        assert set(before) <= set(snapshots())
        until(lambda: JobRun.objects.get(pk=job.pk).finished_at is not None, default, heir)
    _check(JobRun.objects.get(pk=job.pk), shop)


def test_a_worker_that_is_told_to_end_gives_its_training_back(
    site_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    logs, shop = tmp_path_factory.mktemp("workers"), Shop.objects.get(code="demo")
    with ExitStack() as stack:
        default = stack.enter_context(worker_on(site_database, "default", logs / "default.log"))
        leaving = stack.enter_context(worker_on(site_database, "train", logs / "leaving.log"))
        job = job_ask(shop=shop, kind="train", params={"recipe": SMALL_RECIPE})
        until(lambda: JobRun.objects.get(pk=job.pk).step == LEARNING, default, leaving)
        os.kill(leaving.process.pid, signal.SIGQUIT)
        leaving.process.wait(60)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.error) == (JobRun.Status.QUEUED, 0, "")
    assert "Traceback" not in job.log
    assert Outbox.objects.filter(payload__job=str(job.pk)).count() == 2


def _check(job: JobRun, shop: Shop) -> None:
    assert job.status == JobRun.Status.SUCCEEDED, job.error
    assert job.attempts == 2
    version = BundleVersion.objects.get(pk=job.result["bundle"])
    assert version.gate == job.result["gate"]
    assert GateAttempt.objects.filter(bundle=version).count() == 1
    bundle = bundle_open(version)
    assert ItemVector.objects.filter(bundle=version).count() == len(bundle) == version.n_items
    assert TextVector.objects.filter(encoder=bundle.manifest.text_encoder).count() == version.n_items
    assert bundle.text_encoder is not None
    assert bundle.item_tower is not None
    assert version.evaluation["doubt"]["members"] == len(Doubt(bundle.path / DOUBT)) == 2
    assert f"{DOUBT}/0/state_encoder.onnx" in bundle.manifest.files
    serves = Live.objects.filter(shop=shop, bundle=version).exists()
    assert serves == version.gate["passes"]
    assert job.curves["loss"]
    assert snapshots() == []
