"""What a file of facts says, in columns: the noun every format yields and the importer writes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from recommender.data.formats.report import ImportReport
from users.kinds import Kind


@dataclass
class ItemRecord:
    """An item as a file describes it. Empty strings and None mean that the file does not say."""

    external_id: str
    title: str
    description: str = ""
    language: str = "en"
    domain: str = "product"
    brand: str = ""
    department: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    price_minor: int | None = None
    currency: str = ""
    published_us: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Batch:
    """Some lines of a file: new items and a column per field of the interactions."""

    items: dict[str, ItemRecord] = field(default_factory=dict)
    relations: list[tuple[str, str, str]] = field(default_factory=list)  # source item, kind, target item
    shopper: list[str] = field(default_factory=list)
    item: list[str] = field(default_factory=list)
    kind: list[Kind] = field(default_factory=list)
    at_us: list[int] = field(default_factory=list)
    quantity: list[int] = field(default_factory=list)
    price_minor: list[int | None] = field(default_factory=list)
    currency: str = ""
    order: list[str] = field(default_factory=list)
    value: list[float | None] = field(default_factory=list)
    key: list[str] = field(default_factory=list)  # what makes the record itself within its file

    def __len__(self) -> int:
        return len(self.shopper)

    def add(
        self,
        *,
        shopper: str,
        item: str,
        kind: Kind,
        at_us: int,
        key: str,
        quantity: int = 1,
        price_minor: int | None = None,
        order: str = "",
        value: float | None = None,
    ) -> None:
        """Append one interaction."""
        self.shopper.append(shopper)
        self.item.append(item)
        self.kind.append(kind)
        self.at_us.append(at_us)
        self.quantity.append(quantity)
        self.price_minor.append(price_minor)
        self.order.append(order)
        self.value.append(value)
        self.key.append(key)


@dataclass(frozen=True)
class FormatOptions:
    """What a reader may be told."""

    time_zone: str = "UTC"
    encoding: str = "utf-8"
    now_us: int = 0
    batch_lines: int = 50_000
    kind: Kind = Kind.VIEW  # for files that do not say what was done


class Format(Protocol):
    """A reader of one file format. One file, one line in ``FORMATS``, one contract test."""

    def __call__(self, path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
        """Read ``path`` and account for every line in ``report``.

        Raises: DataError where the file as a whole cannot be what it should be (wrong header, encoding).
        """
        ...
