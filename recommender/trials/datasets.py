"""The public data sets of ``manage.py evaluate``, read from their files into sequences under random indices."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from recommender.data.formats.online_retail import online_retail
from recommender.data.formats.recbole import recbole
from recommender.data.formats.records import Batch, Format, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.sequence_file import ItemTexts, item_texts_read, numbered, sequence_file_read
from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US, DataError, Ints
from users.kinds import Kind

RETAIL_SPLIT_US = int(datetime(2011, 11, 12, tzinfo=UTC).timestamp()) * 1_000_000
RETAIL_VALIDATION_US = RETAIL_SPLIT_US - 28 * DAY_US
DATA_END_US = int(datetime(2012, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Dataset:
    """Behaviour and item texts of one file under random indices."""

    sequences: Sequences
    texts: ItemTexts
    shoppers: tuple[str, ...] = ()  # (u,) names in the file, where it names them


def beauty_read(data: Path, *, seed: int) -> Dataset:
    """Amazon Beauty in S³-Rec's form: no times, file order."""
    folder = data / "s3_beauty"
    file = sequence_file_read(folder / "sequences.txt.gz", seed=seed)
    return Dataset(file.sequences, item_texts_read(folder / "item_text.jsonl.gz", file.item_ids))


def movielens_read(data: Path, *, seed: int, tie_seed: int) -> Dataset:
    """MovieLens-100K, every rating an interaction; equal times in a random order drawn from ``tie_seed``."""
    columns = _columns(recbole, data / "ml-100k", FormatOptions(now_us=DATA_END_US))
    return _dataset(columns, seed=seed, tie_seed=tie_seed)


def retail_read(data: Path, *, seed: int) -> Dataset:
    """Online Retail: purchases of known customers; items and their texts as they stood at ``RETAIL_SPLIT_US``.

    The vocabulary holds what was sold before the split. Later purchases of other items stay in the sequences as item
    -1, because as targets they are misses.
    """
    path = data / "online_retail" / "online_retail.csv.gz"
    london = FormatOptions(time_zone="Europe/London", now_us=RETAIL_SPLIT_US - DAY_US)
    before = _columns(online_retail, path, london)
    whole = _columns(online_retail, path, replace(london, now_us=DATA_END_US))
    sold = {item for item, at in zip(before.item, before.at_us, strict=True) if at < RETAIL_SPLIT_US}
    items = {code: record for code, record in before.items.items() if code in sold}
    customers = [
        k == Kind.PURCHASE and not s.startswith("guest-") for k, s in zip(whole.kind, whole.shopper, strict=True)
    ]
    return _dataset(_keep(whole, np.array(customers), items), seed=seed, tie_seed=seed)


@dataclass(frozen=True)
class _Columns:
    shopper: list[str]
    item: list[str]
    kind: list[Kind]
    at_us: list[int]
    order: list[str]
    items: dict[str, ItemRecord]


def _columns(reader: Format, path: Path, options: FormatOptions) -> _Columns:
    """Everything a format's reader yields.

    Raises: DataError if the path is missing.
    """
    if not path.exists():
        raise DataError(f"{path} is missing; give the folder of the data sets with --data or DPE_DATA")
    columns = _Columns([], [], [], [], [], {})
    batches: Iterable[Batch] = reader(path, options, ImportReport())
    for batch in batches:
        columns.shopper.extend(batch.shopper)
        columns.item.extend(batch.item)
        columns.kind.extend(batch.kind)
        columns.at_us.extend(batch.at_us)
        columns.order.extend(batch.order)
        columns.items.update(batch.items)
    return columns


def _keep(columns: _Columns, mask: np.ndarray, items: dict[str, ItemRecord]) -> _Columns:
    rows = np.flatnonzero(mask).tolist()
    return _Columns(
        [columns.shopper[row] for row in rows],
        [columns.item[row] for row in rows],
        [columns.kind[row] for row in rows],
        [columns.at_us[row] for row in rows],
        [columns.order[row] for row in rows],
        items,
    )


def _dataset(columns: _Columns, *, seed: int, tie_seed: int) -> Dataset:
    """Columns as sequences: random indices, time order, ties in random order but one order's lines together."""
    rng = np.random.default_rng(seed)
    codes = _shuffled(set(columns.items), rng)
    users = _shuffled(set(columns.shopper), rng)
    item = _places(columns.item, codes)
    user = _places(columns.shopper, users)
    order = numbered(columns.order)
    at_us = np.array(columns.at_us, np.int64)
    ties = np.random.default_rng(tie_seed).random(len(item))
    sorted_rows = np.lexsort((ties, order, at_us, user))
    start = np.searchsorted(user[sorted_rows], np.arange(len(users) + 1)).astype(np.int64)
    kinds = np.array(columns.kind, np.int8)[sorted_rows]
    sequences = Sequences(start, item[sorted_rows], kinds, at_us[sorted_rows], order[sorted_rows], len(codes))
    return Dataset(sequences, _texts([columns.items[code] for code in codes]), tuple(users))


def _texts(records: list[ItemRecord]) -> ItemTexts:
    texts = tuple(". ".join(filter(None, (one.title, one.brand, one.department, one.description))) for one in records)
    category = [one.category or " ".join(one.tags) for one in records]
    return ItemTexts(
        texts,
        brand=numbered([one.brand for one in records]),
        category=numbered(category),
        department=numbered([one.department for one in records]),
    )


def _shuffled(names: set[str], rng: np.random.Generator) -> list[str]:
    listed = sorted(names)
    return [listed[place] for place in rng.permutation(len(listed))]


def _places(names: list[str], of: list[str]) -> Ints:
    """(m,) position of each name, -1 where it is not there."""
    place = {name: number for number, name in enumerate(of)}
    return np.array([place.get(name, -1) for name in names], np.int64)
