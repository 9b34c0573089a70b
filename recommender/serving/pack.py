"""Context and Gathered as a few kilobytes: enough to decide a request again, without pickle.

``integer_columns`` one after the other, deflated. What the bundle knows (price, department, category, brand of an item)
is written only where it differs, evidence only as far as the sources of a candidate do not tell it; vectors of items
newer than the bundle are not written but read again from their table.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.types import Context, DataError, Floats, Gathered, History, Ints, Limits
from recommender.serving.bundle import Bundle
from recommender.serving.integer_columns import column_pack, columns_read

VERSION = 3
_READABLE = (1, 2, 3)
"""Version 1 wrote list prices and dates as they are, versions 1 and 2 the row and source of all evidence."""
_HOUR_US = 3_600_000_000
_EFFORT = 6  # of deflate; 9 takes five times as long for 1 % fewer bytes
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
_SOURCES = 32
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
    parts.extend(column_pack(values) for values in _columns(context, gathered, bundle))
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
    columns = columns_read(data, 5 + length)
    context = _context(words, columns)
    return context, _gathered(words, columns, bundle, version=version, now_us=context.now_us)


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
    yield gathered.group
    yield from _evidence(gathered)
    for name in _LISTS:
        yield getattr(gathered, name)
    yield np.nan_to_num(gathered.rating * 10, nan=-1).round().astype(np.int64)
    trending = np.flatnonzero(gathered.trend)
    yield trending
    yield _bits(gathered.trend[trending])
    for name in _LATER:
        yield getattr(gathered, name)


def _evidence(gathered: Gathered) -> Iterator[Ints]:
    """Evidence as how much each source gave for each candidate that it named; what cannot be said so, as it is."""
    kinds, nothing = np.unique(gathered.evidence_source), np.zeros(0, np.int64)
    given = gathered.evidence_row * _SOURCES + gathered.evidence_source
    named = _named(gathered.sources, kinds)
    counts = np.bincount(np.searchsorted(named, given), minlength=len(named))
    if len(counts) == len(named) and np.array_equal(np.repeat(named, counts), given):
        yield from (kinds, counts, nothing, nothing)
    else:
        yield from (nothing, nothing, gathered.evidence_row, gathered.evidence_source)
    yield gathered.evidence_item


def _evidence_read(columns: Iterator[Ints], sources: npt.NDArray[np.uint32]) -> dict[str, Ints]:
    kinds, counts, rows, source = (next(columns) for _ in range(4))
    if len(kinds):
        rows, source = np.divmod(np.repeat(_named(sources, kinds), counts), _SOURCES)
    return {"evidence_row": rows, "evidence_source": source, "evidence_item": next(columns)}


def _named(sources: npt.NDArray[np.uint32], kinds: Ints) -> Ints:
    """(p,) row · 32 + source of each candidate and each of ``kinds`` that named it, ascending."""
    row, kind = np.nonzero(sources[:, None] >> kinds.astype(np.uint32) & np.uint32(1))
    return row * _SOURCES + kinds[kind]


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
    words: dict[str, dict[str, object]], columns: Iterator[Ints], bundle: Bundle | None, *, version: int, now_us: int
) -> Gathered:
    ids = next(columns)
    index = np.full(len(ids), -1, np.int64) if bundle is None else bundle.index_of(ids)
    sources = next(columns).astype(np.uint32)
    facts = {}
    for name in _FROM_BUNDLE:
        facts[name] = _expected(name, index, bundle)
        rows = next(columns)
        facts[name][rows] = next(columns)
    facts |= _dates_and_prices(columns, facts["price_minor"], now_us if version > 1 else None)
    facts["group"] = next(columns)
    if version > 2:
        facts |= _evidence_read(columns, sources)
    else:
        facts |= {name: next(columns) for name in ("evidence_row", "evidence_source", "evidence_item")}
    rest = {name: next(columns) for name in _LISTS}
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
