"""Context and Gathered as a few kilobytes: enough to decide a request again, without pickle.

Integer columns are written as ``base + step · k``, as differences of that kind, or as distinct values with a code for
each entry, whichever needs fewer bytes, byte planes apart, and the whole is deflated. What the bundle knows (price,
department, category, brand of an item) is written only where it differs; vectors of items newer than the bundle are not
written but read again from their table.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from recommender.data.types import Context, DataError, Floats, Gathered, History, Ints, Limits
from recommender.serving.bundle import Bundle

VERSION = 2
_READABLE = (1, 2)
"""Version 1 wrote list prices and dates as they are."""
_HOUR_US = 3_600_000_000
_EFFORT = 6  # of deflate; 9 takes five times as long for 1 % fewer bytes
_HEADER = struct.Struct("<BBIqq")  # form, bytes per value, values, base, step
_AS_IS, _DIFFERENCES, _CODES = range(3)
_EMPTY = _HEADER.pack(_AS_IS, 1, 0, 0, 1)
_WORDS = ("session", "surface", "language", "segment", "learned_segment", "query", "arm")
_NUMBERS = (
    "shop_id",
    "shopper_id",
    "now_us",
    "state_version",
    "page",
    "anchor_item",
    "department",
    "personalise",
    "arm_probability",
)
_CONTEXT_IDS = (
    "hidden_ids",
    "ignored_ids",
    "basket_ids",
    "purchased_ids",
    "served_ids",
    "fatigue_ids",
    "fatigue_counts",
    "editorial_ids",
)
_FROM_BUNDLE = ("price_minor", "department", "category", "brand")
_PLAIN = ("group", "evidence_row", "evidence_source", "evidence_item")
_LISTS = ("tag_ids", "tag_rows", "fresh_rows", "fresh_history_ids", "ready_ids")
_LATER = ("sponsored_rows", "small_rows", "lasting_rows", "lasting_days")
"""Columns at the end of a log, which older ones do not have: they are empty then."""


def context_trim(context: Context, gathered: Gathered) -> Context:
    """The context without ids that no candidate bears: what a decision reads of it is unchanged."""

    def here(ids: Ints) -> Ints:
        return ids[np.isin(ids, gathered.item_ids)]

    tired = np.isin(context.fatigue_ids, gathered.item_ids)
    return replace(
        context,
        hidden_ids=here(context.hidden_ids),
        served_ids=here(context.served_ids),
        fatigue_ids=context.fatigue_ids[tired],
        fatigue_counts=context.fatigue_counts[tired],
    )


def request_pack(context: Context, gathered: Gathered, bundle: Bundle | None) -> bytes:
    """A request as bytes, at most 4 KB for 500 candidates that the bundle knows."""
    vector = context.query_vector
    words = {
        "words": {name: getattr(context, name) for name in _WORDS},
        "numbers": {name: getattr(context, name) for name in _NUMBERS},
        "limits": asdict(context.limits),
        "fewer": context.fewer_ids.tolist(),
        "segments": context.segments,
        "appeal": gathered.section_appeal,
        "timed_out": gathered.timed_out,
        "query_dim": None if vector is None else len(vector),
    }
    parts = [json.dumps(words, separators=(",", ":")).encode()]
    parts.insert(0, struct.pack("<BI", VERSION, len(parts[0])))
    parts.extend(_column(values) for values in _columns(context, gathered, bundle))
    return zlib.compress(b"".join(parts), _EFFORT)


def request_unpack(payload: bytes, bundle: Bundle | None) -> tuple[Context, Gathered]:
    """The request that ``request_pack`` wrote with the same bundle.

    Vectors of items newer than the bundle come back as zeros of the right shape; the caller fills them.

    Raises:
        DataError: the bytes are not a request, or one of another version.
    """
    try:
        data = zlib.decompress(payload)
        version, length = struct.unpack_from("<BI", data)
        words = json.loads(data[5 : 5 + length])
    except (zlib.error, struct.error, ValueError) as error:
        raise DataError(f"this request log cannot be read ({error}); the request cannot be replayed") from error
    if version not in _READABLE:
        raise DataError(f"this request log has version {version}, this program reads {VERSION}")
    columns = _read_columns(data, 5 + length)
    context = _context(words, columns)
    return context, _gathered(words, columns, bundle, now_us=context.now_us if version > 1 else None)


def _columns(context: Context, gathered: Gathered, bundle: Bundle | None) -> Iterator[Ints]:
    yield context.history.item_ids
    yield context.history.kinds.astype(np.int64)
    yield context.history.times_us
    for name in _CONTEXT_IDS:
        yield getattr(context, name)
    yield _bits(np.zeros(0, np.float32) if context.query_vector is None else context.query_vector)
    yield gathered.item_ids
    yield gathered.sources.astype(np.int64)
    for name in _FROM_BUNDLE:
        yield from _differences(getattr(gathered, name), _expected(name, gathered.index, bundle))
    reduced = np.flatnonzero(gathered.list_price_minor >= 0)
    yield reduced
    yield (gathered.list_price_minor - gathered.price_minor)[reduced]
    yield _ages(gathered.published_us, context.now_us)
    for name in (*_PLAIN, *_LISTS):
        yield getattr(gathered, name)
    yield np.nan_to_num(gathered.rating * 10, nan=-1).round().astype(np.int64)
    trending = np.flatnonzero(gathered.trend)
    yield trending
    yield _bits(gathered.trend[trending])
    for name in _LATER:
        yield getattr(gathered, name)


def _ages(times_us: Ints, now_us: int) -> Ints:
    """Microseconds before the hour to come, 0 for 0; its own inverse for times up to ``now_us``."""
    return np.where(times_us == 0, 0, (now_us // _HOUR_US + 1) * _HOUR_US - times_us)


def _bits(values: Floats) -> Ints:
    """Floats as the integers of their bits."""
    return values.astype(np.float32).view(np.uint32).astype(np.int64)


def _floats(bits: Ints) -> Floats:
    return bits.astype(np.uint32).view(np.float32)


def _expected(name: str, index: Ints, bundle: Bundle | None) -> Ints:
    """(c,) what the bundle says of each candidate, 0 where it knows nothing."""
    expected = np.zeros(len(index), np.int64)
    if bundle is not None:
        expected[index >= 0] = getattr(bundle.arrays, name)[index[index >= 0]]
    return expected


def _differences(values: Ints, expected: Ints) -> Iterator[Ints]:
    rows = np.flatnonzero(values != expected)
    yield rows
    yield values[rows]


def _column(values: Ints) -> bytes:
    """One integer column in the narrowest of its forms; many are empty, and those are all alike."""
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
    scaled = above // np.uint64(step)
    top = int(scaled.max()) if len(values) else 0
    width = next(size for size in (1, 2, 3, 4, 5, 6, 8) if top < 1 << (8 * size))
    planes = scaled.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].T
    form = _DIFFERENCES if differences else _AS_IS
    return _HEADER.pack(form, width, len(values), base, step if step < 1 << 63 else 1) + planes.tobytes()


def _read_columns(data: bytes, at: int) -> Iterator[Ints]:
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


def _context(words: dict[str, dict[str, object]], columns: Iterator[Ints]) -> Context:
    history = History(next(columns), next(columns).astype(np.int8), next(columns))
    ids = {name: next(columns) for name in _CONTEXT_IDS}
    vector = _floats(next(columns))
    limits: dict[str, Any] = words.get("limits") or {}
    limits = limits | {"languages": tuple(limits.get("languages", ()))}
    return Context(
        **words["words"],  # type: ignore[arg-type]
        **words["numbers"],  # type: ignore[arg-type]
        **ids,  # type: ignore[arg-type]
        history=history,
        fewer_ids=np.array(words.get("fewer", ()), np.int64),
        segments=tuple(words.get("segments", ())),
        limits=Limits(**limits),
        query_vector=None if words["query_dim"] is None else vector,
    )


def _gathered(
    words: dict[str, dict[str, object]], columns: Iterator[Ints], bundle: Bundle | None, *, now_us: int | None
) -> Gathered:
    ids = next(columns)
    index = np.full(len(ids), -1, np.int64) if bundle is None else bundle.index_of(ids)
    sources = next(columns).astype(np.uint32)
    facts = {}
    for name in _FROM_BUNDLE:
        facts[name] = _expected(name, index, bundle)
        rows = next(columns)
        facts[name][rows] = next(columns)
    facts |= _dates_and_prices(columns, facts["price_minor"], now_us)
    rest = {name: next(columns) for name in (*_PLAIN, *_LISTS)}
    tenths = next(columns)
    trend = np.zeros(len(ids), np.float32)
    trending = next(columns)
    trend[trending] = _floats(next(columns))
    appeal: Any = words.get("appeal", ())
    later = {name: next(columns, np.zeros(0, np.int64)) for name in _LATER}
    dim, text_dim = (0, 0) if bundle is None else (bundle.manifest.item_dim, bundle.arrays.text_vectors.shape[1])
    fresh = len(rest["fresh_rows"])
    return Gathered(
        item_ids=ids,
        index=index,
        sources=sources,
        rating=np.where(tenths < 0, np.nan, tenths / 10).astype(np.float32),
        trend=trend,
        fresh_vectors=np.zeros((fresh, dim), np.float32),
        fresh_text=np.zeros((fresh, text_dim), np.float32),
        fresh_history_vectors=np.zeros((len(rest["fresh_history_ids"]), dim), np.float32),
        timed_out=tuple(str(name) for name in words["timed_out"]),
        section_appeal=tuple((code, nats) for code, nats in appeal),
        **facts,
        **rest,
        **later,
    )


def _dates_and_prices(columns: Iterator[Ints], price_minor: Ints, now_us: int | None) -> dict[str, Ints]:
    """List prices and dates; ``now_us`` is that of the request, None where the log holds them as they are."""
    if now_us is None:
        return {"list_price_minor": next(columns), "published_us": next(columns)}
    reduced, more = next(columns), next(columns)
    list_price = np.full(len(price_minor), -1, np.int64)
    list_price[reduced] = price_minor[reduced] + more
    return {"list_price_minor": list_price, "published_us": _ages(next(columns), now_us)}
