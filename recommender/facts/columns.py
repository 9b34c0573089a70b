"""Rows of Postgres straight into numpy columns, without a Python object per value and without holding rows twice."""

from collections.abc import Callable
from typing import Any, LiteralString

import numpy as np
import numpy.typing as npt
from django.db import connection

_SIGNATURE = 19  # bytes of a binary COPY before its first row
_END = b"\xff\xff"
_NULL = "a column of the query holds NULL or another type than its letter says; coalesce and cast it"
_KINDS = {"i": ("bigint", ">i8", 8), "f": ("float8", ">f8", 8), "b": ("boolean", "?", 1)}
_CHUNK = 65_536  # rows that are parsed at once

Columns = list[npt.NDArray[Any]]
Narrow = Callable[[Columns], Columns]
"""Takes the columns of some rows and gives those that are kept: fewer rows, other columns or smaller types."""


class _Column:
    """A column that grows: an array filled from the front, made larger by a quarter whenever it is full."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.array: npt.NDArray[Any] = np.zeros(0, dtype)
        self.size = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        """Add values behind those that are there."""
        end = self.size + len(values)
        if end > len(self.array):
            # The system moves large blocks by their page table, so that old and new need not both be there.
            self.array.resize(max(end, len(self.array) * 5 // 4), refcheck=False)
        self.array[self.size : end] = values
        self.size = end

    def whole(self) -> npt.NDArray[Any]:
        """All values; nothing may be added afterwards."""
        self.array.resize(self.size, refcheck=False)
        return self.array


class _RowSink:
    """File-like receiver of a binary COPY: parses whole rows as they come and keeps only their columns."""

    def __init__(self, kinds: str, narrow: Narrow) -> None:
        self.dtype = np.dtype(
            [("fields", ">i2")]
            + [part for i, kind in enumerate(kinds) for part in ((f"n{i}", ">i4"), (f"c{i}", _KINDS[kind][1]))]
        )
        self.widths = [_KINDS[kind][2] for kind in kinds]
        self.pending = bytearray()
        self.to_skip = _SIGNATURE
        self.narrow = narrow
        self.kept = [_Column(part.dtype) for part in narrow(self._parse(b""))]

    def write(self, data: bytes) -> int:
        """Take what the server sent."""
        self.pending += data
        if self.to_skip and len(self.pending) >= self.to_skip:
            del self.pending[: self.to_skip]
            self.to_skip = 0
        rows = len(self.pending) // self.dtype.itemsize
        if not self.to_skip and rows >= _CHUNK:
            self._take(rows)
        return len(data)

    def _take(self, rows: int) -> None:
        size = rows * self.dtype.itemsize
        for column, values in zip(self.kept, self.narrow(self._parse(bytes(self.pending[:size]))), strict=True):
            column.append(values)
        del self.pending[:size]

    def _parse(self, rows: bytes) -> Columns:
        table = np.frombuffer(rows, self.dtype)
        for i, width in enumerate(self.widths):
            if (table[f"n{i}"] != width).any():
                raise ValueError(_NULL)
        return [table[f"c{i}"].astype(self.dtype[f"c{i}"].newbyteorder("=")) for i in range(len(self.widths))]

    def columns(self) -> Columns:
        """Every column, whole.

        Raises: ValueError if a column holds NULL.
        """
        self._take(len(self.pending) // self.dtype.itemsize)
        if self.pending != _END:
            raise ValueError(_NULL)
        return [column.whole() for column in self.kept]


def _as_they_are(columns: Columns) -> Columns:
    return columns


def columns_read(
    kinds: str, select: LiteralString, parameters: dict[str, Any], narrow: Narrow = _as_they_are
) -> Columns:
    """Columns of a query, streamed in binary: memory is that of the kept columns and a quarter more.

    Args:
        kinds: one letter per column: ``i`` bigint → int64, ``f`` float8 → float64, ``b`` boolean → bool.
        select: the query; every column is cast to its kind and coalesced by the caller.
        parameters: named parameters of the query.
        narrow: what is kept of every few thousand rows; all of them where it is not given.

    Returns:
        One array per column.

    Raises:
        ValueError: if a column holds NULL or is of another type.
    """
    sink = _RowSink(kinds, narrow)
    with connection.cursor() as cursor:
        bound = cursor.cursor.mogrify(select, parameters).decode()
        cursor.cursor.copy_expert(f"COPY ({bound}) TO STDOUT (FORMAT binary)", sink, size=1 << 18)
    return sink.columns()
