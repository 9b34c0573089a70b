"""Rows of Postgres straight into numpy columns, without a Python object per value."""

from typing import Any, LiteralString

import numpy as np
import numpy.typing as npt
from django.db import connection

_SIGNATURE = 19  # bytes of a binary COPY before its first row
_END = b"\xff\xff"
_NULL = "a column of the query holds NULL or another type than its letter says; coalesce and cast it"
_KINDS = {"i": ("bigint", ">i8", 8), "f": ("float8", ">f8", 8), "b": ("boolean", "?", 1)}


class _RowSink:
    """File-like receiver of a binary COPY: parses whole rows as they come and keeps only their columns."""

    def __init__(self, kinds: str) -> None:
        self.dtype = np.dtype(
            [("fields", ">i2")]
            + [part for i, kind in enumerate(kinds) for part in ((f"n{i}", ">i4"), (f"c{i}", _KINDS[kind][1]))]
        )
        self.widths = [_KINDS[kind][2] for kind in kinds]
        self.pending = bytearray()
        self.to_skip = _SIGNATURE
        self.parts: list[list[npt.NDArray[Any]]] = [[] for _ in kinds]

    def write(self, data: bytes) -> int:
        """Take what the server sent."""
        self.pending += data
        if self.to_skip and len(self.pending) >= self.to_skip:
            del self.pending[: self.to_skip]
            self.to_skip = 0
        rows = len(self.pending) // self.dtype.itemsize
        if not self.to_skip and rows >= 4096:
            self._take(rows)
        return len(data)

    def _take(self, rows: int) -> None:
        size = rows * self.dtype.itemsize
        table = np.frombuffer(bytes(self.pending[:size]), self.dtype)
        for i, width in enumerate(self.widths):
            if (table[f"n{i}"] != width).any():
                raise ValueError(_NULL)
            self.parts[i].append(table[f"c{i}"].astype(self.dtype[f"c{i}"].newbyteorder("=")))
        del self.pending[:size]

    def columns(self) -> list[npt.NDArray[Any]]:
        """Every column, whole."""
        self._take(len(self.pending) // self.dtype.itemsize)
        if self.pending != _END:
            raise ValueError(_NULL)
        return [
            np.concatenate(part) if part else np.zeros(0, self.dtype[f"c{i}"].newbyteorder("="))
            for i, part in enumerate(self.parts)
        ]


def columns_read(kinds: str, select: LiteralString, parameters: dict[str, Any]) -> list[npt.NDArray[Any]]:
    """Columns of a query, streamed in binary: memory is that of the arrays.

    Args:
        kinds: one letter per column: ``i`` bigint → int64, ``f`` float8 → float64, ``b`` boolean → bool.
        select: the query; every column is cast to its kind and coalesced by the caller.
        parameters: named parameters of the query.

    Returns:
        One array per column.

    Raises:
        ValueError: if a column holds NULL or is of another type.
    """
    sink = _RowSink(kinds)
    with connection.cursor() as cursor:
        bound = cursor.cursor.mogrify(select, parameters).decode()
        cursor.cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", sink, size=1 << 18)
    return sink.columns()
