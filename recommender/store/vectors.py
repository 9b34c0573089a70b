"""Vectors between numpy and pgvector, in Postgres' own binary form: the only door through which they pass."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from psycopg2 import sql

from recommender.data.types import DataError, Floats, Ints
from recommender.models import ITEM_DIM, TEXT_DIM
from recommender.retrieval.search_space import SearchSpace

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_CHUNK = 100_000  # rows that are laid out at once

_TEXT_STAGE = """
CREATE TEMPORARY TABLE text_vector_stage (item_id bigint, content_hash bytea, vector halfvec({dim})) ON COMMIT DROP
"""
_TEXT_INSERT = """
INSERT INTO recommender_textvector (shop_id, item_id, encoder, content_hash, vector, created_at)
SELECT %s, item_id, %s, convert_from(content_hash, 'UTF8'), vector, now() FROM text_vector_stage ORDER BY item_id
ON CONFLICT (item_id, encoder, content_hash) DO NOTHING
"""
_TEXT_READ = """
SELECT w.place - 1, t.vector
FROM unnest(%(items)s::bigint[], %(hashes)s::text[]) WITH ORDINALITY AS w(item_id, content_hash, place)
JOIN recommender_textvector t USING (item_id, content_hash)
WHERE t.encoder = %(encoder)s
"""


def text_vectors_read(*, encoder: str, item_ids: Ints, hashes: Sequence[str]) -> Floats:
    """Stored vectors of texts.

    Args:
        encoder: fingerprint of the text encoder.
        item_ids: (n,) items.
        hashes: n content hashes, one per item.

    Returns:
        (n, 384) float32, NaN rows where nothing is stored.
    """
    vectors = np.full((len(item_ids), TEXT_DIM), np.nan, np.float32)
    query = {"items": item_ids.tolist(), "hashes": list(hashes), "encoder": encoder}
    place, found = _copy_out(_TEXT_READ, query, TEXT_DIM, ">f2")
    vectors[place] = found
    return vectors


def text_vectors_write(*, shop_id: int, encoder: str, item_ids: Ints, hashes: Sequence[str], vectors: Floats) -> None:
    """Store vectors of texts; those that are stored already stay as they are. Call it inside a transaction.

    Args:
        shop_id: of the items.
        encoder: fingerprint of the text encoder.
        item_ids: (n,).
        hashes: of each item's words (``catalog.content``).
        vectors: (n, 384), kept in half precision.

    Raises:
        DataError: if the vectors do not have the length of the table's column.
    """
    if vectors.shape[1] != TEXT_DIM:
        raise DataError(
            f"the text encoder gives {vectors.shape[1]} numbers and the table holds {TEXT_DIM}; choose another encoder"
        )
    keys = np.array([key.encode() for key in hashes])
    with connection.cursor() as cursor:
        cursor.execute(_TEXT_STAGE.format(dim=TEXT_DIM))
        _copy_in(cursor, sql.Identifier("text_vector_stage"), (item_ids.astype(">i8"), keys, vectors.astype(">f2")))
        cursor.execute(_TEXT_INSERT, [shop_id, encoder])
        cursor.execute("DROP TABLE text_vector_stage")


def item_vectors_fill(table: str, *, bundle_id: int, item_ids: Ints, vectors: Floats, bias: Floats) -> None:
    """Copy a bundle's item vectors into its own table, each with its place in the search index.

    Args:
        table: the bundle's, empty.
        bundle_id: of the bundle.
        item_ids: (n,).
        vectors: (n, 64).
        bias: (n,) of the items.
    """
    space = SearchSpace.of(np.asarray(vectors), np.asarray(bias))
    target = sql.SQL("{} (bundle_id, item_id, vector, place, after_training)").format(sql.Identifier(table))
    with connection.cursor() as cursor:
        for begin in range(0, len(item_ids), _CHUNK):
            some = slice(begin, begin + _CHUNK)
            ids, part = item_ids[some], np.asarray(vectors[some])
            columns = (
                np.full(len(ids), bundle_id, ">i8"),
                ids.astype(">i8"),
                part.astype(">f4"),
                space.places(part, np.asarray(bias[some])).astype(">f2"),
                np.zeros(len(ids), np.bool_),
            )
            _copy_in(cursor, target, columns)


def item_vectors_read(*, bundle_id: int, item_ids: Ints) -> Floats:
    """(n, 64) stored vectors of items in a bundle, NaN rows where there is none."""
    select = """
        SELECT w.place - 1, v.vector FROM unnest(%(items)s::bigint[]) WITH ORDINALITY AS w(item_id, place)
        JOIN recommender_itemvector v ON v.bundle_id = %(bundle)s AND v.item_id = w.item_id
    """
    vectors = np.full((len(item_ids), ITEM_DIM), np.nan, np.float32)
    place, found = _copy_out(select, {"items": item_ids.tolist(), "bundle": bundle_id}, ITEM_DIM, ">f4")
    vectors[place] = found
    return vectors


def _copy_in(cursor: Any, target: sql.Composable, columns: Sequence[npt.NDArray[Any]]) -> None:
    """COPY columns in: numbers as they are, two-dimensional ones as vectors, byte strings as they are."""
    parts: list[tuple[Any, ...]] = [("fields", ">i2")]
    for i, column in enumerate(columns):
        parts.append((f"n{i}", ">i4"))
        parts.extend([(f"d{i}", ">i2"), (f"u{i}", ">i2")] if column.ndim == 2 else [])
        parts.append((f"c{i}", column.dtype, column.shape[1:]))
    rows = np.zeros(len(columns[0]), np.dtype(parts))
    rows["fields"] = len(columns)
    for i, column in enumerate(columns):
        rows[f"n{i}"] = column.dtype.itemsize * int(np.prod(column.shape[1:])) + (4 if column.ndim == 2 else 0)
        rows[f"c{i}"] = column
        if column.ndim == 2:
            rows[f"d{i}"] = column.shape[1]
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(target)
    cursor.cursor.copy_expert(statement, io.BytesIO(_HEADER + rows.tobytes() + _END))


def _copy_out(select: str, parameters: dict[str, Any], dim: int, number: str) -> tuple[Ints, Floats]:
    """Rows of (bigint, vector of ``dim``) as arrays."""
    row = np.dtype(
        [
            ("fields", ">i2"),
            ("n0", ">i4"),
            ("place", ">i8"),
            ("n1", ">i4"),
            ("d", ">i2"),
            ("u", ">i2"),
            ("v", number, dim),
        ]
    )
    received = io.BytesIO()
    with connection.cursor() as cursor:
        bound = cursor.cursor.mogrify(select, parameters).decode()
        cursor.cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", received)
    table = np.frombuffer(received.getvalue()[len(_HEADER) : -len(_END)], row)
    return table["place"].astype(np.int64), table["v"].astype(np.float32)
