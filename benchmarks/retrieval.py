"""How many of the truly nearest items the index finds, how fast, and what building it takes.

    manage.py benchmark retrieval [--items 1000000] [--dim 64] [--questions 1000] [--seed 7] [--keep]

Fills a database of its own with clustered synthetic vectors, a share of whose items may not be shown, indexes them and
asks for the nearest, all by the code that indexes a bundle and serves a page. One connection asks, one question after
the other. The database is dropped afterwards; `--keep` leaves it for a next run that only asks. `--urgent` lets both
ends of that connection go before everything else, where the machine has other things to do.
"""

import json
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import numpy as np
from django.db import connection, connections
from rich.console import Console

from benchmarks import machine
from benchmarks.clusters import MET, Catalogue, catalogue_draw, states_draw
from benchmarks.report import RESULTS, Goal, Measure, report_publish, spread
from benchmarks.scratch_database import scratch_database, server_megabytes, server_processor_seconds, urgent
from catalog.models import Shop
from recommender.data.types import Context, Floats, History, Ints, Source
from recommender.retrieval.sources import CONFIG_OF
from recommender.store.filters import filter_parameters
from recommender.store.nearest import nearest
from recommender.store.vector_tables import index_settings, vector_table, vector_table_fill, vector_table_index

TITLE = "Retrieval: nearest items by index against exact search"
QUOTA = CONFIG_OF[Source.STATE_VECTOR].quota
WARM_UP = 200
BUNDLE = 1
_ITEMS = """
INSERT INTO catalog_item (id, shop_id, external_id, domain, provider, "group", status, region, adult, sponsored,
    price_minor, currency, stock, rating_count, attributes, content_hash, published_at, updated_at)
SELECT id, %(shop)s, 'R' || id, 'product', '', '', CASE WHEN hidden THEN 'hidden' ELSE 'active' END, '', false, false,
    price, 'GBP', CASE WHEN sold_out THEN 0 ELSE 5 END, 0, '{}', '', now() - interval '1 day', now()
FROM unnest(%(ids)s::bigint[], %(hidden)s::bool[], %(sold_out)s::bool[], %(prices)s::bigint[])
     AS t(id, hidden, sold_out, price)
"""
_ROWS = 50_000  # per statement


@dataclass
class Asked:
    """What came of the questions."""

    seconds: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    late: int = 0
    processor_seconds: float = float("nan")  # of the server's process that answered, per question


def run(options: Namespace, console: Console) -> None:
    """Build, ask, print and write."""
    began = time.perf_counter()
    rng = np.random.default_rng(options.seed)
    catalogue = catalogue_draw(options.items, options.dim, rng)
    states = states_draw(catalogue, options.questions + WARM_UP, rng)
    name = f"dpe_benchmark_{options.items}_{options.dim}_{options.seed}"
    with scratch_database(name, keep=options.keep) as is_new:
        if is_new:
            console.print(f"{options.items:,} items …")
            _shop_fill(catalogue)
            built_keep(_index_build(catalogue, console))
        shop, built = Shop.objects.get(), built_read()
        truths = [_truth(catalogue, state) for state in states]
        console.print(f"{options.questions:,} questions …")
        busy = machine.calm_wait(patience_seconds=options.patience)
        with urgent() if options.urgent else nullcontext():
            asked = questions_ask(catalogue, shop, states, truths)
    notes = [*_notes(catalogue, asked), *_circumstances(options, is_new=is_new, busy=busy)]
    report_publish(
        ([*_found(asked), *built], notes),
        title=TITLE,
        command=["manage.py", "benchmark", "retrieval", *_given(options)],
        seed=options.seed,
        began=began,
        file=(options.results or RESULTS) / options.name,
        console=console,
    )


def questions_ask(catalogue: Catalogue, shop: Shop, states: Floats, truths: Sequence[Ints]) -> Asked:
    """Ask for the nearest items of every state and compare with the truths; the first ``WARM_UP`` only warm up."""
    filters = filter_parameters(_nobody(shop), datetime.now(UTC))
    asked, before = Asked(), server_processor_seconds()
    for number, (state, best) in enumerate(zip(states, truths, strict=True)):
        met, truth = best[:MET], best[MET:]
        start = time.perf_counter()
        found, late = nearest(filters, catalogue, bundle_id=BUNDLE, state=state, met=met, n=QUOTA)
        seconds = time.perf_counter() - start
        if number >= WARM_UP:
            asked.seconds.append(seconds)
            asked.recall.append(float(np.isin(truth, found).mean()))
            asked.late += late
    asked.processor_seconds = (server_processor_seconds() - before) / len(truths)
    return asked


def _truth(catalogue: Catalogue, state: Floats) -> Ints:
    """(MET + QUOTA,) ids of the items with the largest logits among those that may be shown, largest first."""
    logits = np.where(catalogue.shown, catalogue.logits(state), np.float32(-np.inf))
    best = np.argpartition(-logits, QUOTA + MET)[: QUOTA + MET]
    return catalogue.item_ids[best[np.argsort(-logits[best])]]


