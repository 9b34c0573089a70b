"""Events of any shop: CSV, JSON lines or Parquet with one interaction per row and, if there, facts about its item.

Needed columns: ``user_id``, ``item_id``, ``timestamp``. Known ones: ``kind`` (a word of users.kinds), ``quantity``,
``price``, ``currency``, ``order``, ``value``, ``title``, ``description``, ``brand``, ``department``, ``category``,
``tags`` (words apart by ``|``). Other columns are ignored.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.data.formats.lines import header_index, numbered_lines, numbered_rows
from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.formats.times import time_fault, time_us
from recommender.data.types import DataError
from users.kinds import KIND_BY_WORD

NEEDED = ("user_id", "item_id", "timestamp")
_ID_LENGTH = 200
_TEXT_LENGTH = 20_000

Rows = Iterator[tuple[int, dict[str, str], str]]


def csv_events(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Comma, semicolon or tab separated, by the header line."""
    yield from _batches(_csv_rows(path, options, report), options, report)


def jsonl_events(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """One JSON object per line."""
    yield from _batches(_json_rows(path, options, report), options, report)


def parquet_events(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """A Parquet file, read in row groups."""
    yield from _batches(_parquet_rows(path, options), options, report)


def _csv_rows(path: Path, options: FormatOptions, report: ImportReport) -> Rows:
    first = next(numbered_lines(path, ImportReport(), encoding=options.encoding), (1, ""))[1]
    delimiter = max(",;\t", key=first.count)
    rows = numbered_rows(path, report, delimiter=delimiter, encoding=options.encoding)
    _, header, _ = next(rows, (1, [], ""))
    at = header_index(path, header, NEEDED)
    for number, cells, raw in rows:
        if len(cells) != len(header):
            report.set_aside(number, f"{len(cells)} cells instead of {len(header)}", raw)
            continue
        yield number, {name: cells[position] for name, position in at.items()}, raw


def _json_rows(path: Path, options: FormatOptions, report: ImportReport) -> Rows:
    for number, line in numbered_lines(path, report, encoding=options.encoding, header=False):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            report.set_aside(number, "not JSON", line)
            continue
        if not isinstance(row, dict):
            report.set_aside(number, "not a JSON object", line)
            continue
        yield number, {name: "" if value is None else str(value) for name, value in row.items()}, line


def _parquet_rows(path: Path, options: FormatOptions) -> Rows:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path.name} is not a Parquet file that can be read: {error}") from error
    missing = [name for name in NEEDED if name not in file.schema_arrow.names]
    if missing:
        raise DataError(
            f"{path.name} has no column {', '.join(missing)}; it has {', '.join(file.schema_arrow.names)[:300]}"
        )
    number = 0
    for batch in file.iter_batches(batch_size=options.batch_lines):
        for row in batch.to_pylist():
            number += 1
            cells = {name: "" if value is None else str(value) for name, value in row.items()}
            yield number, cells, json.dumps(cells, ensure_ascii=False)


def _batches(rows: Rows, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    batch, seen = Batch(), set[str]()
    for number, row, raw in rows:
        fault = "the same line again" if raw in seen else _row_add(batch, row, raw, options)
        if fault:
            report.set_aside(number, fault, raw)
            continue
        seen.add(raw)
        report.take("" if row.get("title") else "item without a title: called by its id")
        if len(batch) >= options.batch_lines:
            yield batch
            batch = Batch()
    yield batch


def _row_add(batch: Batch, row: dict[str, str], raw: str, options: FormatOptions) -> str:
    """Take one row in; the reason to set it aside, or an empty string."""
    user, item = row.get("user_id", "").strip(), row.get("item_id", "").strip()
    if not user or not item:
        return "no user_id or no item_id"
    if max(len(user), len(item)) > _ID_LENGTH:
        return f"id longer than {_ID_LENGTH} characters"
    if any("\0" in cell for cell in row.values()):
        return "NUL byte"
    kind = KIND_BY_WORD.get(row["kind"].strip().lower()) if row.get("kind") else options.kind
    if kind is None:
        return "unknown kind"
    at_us = time_us(row.get("timestamp", "").strip(), options.time_zone)
    fault = time_fault(at_us, options.now_us)
    numbers = _numbers(row)
    if fault or at_us is None or isinstance(numbers, str):
        return fault or str(numbers)
    quantity, price_minor, value = numbers
    if item not in batch.items or row.get("title"):
        batch.items[item] = _item(item, row, price_minor)
    batch.add(
        shopper=user, item=item, kind=kind, at_us=at_us, key=raw, quantity=quantity,
        price_minor=price_minor, order=row.get("order", "")[:64], value=value,
    )  # fmt: skip
    return ""


def _numbers(row: dict[str, str]) -> tuple[int, int | None, float | None] | str:
    try:
        quantity = int(float(row.get("quantity") or 1))
        price = float(row["price"]) if row.get("price") else None
        value = float(row["value"]) if row.get("value") else None
    except (ValueError, OverflowError):
        return "quantity, price or value is not a number"
    if (price is not None and not math.isfinite(price)) or (value is not None and not math.isfinite(value)):
        return "quantity, price or value is not a number"
    if not -2_000_000_000 < quantity < 2_000_000_000 or (price is not None and not 0 <= price < 1e12):
        return "quantity or price out of range"
    return quantity, None if price is None else round(price * 100), value


def _item(external_id: str, row: dict[str, str], price_minor: int | None) -> ItemRecord:
    return ItemRecord(
        external_id,
        (row.get("title") or f"Item {external_id}")[:500],
        description=row.get("description", "")[:_TEXT_LENGTH],
        brand=row.get("brand", "")[:_ID_LENGTH],
        department=row.get("department", "")[:_ID_LENGTH],
        category=row.get("category", "")[:_ID_LENGTH],
        tags=tuple(filter(None, (tag.strip()[:120] for tag in row.get("tags", "").split("|")))),
        price_minor=price_minor,
        currency=row.get("currency", "")[:3],
    )
