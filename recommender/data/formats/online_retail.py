"""UCI Online Retail: a gift shop's invoice lines, cleaned in the open.

Every line ends as an imported sale, a repaired one, a return matched to its purchase, or is set aside with a reason.
The file is read whole before anything is yielded, because a description may come from a later line and a return
looks back for its purchase.

Reference: Chen, Sain, Guo, 2012; data set 352 of the UCI Machine Learning Repository (CC BY 4.0).
"""

import re
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recommender.data.formats.lines import header_index, numbered_rows
from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.formats.times import time_fault, time_us
from users.kinds import Kind

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
CURRENCY = "GBP"
PRODUCT_CODE = re.compile(r"^(\d{5}[A-Z]{0,2}|DCGS\w+)$")
OUTLIER_FACTOR = 20.0
"""A quantity above this many times the item's 95th percentile is an outlier …"""
OUTLIER_FLOOR = 1_000
"""… if it is also above this many pieces."""
_REMEMBERED = 65_536
"""Texts whose reading is remembered: the same codes, numbers and minutes come back thousands of times."""


class InvoiceLine(NamedTuple):
    """One line of an invoice, typed."""

    number: int
    raw: str
    invoice: str
    code: str
    description: str
    quantity: int
    at_us: int
    price_minor: int
    customer: str


@dataclass(frozen=True)
class _Catalogue:
    """What the whole file says about its items, by code."""

    titles: dict[str, str]
    prices: dict[str, int]  # minor units
    caps: dict[str, int]  # pieces


class _Sales:
    """What is left of the sales that a later line may cancel, by customer and code; other sales are not kept."""

    def __init__(self, lines: list[InvoiceLine]) -> None:
        self._left: dict[tuple[str, str], deque[int]] = {
            (line.customer, line.code): deque() for line in lines if line.quantity < 0 and line.customer
        }

    def add(self, line: InvoiceLine) -> None:
        """Note a sale if anything of it may be cancelled."""
        left = self._left.get((line.customer, line.code))
        if left is not None:
            left.append(line.quantity)

    def take_back(self, line: InvoiceLine) -> bool:
        """Take a cancellation off the latest earlier sales; False, and nothing taken, if they hold too little."""
        left, pieces = self._left[line.customer, line.code], -line.quantity
        if sum(left) < pieces:
            return False
        while pieces > 0:
            take = min(pieces, left[-1])
            left[-1] -= take
            pieces -= take
            if left[-1] == 0:
                left.pop()
        return True