def built_keep(measures: Sequence[Measure]) -> None:
    """Leave what building took with the database."""
    told = json.dumps([asdict(one) for one in measures])
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE recommender_itemvector IS %s", [told])


def built_read() -> tuple[Measure, ...]:
    """What building took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('recommender_itemvector'::regclass)")
        told = json.loads(cursor.fetchone()[0])
    return tuple(Measure(**one | {"goals": tuple(Goal(**goal) for goal in one["goals"])}) for one in told)


def _shop_fill(catalogue: Catalogue) -> Shop:
    shop = Shop.objects.create(code="benchmark", name="benchmark")
    for begin in range(0, len(catalogue.item_ids), _ROWS):
        some = slice(begin, begin + _ROWS)
        columns = {
            "ids": catalogue.item_ids[some].tolist(),
            "hidden": catalogue.hidden[some].tolist(),
            "sold_out": catalogue.sold_out[some].tolist(),
            "prices": catalogue.price_minor[some].tolist(),
        }
        with connection.cursor() as cursor:
            cursor.execute(_ITEMS, {"shop": shop.pk, **columns})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE catalog_item")
    return shop


def _index_build(catalogue: Catalogue, console: Console) -> tuple[Measure, ...]:
    """Fill and index the vectors as a bundle's are; how long, how large, how much memory."""
    n = len(catalogue.item_ids)
    vectors, bias = catalogue.item_vectors, catalogue.item_bias
    start = time.perf_counter()
    vector_table_fill(bundle_id=BUNDLE, item_ids=catalogue.item_ids, vectors=vectors, bias=bias)
    filled = time.perf_counter() - start
    before, start = server_megabytes(), time.perf_counter()
    with _peak_watched() as peak:
        vector_table_index(bundle_id=BUNDLE, n=n)
    indexed = time.perf_counter() - start
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_relation_size(indexrelid)) FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
            "JOIN pg_am a ON a.oid = c.relam WHERE indrelid = %s::regclass AND amname = 'hnsw'",
            [vector_table(BUNDLE)],
        )
        megabytes = float(cursor.fetchone()[0]) / 1e6
    console.print(f"indexed in {indexed:.0f} s")
    return (
        Measure("Vectors written", "s", 1, value=round(filled, 1)),
        Measure("Index built", "s", 1, value=round(indexed, 1)),
        Measure("Size of the index", "MB", 1, value=round(megabytes, 1)),
        Measure("Memory of Postgres before building", "MB", 1, value=round(before, 1)),
        Measure("Memory of Postgres while building, at most", "MB", 1, value=round(max(peak, default=before), 1)),
    )


@contextmanager
def _peak_watched() -> Iterator[list[float]]:
    """Memory of the server, looked at every second by a thread with a connection of its own."""
    seen: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1.0):
            seen.append(server_megabytes())
        connections.close_all()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _found(asked: Asked) -> tuple[Measure, ...]:
    missed = 100 * (1 - float(np.mean(asked.recall)))
    n = len(asked.recall)
    return (
        Measure(f"Missed of the {QUOTA} nearest", "%", n, value=round(missed, 2), goals=(Goal("value", 2.0),)),
        spread("Nearest items, one connection", asked.seconds, Goal("p99", 15.0)),
        Measure("Processor time of Postgres for one of them", "ms", n, value=round(1e3 * asked.processor_seconds, 2)),
    )


def _notes(catalogue: Catalogue, asked: Asked) -> Iterator[str]:
    settings = index_settings(len(catalogue.item_ids))
    worst = float(np.percentile(asked.recall, 1))
    yield f"{1 - catalogue.shown.mean():.0%} of the items may not be shown; the {MET} nearest of each question are met"
    yield f"recall@{QUOTA} {np.mean(asked.recall):.4f} on average, {worst:.3f} for the worst question in a hundred"
    yield f"m {settings.m}, ef_construction {settings.ef_construction}, ef_search {settings.ef_search} + 1 per met item"
    yield f"{asked.late} of {len(asked.recall):,} questions were answered in memory because Postgres was late"


def _circumstances(options: Namespace, *, is_new: bool, busy: float) -> Iterator[str]:
    if not is_new:
        yield "the database was filled and indexed by an earlier run of the same options, and kept"
    if options.urgent:
        yield "asked and answered at real-time priority, as on an idle machine; caches were shared with other things"
    yield f"{busy:.0%} of the machine was busy with other things before the questions"


def _nobody(shop: Shop) -> Context:
    now_us = int(datetime.now(UTC).timestamp() * 1e6)
    return Context(shop.pk, 0, "", "homepage", now_us, History.empty())


def _given(options: Namespace) -> list[str]:
    numbers = ("items", "dim", "questions", "seed")
    told = [word for name in numbers for word in (f"--{name}", str(getattr(options, name)))]
    return [*told, "--urgent"] if options.urgent else told
