"""One table of item vectors per bundle, with a graph index of its own.

It joins ``recommender_itemvector`` when its index is built: building never locks what shoppers read, and putting away
is a DROP.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from recommender.data.types import Floats, Ints
from recommender.store.vectors import item_vectors_fill

WORKERS = 2
_PARENT = "recommender_itemvector"
_MIB = 2**20


@dataclass(frozen=True)
class IndexSettings:
    """How densely an HNSW graph is woven, and how far a search walks in it."""

    m: int  # neighbours of an item
    ef_construction: int  # candidates for neighbours, while building
    ef_search: int  # candidates of a search; at least what is asked for, and room for what filters take away

    @property
    def bytes_per_item(self) -> int:
        """Memory that building takes for one item: its place, its neighbours and what surrounds them."""
        return 400 + 48 * self.m


def index_settings(n: int) -> IndexSettings:
    """Settings for a catalogue of ``n`` items, found with ``manage.py benchmark retrieval``.

    A denser graph is not worth its building: what a search misses, it finds by keeping more candidates.
    """
    ef_search = 260 if n <= 20_000 else 340 if n <= 200_000 else 520
    return IndexSettings(m=16, ef_construction=64, ef_search=ef_search)


def vector_table(bundle_id: int) -> str:
    """Name of a bundle's table."""
    return f"{_PARENT}_{bundle_id}"


def vector_table_attached(bundle_id: int) -> bool:
    """Whether a bundle's vectors can be searched."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [vector_table(bundle_id)])
        return cursor.fetchone() is not None


def vector_table_fill(*, bundle_id: int, item_ids: Ints, vectors: Floats, bias: Floats) -> None:
    """Write a bundle's vectors into a table that nobody reads yet; what a killed process left of it is made anew.

    Args:
        bundle_id: whose table.
        item_ids: (n,).
        vectors: (n, 64).
        bias: (n,).
    """
    table = vector_table(bundle_id)
    _execute("DROP TABLE IF EXISTS {table}", table)
    with transaction.atomic():
        _execute("CREATE TABLE {table} (LIKE {parent} INCLUDING DEFAULTS INCLUDING INDEXES)", table)
        item_vectors_fill(table, bundle_id=bundle_id, item_ids=item_ids, vectors=vectors, bias=bias)


def vector_table_index(*, bundle_id: int, n: int) -> None:
    """Build the graph over a bundle's ``n`` filled places, with all the memory it needs, and let it be searched.

    The index is built CONCURRENTLY, so this must not run inside a transaction.
    """
    table, settings = vector_table(bundle_id), index_settings(n)
    megabytes = max(64, settings.bytes_per_item * n * 5 // 4 // _MIB)
    build = """
    CREATE INDEX CONCURRENTLY ON {table} USING hnsw (place halfvec_l2_ops) WITH (m = %s, ef_construction = %s)
    """
    try:
        _execute("SET maintenance_work_mem = %s", table, [f"{megabytes}MB"])
        _execute("SET max_parallel_maintenance_workers = %s", table, [WORKERS])
        _execute(build, table, [settings.m, settings.ef_construction])
    finally:
        _execute("RESET maintenance_work_mem", table)
        _execute("RESET max_parallel_maintenance_workers", table)
    _execute("CREATE INDEX ON {table} (item_id) WHERE after_training", table)
    _execute("ANALYZE {table}", table)
    with transaction.atomic():
        _execute("ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES IN (%s)", table, [bundle_id])


def vector_table_drop(bundle_id: int) -> None:
    """Put a bundle's vectors away."""
    table = vector_table(bundle_id)
    if vector_table_attached(bundle_id):
        _execute("ALTER TABLE {parent} DETACH PARTITION {table}", table)
    _execute("DROP TABLE IF EXISTS {table}", table)


def _execute(statement: str, table: str, parameters: list[Any] | None = None) -> None:
    names = {"table": sql.Identifier(table), "parent": sql.Identifier(_PARENT)}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**names), parameters)