def online_retail(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Read the invoices: sales become purchases, matched cancellations returns.

    Raises: DataError if the header is not Online Retail's.
    """
    lines = list(_lines(path, options, report))
    catalogue, sales = _Catalogue(_titles(lines), _prices(lines), quantity_caps(lines)), _Sales(lines)
    for start in range(0, len(lines) + 1, options.batch_lines):
        yield _batch(lines[start : start + options.batch_lines], catalogue, sales, report)


def _lines(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[InvoiceLine]:
    rows = numbered_rows(path, report, delimiter=",", encoding=options.encoding)
    _, header, _ = next(rows, (1, [], ""))
    at = header_index(path, header, COLUMNS)
    ordered, width = itemgetter(*(at[name] for name in COLUMNS)), len(header)
    seen: set[str] = set()
    for number, cells, raw in rows:
        if len(cells) != width:
            report.set_aside(number, f"{len(cells)} cells instead of {width}", raw)
            continue
        line = _typed(number, raw, ordered(cells), options, seen)
        if isinstance(line, str):
            report.set_aside(number, line, raw)
        else:
            yield line


def _typed(number: int, raw: str, cells: tuple[str, ...], options: FormatOptions, seen: set[str]) -> InvoiceLine | str:
    """The line, or the reason to set it aside."""
    invoice, code, description, quantity, date, price, customer, _country = cells
    pieces, minor, product = _pieces(quantity), _minor_units(price), _product(code)
    if pieces is None or minor is None:
        return "quantity or price is not a number"
    at_us = time_us(date, options.time_zone)
    fault = time_fault(at_us, options.now_us)
    if fault or at_us is None:
        return fault
    if not product:
        return "not a product (postage, fees, vouchers, adjustments)"
    if raw in seen:
        return "the same line again"
    seen.add(raw)
    who, what = sys.intern(customer.removesuffix(".0")), sys.intern(description.strip())
    return InvoiceLine(number, raw, sys.intern(invoice), product, what, pieces, at_us, minor, who)


@lru_cache(_REMEMBERED)
def _pieces(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


@lru_cache(_REMEMBERED)
def _minor_units(text: str) -> int | None:
    try:
        return round(float(text) * 100)
    except (ValueError, OverflowError):
        return None


@lru_cache(_REMEMBERED)
def _product(text: str) -> str:
    """The product's code, or an empty string for what is none (postage, fees)."""
    code = text.strip().upper()
    return code if PRODUCT_CODE.match(code) else ""


def _titles(lines: list[InvoiceLine]) -> dict[str, str]:
    """Code → its most frequent description on sale lines (stock adjustments carry notes like "damaged")."""
    votes = Counter(
        (line.code, line.description)
        for line in lines
        if line.description and line.quantity > 0 and line.price_minor > 0
    )
    return {code: title for (code, title), _ in reversed(votes.most_common())}  # the first of equals is last


def _prices(lines: list[InvoiceLine]) -> dict[str, int]:
    """Code → the median of its sale prices, minor units."""
    prices: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if line.price_minor > 0 and line.quantity > 0:
            prices[line.code].append(line.price_minor)
    return {code: int(np.median(values)) for code, values in prices.items()}


def quantity_caps(lines: list[InvoiceLine]) -> dict[str, int]:
    """Code → the largest quantity believed for one line.

    cap = max(1,000, 20 × 95th percentile of the item's sold quantities)
    """
    sold: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if line.quantity > 0:
            sold[line.code].append(line.quantity)
    return {code: max(OUTLIER_FLOOR, int(OUTLIER_FACTOR * np.percentile(q, 95))) for code, q in sold.items()}


def _batch(lines: list[InvoiceLine], catalogue: _Catalogue, sales: _Sales, report: ImportReport) -> Batch:
    batch, repairs = Batch(currency=CURRENCY), Counter[str]()
    for line in lines:
        fault = _fault(line, catalogue, sales)
        if fault:
            report.set_aside(line.number, fault, line.raw)
        elif line.quantity < 0:
            repairs["cancellation matched to its purchase: a return"] += 1
            _take(batch, line, line.customer, Kind.RETURN, -line.quantity)
        else:
            sales.add(line)
            cap = catalogue.caps[line.code]
            repairs[_repair(line, cap)] += 1
            if line.code not in batch.items:
                batch.items[line.code] = _item(line, catalogue)
            _take(batch, line, line.customer or f"guest-{line.invoice}", Kind.PURCHASE, min(line.quantity, cap))
    for repair, count in repairs.items():
        report.take(repair, lines=count)
    return batch


def _fault(line: InvoiceLine, catalogue: _Catalogue, sales: _Sales) -> str:
    """Why the line is no sale and no return, or an empty string; a return is taken off its sales."""
    if line.code not in catalogue.titles:
        return "item without a description anywhere in the file"
    if line.price_minor <= 0:
        return "price zero: a gift or a stock adjustment" if line.price_minor == 0 else "negative price"
    if line.quantity > 0:
        return ""
    if not line.invoice.startswith("C"):
        return "negative quantity without a cancellation: stock written off"
    if not line.customer:
        return "cancellation without a customer"
    return "" if line.quantity < 0 and sales.take_back(line) else "cancellation of a purchase that is not in the file"


def _repair(line: InvoiceLine, cap: int) -> str:
    if line.quantity > cap:
        return "quantity outlier capped"
    if not line.customer:
        return "no customer: a guest per invoice"
    return "" if line.description else "description taken from another line"


def _item(line: InvoiceLine, catalogue: _Catalogue) -> ItemRecord:
    return ItemRecord(
        line.code,
        tidy_title(catalogue.titles[line.code]),
        price_minor=catalogue.prices[line.code],
        currency=CURRENCY,
        published_us=line.at_us,
    )


def _take(batch: Batch, line: InvoiceLine, shopper: str, kind: Kind, quantity: int) -> None:
    batch.add(
        shopper=shopper,
        item=line.code,
        kind=kind,
        at_us=line.at_us,
        key=line.raw,
        quantity=quantity,
        price_minor=line.price_minor,
        order=line.invoice,
    )


def tidy_title(text: str) -> str:
    """The till's capitals as a title: ``WHITE METAL LANTERN`` → ``White metal lantern``."""
    words = " ".join(text.split())
    return words.capitalize() if words.isupper() else words
