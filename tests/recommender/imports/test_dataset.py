"""Imports into the database: balanced, repeatable, continued after a kill, and clear about bad files."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.models import Item, Outbox, Shop
from recommender.data.formats.records import FormatOptions
from recommender.data.types import DataError
from recommender.imports.dataset import dataset_check, dataset_import
from recommender.models import JobRun
from tests.fixtures.databases import Database
from users.kinds import Kind
from users.models import Interaction, Shopper, ShopperState

HEADER = "user_id,item_id,timestamp,kind,title,brand,department,price\n"


def quiet(step: str, done: int, total: int) -> None:
    """Progress nobody watches."""


def events(count: int) -> str:
    lines = [
        f"u{n % 17},i{n % 29},2025-03-{n % 28 + 1:02d}T10:{n % 60:02d}:00,{'purchase' if n % 5 == 0 else 'view'},"
        f"Lamp {n % 29},Brass & Co,Lighting,{n % 29}.50\n"
        for n in range(count)
    ]
    return HEADER + "".join(lines)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(code="import", name="Import", currency="EUR")


def test_an_import_writes_facts_states_and_announces_items(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(events(1_000))
    job = dataset_import(
        shop=shop, path=path, format_name="csv", options=FormatOptions(batch_lines=300), progress=quiet
    )
    assert job.status == JobRun.Status.SUCCEEDED
    assert job.result["lines"] == 1_000
    assert job.result["new_interactions"] == job.result["imported"]
    interactions = Interaction.objects.of(shop)
    assert interactions.count() == job.result["imported"]
    assert interactions.filter(kind=Kind.PURCHASE).exists()
    assert Shopper.objects.of(shop).count() == 17
    item = Item.objects.of(shop).get(external_id="i3")
    assert (item.price_minor, item.currency, item.brand.name, item.department.name) == (
        350,
        "EUR",
        "Brass & Co",
        "Lighting",
    )
    assert item.texts.get().title == "Lamp 3"
    announced = {pk for row in Outbox.objects.of(shop).filter(topic="item.changed") for pk in row.payload["item_ids"]}
    assert announced == set(Item.objects.of(shop).values_list("pk", flat=True))
    state = ShopperState.objects.of(shop).get(shopper__external_id="u1")
    latest = interactions.filter(shopper=state.shopper).order_by("-occurred_at").first()
    assert state.recent_items[-1] == latest.item_id
    assert state.version == 1


def test_a_second_run_and_a_longer_file_double_nothing(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(events(400))
    first = dataset_import(shop=shop, path=path, format_name="csv", options=FormatOptions(), progress=quiet)
    again = dataset_import(shop=shop, path=path, format_name="csv", options=FormatOptions(), progress=quiet)
    assert again.pk == first.pk
    before = set(Interaction.objects.of(shop).values_list("pk", flat=True))
    path.write_text(events(450))
    longer = dataset_import(shop=shop, path=path, format_name="csv", options=FormatOptions(), progress=quiet)
    after = set(Interaction.objects.of(shop).values_list("pk", flat=True))
    assert before < after
    assert longer.result["new_interactions"] == len(after) - len(before)


def test_a_bad_header_writes_nothing_and_says_so(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("who,what\n1,2\n")
    with pytest.raises(DataError, match=r"line 1: no column user_id, item_id, timestamp"):
        dataset_import(shop=shop, path=path, format_name="csv", options=FormatOptions(), progress=quiet)
    assert JobRun.objects.get(shop=shop).status == JobRun.Status.FAILED
    assert not Interaction.objects.of(shop).exists()


def test_a_fault_in_the_middle_keeps_what_is_in_and_the_whole_file_adds_the_rest(shop: Shop, tmp_path: Path) -> None:
    packed = gzip.compress(events(20_000).encode())
    path = tmp_path / "events.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    options = FormatOptions(batch_lines=1_000)
    torn = dataset_import(shop=shop, path=path, format_name="csv", options=options, progress=quiet)
    assert torn.status == JobRun.Status.FAILED
    assert "the file ends in the middle" in torn.error
    assert 0 < Interaction.objects.of(shop).count() == torn.result["new_interactions"] == torn.result["imported"]
    path.write_bytes(packed)
    whole = dataset_import(shop=shop, path=path, format_name="csv", options=options, progress=quiet)
    assert whole.status == JobRun.Status.SUCCEEDED
    assert Interaction.objects.of(shop).count() == whole.result["imported"]
    assert whole.result["lines"] == whole.result["imported"] + sum(whole.result["aside"].values())


def test_an_unknown_zone_or_format_is_named(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(events(5))
    with pytest.raises(DataError, match="no time zone 'Mars/Base'"):
        dataset_import(
            shop=shop, path=path, format_name="csv", options=FormatOptions(time_zone="Mars/Base"), progress=quiet
        )
    with pytest.raises(DataError, match="no format 'xls'"):
        dataset_import(shop=shop, path=path, format_name="xls", options=FormatOptions(), progress=quiet)


@pytest.mark.parametrize(
    ("name", "content", "format_name", "complaint"),
    [
        ("events.csv", None, "csv", "does not exist"),
        ("events.csv", "who,what\n1,2\n", "csv", "no column user_id"),
        ("events.csv", "user_id,item_id,timestamp\n", "csv", "events.csv holds nothing .* csv: it is empty"),
        ("events.csv", "user_id,item_id,timestamp\nu,i,soon\n", "csv", "events.csv holds nothing .* time"),
        ("events.csv", "user_id,item_id,timestamp\n", "movielens", "holds none of u.data"),
        ("sequences.txt", "alone\n", "sequences", "no items"),
        ("events.csv", "", "xls", "no format 'xls'"),
    ],
)
def test_a_data_set_of_another_kind_is_refused_before_anything_is_done(
    tmp_path: Path, name: str, content: str | None, format_name: str, complaint: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(DataError, match=complaint):
        dataset_check(path=path, format_name=format_name)


def test_a_data_set_is_known_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(events(2_000) + "torn,line\n")
    dataset_check(path=path, format_name="csv")


@pytest.mark.fault
def test_a_killed_import_is_continued(site_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    lines = [f"u{n % 997},i{n % 499},{1_700_000_000 + n},view,Lamp {n % 499},,,\n" for n in range(200_000)]
    path.write_text(HEADER + "".join(lines))
    command = [sys.executable, "manage.py", "import_dataset", str(path), "--format", "csv", "--shop", "killed"]
    quiet_process = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    process = subprocess.Popen(command, env=site_database.environment, **quiet_process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not JobRun.objects.filter(kind="import", result__batches__gte=1).exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    half = Interaction.objects.filter(shop__code="killed").count()
    assert 0 < half < 200_000
    site_database.command(*command[2:], timeout=120)
    assert Interaction.objects.filter(shop__code="killed").count() == 200_000
    job = JobRun.objects.get(kind="import", shop__code="killed")
    assert (job.status, job.attempts, job.result["new_interactions"]) == (JobRun.Status.SUCCEEDED, 2, 200_000)
