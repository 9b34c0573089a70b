"""Context and Gathered as a few kilobytes: enough to decide a request again, without pickle.

Integer columns are written as ``base + step · k`` or as differences of that kind, whichever needs fewer bytes, byte
planes apart, and the whole is deflated. What the bundle knows (price, department, category, brand of an item) is
written only where it differs; vectors of items newer than the bundle are not written but read again from their table.
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

VERSION = 1
_EFFORT = 6  # of deflate; 9 takes five times as long for 1 % fewer bytes
_HEADER = struct.Struct("<BBIqq")  # differences?, bytes per value, values, base, step
_EMPTY = _HEADER.pack(False, 1, 0, 0, 1)
_WORDS = ("session", "surface", "language", "segment", "query", "arm")
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
_PLAIN = ("list_price_minor", "published_us", "group", "evidence_row", "evidence_source", "evidence_item")
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
    if version != VERSION:
        raise DataError(f"this request log has version {version}, this program reads {VERSION}")
    columns = _read_columns(data, 5 + length)
    return _context(words, columns), _gathered(words, columns, bundle)


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
    for name in (*_PLAIN, *_LISTS):
        yield getattr(gathered, name)
    yield np.nan_to_num(gathered.rating * 10, nan=-1).round().astype(np.int64)
    trending = np.flatnonzero(gathered.trend)
    yield trending
    yield _bits(gathered.trend[trending])
    for name in _LATER:
        yield getattr(gathered, name)


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
    """One integer column in the narrower of its two forms; many are empty, and those are all alike."""
    if not len(values):
        return _EMPTY
    return min((_narrow(values, differences=False), _narrow(values, differences=True)), key=len)


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
    return _HEADER.pack(differences, width, len(values), base, step if step < 1 << 63 else 1) + planes.tobytes()


def _read_columns(data: bytes, at: int) -> Iterator[Ints]:
    while at < len(data):
        differences, width, n, base, step = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        planes = np.zeros((8, n), np.uint8)
        planes[:width] = np.frombuffer(data, np.uint8, width * n, at).reshape(width, n)
        at += width * n
        scaled = np.ascontiguousarray(planes.T).view("<u8").reshape(n).astype(np.uint64)
        with np.errstate(over="ignore"):
            values = (scaled * np.uint64(step)).view(np.int64) + base
        yield np.cumsum(values) if differences else values


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
        limits=Limits(**limits),
        query_vector=None if words["query_dim"] is None else vector,
    )


def _gathered(words: dict[str, dict[str, object]], columns: Iterator[Ints], bundle: Bundle | None) -> Gathered:
    ids = next(columns)
    index = np.full(len(ids), -1, np.int64) if bundle is None else bundle.index_of(ids)
    sources = next(columns).astype(np.uint32)
    facts = {}
    for name in _FROM_BUNDLE:
        facts[name] = _expected(name, index, bundle)
        rows = next(columns)
        facts[name][rows] = next(columns)
    rest = {name: next(columns) for name in (*_PLAIN, *_LISTS)}
    tenths = next(columns)
    trend = np.zeros(len(ids), np.float32)
    trending = next(columns)
    trend[trending] = _floats(next(columns))
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
        **facts,
        **rest,
        **later,
    )
