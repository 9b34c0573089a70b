"""Nothing that tells of a person is kept for ever."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, connections

from catalog.ids import uuid7_at
from catalog.models import Shop
from catalog.partitioning import default_partition_prune, month_partitions_drop, month_partitions_ensure
from recommender.models import Impression, JobRun, RequestLog
from recommender.training.workspace import Workspace, workspace_of
from users.models import Interaction, Search, Shopper
from workers import upkeep

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLE = Impression._meta.db_table
Status = JobRun.Status


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(code="a", name="A")


def shown(shop: Shop, at: datetime, name: str = "") -> Impression:
    return Impression.objects.create(id=uuid7_at(at, name), shop=shop, surface="homepage", shown_at=at)


def partitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        return [name for (name,) in cursor.fetchall()]


def test_months_that_are_past_their_time_go_and_the_one_at_the_border_stays(shop: Shop) -> None:
    month_partitions_ensure(TABLE, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))
    before = datetime(2025, 5, 6, tzinfo=UTC)
    gone, border, kept = (shown(shop, datetime(2025, month, 20, tzinfo=UTC)) for month in (4, 5, 6))
    connection.check_constraints()
    others = set(partitions())
    dropped = month_partitions_drop(TABLE, before)
    assert dropped == [f"{TABLE}_2025_03", f"{TABLE}_2025_04"]
    assert others - set(partitions()) == set(dropped)
    assert set(Impression.objects.values_list("pk", flat=True)) == {border.pk, kept.pk}
    assert gone.pk not in {border.pk, kept.pk}
    assert month_partitions_drop(TABLE, before) == []
    assert month_partitions_drop(TABLE, datetime(2025, 6, 1, tzinfo=UTC)) == [f"{TABLE}_2025_05"]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_what_lies_in_the_default_partition_goes_row_by_row(shop: Shop, batch: int) -> None:
    old = datetime(2019, 2, 1, tzinfo=UTC)
    kept = [shown(shop, old + 10 * DAY), shown(shop, old + 11 * DAY)]
    for number in range(4):
        shown(shop, old, str(number))
    assert default_partition_prune(TABLE, old + 10 * DAY, batch=batch) == 4
    assert set(Impression.objects.values_list("pk", flat=True)) == {one.pk for one in kept}


@pytest.mark.django_db(transaction=True)
def test_a_partition_in_use_stays_until_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.partitioning.LOCK_SECONDS", 0.1)
    month_partitions_ensure(TABLE, datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
    reader = connections.create_connection("default")
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{TABLE}"')
        assert month_partitions_drop(TABLE, NOW) == []
        reader.rollback()
        assert month_partitions_drop(TABLE, NOW) == [f"{TABLE}_2025_03"]
    finally:
        reader.close()


def test_the_nightly_round_keeps_as_long_as_the_settings_say(shop: Shop, settings) -> None:
    settings.DPE_KEEP_IMPRESSIONS_DAYS, settings.DPE_KEEP_SEARCHES_DAYS = 400, 30
    shopper = Shopper.objects.create(shop=shop)
    Interaction.objects.create(shop=shop, shopper=shopper, kind=1, occurred_at=NOW - 900 * DAY)
    shown(shop, NOW - 401 * DAY)
    kept = shown(shop, NOW - 399 * DAY)
    for days in (29, 31):
        Search.objects.create(shop=shop, query=str(days), at=NOW - days * DAY)
    connection.check_constraints()
    done = upkeep.leftovers_prune(NOW)
    assert (done["impressions"], done["impression months"], done["searches"]) == (1, 0, 1)
    assert [one.pk for one in Impression.objects.all()] == [kept.pk]
    assert Search.objects.get().query == "29"
    assert Interaction.objects.count() == 1


def test_request_logs_are_kept_as_long_as_the_setting_says(shop: Shop, settings) -> None:
    settings.DPE_KEEP_REQUESTS_DAYS = 5
    for days in (4, 6):
        RequestLog.objects.create(impression=uuid4(), shop=shop, seed=1, payload=b"", at=NOW - days * DAY)
    assert upkeep.leftovers_prune(NOW)["requests"] == 1
    assert RequestLog.objects.get().at == NOW - 4 * DAY


def test_a_page_that_nobody_claimed_forgets_its_session_when_no_event_can_name_it(shop: Shop) -> None:
    owner = Shopper.objects.create(shop=shop)
    for name, days, shopper in (("old", 32, None), ("fresh", 30, None), ("owned", 32, owner)):
        page = shown(shop, NOW - days * DAY, name)
        Impression.objects.filter(pk=page.pk).update(session=name, shopper=shopper)
    assert upkeep.leftovers_prune(NOW)["sessions"] == 1
    assert set(Impression.objects.values_list("session", flat=True)) == {"", "fresh", "owned"}


def left(home: Path, job: JobRun, age: timedelta) -> Workspace:
    workspace = workspace_of(home, job.pk, "0123456789abcdef-and-more")
    with workspace.writing("snapshot") as folder:
        (folder / "shoppers.npy").write_bytes(b"ids")
    moment = (NOW - age).timestamp()
    os.utime(workspace.folder, (moment, moment))
    return workspace


@pytest.mark.parametrize(
    ("status", "ended", "age", "stays"),
    [
        (Status.RUNNING, None, 30 * DAY, True),
        (Status.QUEUED, None, 30 * DAY, True),
        (Status.PARKED, 3 * DAY, 3 * DAY, True),
        (Status.CANCELLED, 3 * DAY, 3 * DAY, True),
        (Status.FAILED, 15 * DAY, 15 * DAY, False),
        (Status.SUCCEEDED, 2 * DAY, 2 * DAY, False),
        (Status.SUCCEEDED, DAY / 2, DAY / 2, True),
    ],
)
def test_workspaces_stay_while_a_job_may_come_back_to_them(
    shop: Shop, settings, tmp_path: Path, status: str, ended: timedelta | None, age: timedelta, stays: bool
) -> None:
    settings.DPE_HOME = tmp_path
    job = JobRun.objects.create(shop=shop, kind="train", status=status, finished_at=ended and NOW - ended)
    workspace = left(tmp_path, job, age)
    assert upkeep.workspaces_put_away(NOW) == (not stays)
    assert workspace.has("snapshot") is stays


def test_a_workspace_nobody_knows_goes_and_a_missing_folder_is_no_error(shop: Shop, settings, tmp_path: Path) -> None:
    settings.DPE_HOME = tmp_path
    assert upkeep.workspaces_put_away(NOW) == 0
    job = JobRun.objects.create(shop=shop, kind="train", status=Status.RUNNING)
    workspace = left(tmp_path, job, 2 * DAY)
    job.delete()
    assert upkeep.workspaces_put_away(NOW) == 1
    assert not workspace.folder.exists()
