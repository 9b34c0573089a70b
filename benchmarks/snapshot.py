"""Reading a shop's facts into a snapshot: memory per interaction, and how long it takes.

    python -m benchmarks.snapshot [--rows 250000 500000 1000000]

Rows are made inside the database of this DPE_HOME, in a shop of their own that is deleted afterwards; each size is
read, treated and written by a process of its own, whose peak is measured. Memory at ten million follows from the two
largest.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django
from rich.console import Console

from benchmarks.processes import Cost, command_run
from benchmarks.report import RESULTS, Goal, Measure, Measured, report_publish

CODE = "benchmark-snapshot"
ITEMS, PER_SHOPPER = 20_000, 100
AIM_ROWS, LIMIT_MB = 10_000_000, 4_000.0
LIMIT_SECONDS = 900.0

_INTERACTIONS = """
WITH who AS (SELECT min(id) AS first FROM users_shopper WHERE shop_id = %(shop)s),
     what AS (SELECT min(id) AS first FROM catalog_item WHERE shop_id = %(shop)s)
INSERT INTO users_interaction (id, shop_id, shopper_id, item_id, kind, occurred_at, received_at, quantity, currency,
                               "order", session, surface, consent_version)
SELECT gen_random_uuid(), %(shop)s, who.first + n %% %(shoppers)s, what.first + (n::bigint * 7919) %% %(items)s,
       (ARRAY[1, 1, 3, 8, 10])[1 + n %% 5], now() - n * interval '3 seconds', now(), 1, '', '', 's' || n / 7, '', 0
FROM who, what, generate_series(%(begin)s, %(end)s - 1) n
"""


def main(words: Sequence[str]) -> int:
    """Measure, show and write; or, told to, be the process that is measured."""
    options = _options(words)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dpe_site.settings.demo")
    django.setup()
    if options.inside:
        return _read(options.inside)
    began, console = time.perf_counter(), Console(soft_wrap=True)
    costs = {}
    with _made_up_shop(max(options.rows)) as (shop_id, grow):
        for rows in sorted(options.rows):
            grow(rows)
            costs[rows] = _measured(shop_id)
            console.print(f"{rows:,} rows: {costs[rows].peak_memory_mb:,.0f} MB, {costs[rows].wall_seconds:.0f} s")
    report_publish(
        _told(costs),
        title="Reading the facts",
        command=["python", "-m", "benchmarks.snapshot", "--rows", *map(str, costs)],
        seed=0,
        began=began,
        file=options.results / "snapshot",
        console=console,
    )
    return 0


@contextmanager
def _made_up_shop(most: int) -> Iterator[tuple[int, Callable[[int], None]]]:
    """A shop, and what makes its interactions up to a number; both are gone afterwards."""
    from django.db import connection
    from django.utils import timezone

    from catalog.models import Item, Shop
    from users.models import Shopper

    shop, _ = Shop.objects.get_or_create(code=CODE, defaults={"name": CODE})
    parameters = {"shop": shop.pk, "items": ITEMS, "shoppers": max(most // PER_SHOPPER, 1)}
    there = 0

    def grow(rows: int) -> None:
        nonlocal there
        with connection.cursor() as cursor:
            cursor.execute(_INTERACTIONS, {**parameters, "begin": there, "end": rows})
            cursor.execute("ANALYZE users_interaction")
        there = rows

    try:
        now = timezone.now()
        items = (Item(shop=shop, external_id=f"i{n}", published_at=now, price_minor=100 + n) for n in range(ITEMS))
        Item.objects.bulk_create(items, batch_size=5_000)
        people = (Shopper(shop=shop, external_id=f"s{n}", synthetic=True) for n in range(parameters["shoppers"]))
        Shopper.objects.bulk_create(people, batch_size=5_000)
        yield shop.pk, grow
    finally:
        with connection.cursor() as cursor:
            for table in ("users_interaction", "users_shopper", "catalog_item"):
                cursor.execute(f"DELETE FROM {table} WHERE shop_id = %s", [shop.pk])  # noqa: S608 our own names
        shop.delete()


def _measured(shop_id: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.snapshot", "--inside", str(shop_id)]
    cost = command_run(command, limit_seconds=LIMIT_SECONDS)
    if cost.status:
        raise RuntimeError(f"reading ended with {cost.status} after {cost.wall_seconds:.0f} s; its output says why")
    return cost


def _read(shop_id: int) -> int:
    """What the first step of a training does."""
    from catalog.models import Shop
    from recommender.data.preprocessing import snapshot_prepare
    from recommender.data.snapshot_files import snapshot_write
    from recommender.facts.snapshot import snapshot_take

    began = time.perf_counter()
    snapshot, _ = snapshot_prepare(snapshot_take(Shop.objects.get(pk=shop_id)))
    with tempfile.TemporaryDirectory() as folder:
        snapshot_write(snapshot, Path(folder))
    told = {"interactions": len(snapshot.interactions), "seconds": round(time.perf_counter() - began, 1)}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _told(costs: dict[int, Cost]) -> Measured:
    measures = [
        measure
        for rows, cost in costs.items()
        for measure in (
            Measure(f"{rows:,} interactions: peak memory of the reading process", "MB", 1, value=cost.peak_memory_mb),
            Measure(f"{rows:,} interactions: processor time, start included", "s", 1, value=cost.cpu_seconds),
        )
    ]
    if len(costs) > 1:
        (fewer, small), (more, large) = list(costs.items())[-2:]
        per_row = (large.peak_memory_mb - small.peak_memory_mb) / (more - fewer)  # MB
        aim = large.peak_memory_mb + per_row * (AIM_ROWS - more)
        name = f"{AIM_ROWS:,} interactions: peak memory, extrapolated"
        measures.append(Measure("memory per further interaction", "bytes", 1, value=round(per_row * 1e6)))
        measures.append(Measure(name, "MB", 1, value=round(aim), goals=(Goal("value", LIMIT_MB),)))
    notes = (
        f"{ITEMS:,} items without texts, {PER_SHOPPER} interactions per shopper at the largest size, no impressions.",
        "Each size is read, treated and written by a process of its own; memory includes Python and Django.",
        "Single runs. Postgres sorts on disk in a process of its own, which is not counted.",
    )
    return measures, notes


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshot", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[250_000, 500_000, 1_000_000])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--inside", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
