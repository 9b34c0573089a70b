"""Integer columns as few bytes that deflate well: what a request log is made of.

A column is written as ``base + step · k``, as differences of that kind, or as distinct values with a code for each
entry, whichever needs fewer bytes, byte planes apart.
"""

import struct
from collections.abc import Iterator

import numpy as np

from recommender.data.types import Ints

_HEADER = struct.Struct("<BBIqq")  # form, bytes per value, values, base, step
_AS_IS, _DIFFERENCES, _CODES = range(3)
_EMPTY = _HEADER.pack(_AS_IS, 1, 0, 0, 1)


def column_pack(values: Ints) -> bytes:
    """(n,) int64 in the narrowest of its forms; many columns are empty, and those are all alike."""
    if not len(values):
        return _EMPTY
    forms = [_narrow(values, differences=False), _narrow(values, differences=True)]
    if min(map(len, forms)) > _HEADER.size + len(values):  # more than a byte for each
        forms.append(_coded(values))
    return min(forms, key=len)


def _coded(values: Ints) -> bytes:
    distinct, code = np.unique(values, return_inverse=True)
    parts = (_narrow(distinct, differences=True), _narrow(code, differences=False))
    return _HEADER.pack(_CODES, 1, len(values), 0, 1) + b"".join(parts)


def _narrow(values: Ints, *, differences: bool) -> bytes:
    values = np.asarray(values, np.int64)
    if differences:
        values = np.diff(values, prepend=np.int64(0))
    base = int(values.min()) if len(values) else 0
    with np.errstate(over="ignore"):
        above = (values - base).view(np.uint64)
    step = int(np.gcd.reduce(above)) or 1 if len(values) else 1
    step = step if step < 1 << 63 else 1
    scaled = above // np.uint64(step)
    top = int(scaled.max()) if len(values) else 0
    width = next(size for size in (1, 2, 3, 4, 5, 6, 8) if top < 1 << (8 * size))
    planes = scaled.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T
    form = _DIFFERENCES if differences else _AS_IS
    return _HEADER.pack(form, width, len(values), base, step) + planes.tobytes()


def columns_read(data: bytes, at: int) -> Iterator[Ints]:
    """The columns that were packed one after the other, from byte ``at`` on."""
    while at < len(data):
        values, at = _read_column(data, at)
        yield values


def _read_column(data: bytes, at: int) -> tuple[Ints, int]:
    """A column, and where the next one begins."""
    form, width, n, base, step = _HEADER.unpack_from(data, at)
    at += _HEADER.size
    if form == _CODES:
        distinct, at = _read_column(data, at)
        code, at = _read_column(data, at)
        return distinct[code], at
    planes = np.zeros((8, n), np.uint8)
    planes[:width] = np.frombuffer(data, np.uint8, width * n, at).reshape(width, n)
    scaled = np.ascontiguousarray(planes.T).view("<u8").reshape(n).astype(np.uint64)
    with np.errstate(over="ignore"):
        values = (scaled * np.uint64(step)).view(np.int64) + base
    return np.cumsum(values) if form == _DIFFERENCES else values, at + width * n
