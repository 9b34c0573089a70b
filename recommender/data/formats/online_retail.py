"""UCI Online Retail: a gift shop's invoice lines, cleaned in the open.

Every line ends as an imported sale, a repaired one, a return matched to its purchase, or is set aside with a reason.
The file is read whole before anything is yielded, because a description may come from a later line and a return
looks back for its purchase.

Reference: Chen, Sain, Guo, 2012; data set 352 of the UCI Machine Learning Repository (CC BY 4.0).
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class InvoiceLine:
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


def online_retail(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Read the invoices: sales become purchases, matched cancellations returns.

    Raises: DataError if the header is not Online Retail's.
    """
    lines = list(_lines(path, options, report))
    titles, item_price = _titles(lines), _prices(lines)
    caps = quantity_caps(lines)
    open_sales: dict[tuple[str, str], deque[list[int]]] = defaultdict(deque)
    batch = Batch(currency=CURRENCY)
    for count, line in enumerate(lines, start=1):
        _line_take(line, batch, report, titles, item_price, caps, open_sales)
        if count % options.batch_lines == 0:
            yield batch
            batch = Batch(currency=CURRENCY)
    yield batch


def _lines(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[InvoiceLine]:
    rows = numbered_rows(path, report, delimiter=",", encoding=options.encoding)
    _, header, _ = next(rows, (1, [], ""))
    at = header_index(path, header, COLUMNS)
    order = [at[name] for name in COLUMNS]
    seen: set[str] = set()
    for number, cells, raw in rows:
        if len(cells) != len(header):
            report.set_aside(number, f"{len(cells)} cells instead of {len(header)}", raw)
            continue
        line = _typed(number, raw, [cells[position] for position in order], options, seen)
        if isinstance(line, str):
            report.set_aside(number, line, raw)
        else:
            yield line


def _typed(number: int, raw: str, cells: list[str], options: FormatOptions, seen: set[str]) -> InvoiceLine | str:
    """The line, or the reason to set it aside."""
    invoice, code, description, quantity, date, price, customer, _country = cells
    try:
        pieces, minor = int(quantity), round(float(price) * 100)
    except (ValueError, OverflowError):
        return "quantity or price is not a number"
    at_us = time_us(date, options.time_zone)
    fault = time_fault(at_us, options.now_us)
    if fault or at_us is None:
        return fault
    code = code.strip().upper()
    if not PRODUCT_CODE.match(code):
        return "not a product (postage, fees, vouchers, adjustments)"
    if raw in seen:
        return "the same line again"
    seen.add(raw)
    return InvoiceLine(
        number, raw, invoice, code, description.strip(), pieces, at_us, minor, customer.removesuffix(".0")
    )


def _titles(lines: list[InvoiceLine]) -> dict[str, str]:
    """Code → its most frequent description on sale lines (stock adjustments carry notes like "damaged")."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        if line.description and line.quantity > 0 and line.price_minor > 0:
            votes[line.code][line.description] += 1
    return {code: counter.most_common(1)[0][0] for code, counter in votes.items()}


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


def _line_take(
    line: InvoiceLine,
    batch: Batch,
    report: ImportReport,
    titles: dict[str, str],
    item_price: dict[str, int],
    caps: dict[str, int],
    open_sales: dict[tuple[str, str], deque[list[int]]],
) -> None:
    title = titles.get(line.code)
    if title is None:
        report.set_aside(line.number, "item without a description anywhere in the file", line.raw)
    elif line.price_minor <= 0:
        reason = "price zero: a gift or a stock adjustment" if line.price_minor == 0 else "negative price"
        report.set_aside(line.number, reason, line.raw)
    elif line.quantity <= 0:
        _return_take(line, batch, report, open_sales)
    else:
        if line.code not in batch.items:
            batch.items[line.code] = ItemRecord(
                line.code,
                tidy_title(title),
                price_minor=item_price[line.code],
                currency=CURRENCY,
                published_us=line.at_us,
            )
        _sale_take(line, batch, report, caps[line.code], open_sales)


def _sale_take(
    line: InvoiceLine, batch: Batch, report: ImportReport, cap: int, open_sales: dict[tuple[str, str], deque[list[int]]]
) -> None:
    repair = ""
    if line.quantity > cap:
        repair = "quantity outlier capped"
    elif not line.customer:
        repair = "no customer: a guest per invoice"
    elif not line.description:
        repair = "description taken from another line"
    report.take(repair)
    shopper = line.customer or f"guest-{line.invoice}"
    open_sales[shopper, line.code].append([line.quantity, line.number])
    batch.add(
        shopper=shopper,
        item=line.code,
        kind=Kind.PURCHASE,
        at_us=line.at_us,
        key=line.raw,
        quantity=min(line.quantity, cap),
        price_minor=line.price_minor,
        order=line.invoice,
    )


def _return_take(
    line: InvoiceLine, batch: Batch, report: ImportReport, open_sales: dict[tuple[str, str], deque[list[int]]]
) -> None:
    if not line.invoice.startswith("C"):
        report.set_aside(line.number, "negative quantity without a cancellation: stock written off", line.raw)
        return
    if not line.customer:
        report.set_aside(line.number, "cancellation without a customer", line.raw)
        return
    if not _matched(open_sales[line.customer, line.code], -line.quantity):
        report.set_aside(line.number, "cancellation of a purchase that is not in the file", line.raw)
        return
    report.take("cancellation matched to its purchase: a return")
    batch.add(
        shopper=line.customer,
        item=line.code,
        kind=Kind.RETURN,
        at_us=line.at_us,
        key=line.raw,
        quantity=-line.quantity,
        price_minor=line.price_minor,
        order=line.invoice,
    )


def _matched(sales: deque[list[int]], pieces: int) -> bool:
    """Take ``pieces`` off the latest earlier sales; False, and nothing taken, if they do not hold that many."""
    if sum(left for left, _ in sales) < pieces:
        return False
    while pieces > 0:
        take = min(pieces, sales[-1][0])
        sales[-1][0] -= take
        pieces -= take
        if sales[-1][0] == 0:
            sales.pop()
    return True


def tidy_title(text: str) -> str:
    """The till's capitals as a title: ``WHITE METAL LANTERN`` → ``White metal lantern``."""
    words = " ".join(text.split())
    return words.capitalize() if words.isupper() else words
