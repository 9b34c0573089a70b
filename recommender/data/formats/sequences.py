"""Lines of ``user item item …`` in time order, as published with S³-Rec; texts in ``item_text.jsonl`` beside it."""

import json
from collections.abc import Iterator
from pathlib import Path

from recommender.data.formats.lines import numbered_lines
from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.types import DAY_US

STEP_US = DAY_US // 24
"""Sequences carry no times: their items are laid one hour apart, the last one a day before the import's now."""


def sequences(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Read ``sequences.txt`` (or a folder that holds it); each item is an interaction of ``options.kind``."""
    file = path if path.is_file() else _sequence_file(path)
    texts = item_texts(file.parent)
    batch, users = Batch(), set[str]()
    for number, line in numbered_lines(file, report, header=False):
        user, *items = line.split() or [""]
        fault = "no items" if not items else "the same user again" if user in users else ""
        if fault:
            report.set_aside(number, fault, line)
            continue
        users.add(user)
        report.take()
        _sequence_add(batch, user, items, texts, options)
        if len(batch) >= options.batch_lines:
            yield batch
            batch = Batch()
    yield batch


def _sequence_file(folder: Path) -> Path:
    found = sorted([*folder.glob("sequences.txt*"), *folder.glob("*.txt")])
    return found[0] if found else folder / "sequences.txt"


def _sequence_add(
    batch: Batch, user: str, items: list[str], texts: dict[str, ItemRecord], options: FormatOptions
) -> None:
    end_us = options.now_us // DAY_US * DAY_US - DAY_US
    for position, item in enumerate(items):
        batch.items.setdefault(item, texts.get(item) or ItemRecord(item, f"Item {item}"))
        batch.add(
            shopper=user,
            item=item,
            kind=options.kind,
            at_us=end_us - (len(items) - position) * STEP_US,
            key=f"{user}\x1f{position}\x1f{item}",
        )


def item_texts(folder: Path) -> dict[str, ItemRecord]:
    """Items of ``item_text.jsonl`` (plain or gzip) by their id; a missing file gives none."""
    for name in ("item_text.jsonl.gz", "item_text.jsonl"):
        if (folder / name).is_file():
            lines = numbered_lines(folder / name, ImportReport(), header=False)
            return {record.external_id: record for record in (_record(json.loads(line)) for _, line in lines)}
    return {}


def _record(row: dict[str, object]) -> ItemRecord:
    words = row.get("attributes")
    brand, *categories = [str(word) for word in words] if isinstance(words, list) and words else [""]
    known = brand if brand != "Unknown" else ""
    return ItemRecord(
        str(row["item_id"]),
        " · ".join(filter(None, (known, categories[-1] if categories else ""))) or f"Item {row['item_id']}",
        description=", ".join(categories),
        brand=known,
        department=categories[0] if categories else "",
        category=categories[-1] if len(categories) > 1 else "",
        tags=tuple(categories),
        attributes={"asin": str(row["asin"])} if row.get("asin") else {},
    )
