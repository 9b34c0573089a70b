"""Rating files: what MovieLens and RecBole share once their cells are apart."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.formats.times import time_fault, time_us
from users.kinds import Kind


class Rating(NamedTuple):
    """One line of a rating file, as text."""

    number: int
    raw: str
    user: str
    item: str
    rating: str
    at: str


def rating_batches(
    ratings: Iterator[Rating], titles: dict[str, ItemRecord], options: FormatOptions, report: ImportReport
) -> Iterator[Batch]:
    """Ratings as interactions of kind ``rate``; an item that no file describes is called by its id."""
    batch, seen = Batch(), set[tuple[str, str, str]]()
    for rating in ratings:
        at_us = time_us(rating.at, options.time_zone)
        fault = time_fault(at_us, options.now_us) or _fault(rating)
        if (rating.user, rating.item, rating.at) in seen:
            fault = fault or "the same rating again"
        if fault or at_us is None:
            report.set_aside(rating.number, fault, rating.raw)
            continue
        seen.add((rating.user, rating.item, rating.at))
        record = titles.get(rating.item)
        report.take("" if record else "item without a title: called by its id")
        batch.items.setdefault(rating.item, record or ItemRecord(rating.item, f"Item {rating.item}"))
        batch.add(
            shopper=rating.user,
            item=rating.item,
            kind=Kind.RATE,
            at_us=at_us,
            key=f"{rating.user}\x1f{rating.item}\x1f{rating.at}",
            value=float(rating.rating),
        )
        if len(batch) >= options.batch_lines:
            yield batch
            batch = Batch()
    yield batch


def _fault(rating: Rating) -> str:
    try:
        value = float(rating.rating)
    except ValueError:
        return "rating is not a number"
    if not math.isfinite(value):
        return "rating is not a number"
    return "" if rating.user and rating.item else "no user or no item"
