"""A process that makes lists is killed: what it made stays, and the next one goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Item
from dpe_site.environment import REPOSITORY
from recommender.jobs import SILENT
from recommender.models import JobRun, PrecomputedList
from recommender.store import bundles
from tests.fixtures.databases import Database
from tests.fixtures.tiny_shop import TinyShop, tiny_live, tiny_shop
from users.kinds import Kind
from users.models import Shopper, ShopperState

pytestmark = pytest.mark.fault
PEOPLE = 1_500
WORDS = [sys.executable, "manage.py", "precompute", "--shop", "tiny"]


@pytest.fixture
def environment(site_database: Database, settings, tmp_path) -> dict[str, str]:
    """Of a process that works on this shop: services of the run, bundles of its own."""
    settings.DPE_BUNDLES = tmp_path / "bundles"
    yield {**site_database.environment, "DPE_HOME": str(tmp_path)}
    bundles._opened.cache_clear()


def crowd(tiny: TinyShop) -> None:
    """Shoppers with ten views each."""
    shop, items = tiny.shop, [item.pk for item in Item.objects.of(tiny.shop).order_by("pk")]
    people = Shopper.objects.bulk_create(Shopper(shop=shop, external_id=f"p{k}") for k in range(PEOPLE))
    ShopperState.objects.bulk_create(
        ShopperState(
            shopper=one,
            shop=shop,
            version=1,
            recent_items=[items[(k + step) % len(items)] for step in range(10)],
            recent_kinds=[int(Kind.VIEW)] * 10,
            recent_times=list(range(1, 11)),
            recent_values=[0.0] * 10,
        )
        for k, one in enumerate(people)
    )


def test_a_killed_run_is_taken_up_where_it_was_and_a_second_run_makes_nothing(environment: dict[str, str]) -> None:
    tiny = tiny_shop()
    tiny_live(tiny)
    crowd(tiny)
    doomed = subprocess.Popen(WORDS, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not PrecomputedList.objects.exists():
        assert doomed.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    before = dict(PrecomputedList.objects.values_list("pk", "made_at"))
    assert 0 < len(before) < PEOPLE
    job = JobRun.objects.get()
    assert (job.status, job.attempts) == (JobRun.Status.RUNNING, 1)

    JobRun.objects.update(heartbeat_at=timezone.now() - SILENT - timedelta(seconds=1))
    subprocess.run(WORDS, cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobRun.Status.SUCCEEDED, 2)
    assert job.result["made"] == PEOPLE - len(before)
    after = dict(PrecomputedList.objects.values_list("pk", "made_at"))
    assert len(after) == PEOPLE
    assert {pk: after[pk] for pk in before} == before

    said = subprocess.run(WORDS, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True)
    assert said.stdout.startswith("0 lists made")
