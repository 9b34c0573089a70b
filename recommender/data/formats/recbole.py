"""RecBole's atomic files: ``.inter`` with ``.item``, ``.kg`` and ``.link`` beside it, typed in the header."""

from collections.abc import Iterator
from pathlib import Path

from recommender.data.formats.lines import header_index, numbered_rows
from recommender.data.formats.movielens import film_record
from recommender.data.formats.ratings import Rating, rating_batches
from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError

Row = dict[str, str]


def recbole(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Read a folder of atomic files, or its ``.inter`` file.

    Raises: DataError if there is no ``.inter`` file or it lacks a user, item or timestamp column.
    """
    inter = path if path.is_file() else atomic_file(path, "inter")
    if inter is None:
        raise DataError(f"{path} holds no .inter file: name a folder of RecBole's atomic files")
    items = _items(inter.parent)
    relations = list(_relations(inter.parent, items))
    rows = numbered_rows(inter, report, delimiter="\t", encoding=options.encoding, quoting=False)
    for batch in rating_batches(_ratings(inter, rows, report), items, options, report):
        batch.relations, relations = relations, []
        yield batch


def atomic_file(folder: Path, ending: str) -> Path | None:
    """The folder's file of that ending, plain or gzip, if there is one."""
    found = sorted([*folder.glob(f"*.{ending}"), *folder.glob(f"*.{ending}.gz")])
    return found[0] if found else None


def _ratings(inter: Path, rows: Iterator[tuple[int, list[str], str]], report: ImportReport) -> Iterator[Rating]:
    _, header, _ = next(rows, (1, [], ""))
    at = header_index(inter, header, ("user_id", "item_id", "timestamp"))
    rating = at.get("rating")
    for number, cells, raw in rows:
        if len(cells) != len(header):
            report.set_aside(number, f"{len(cells)} cells instead of {len(header)}", raw)
            continue
        value = "1" if rating is None else cells[rating]
        yield Rating(number, raw, cells[at["user_id"]], cells[at["item_id"]], value, cells[at["timestamp"]])


def _table(folder: Path, ending: str, needed: tuple[str, ...]) -> Iterator[Row]:
    path = atomic_file(folder, ending)
    if path is None:
        return
    rows = numbered_rows(path, ImportReport(), delimiter="\t", quoting=False)
    _, header, _ = next(rows, (1, [], ""))
    names = list(header_index(path, header, needed))
    for _, cells, _ in rows:
        yield dict(zip(names, cells, strict=False))


def _items(folder: Path) -> dict[str, ItemRecord]:
    return {row["item_id"]: _item(row) for row in _table(folder, "item", ("item_id",))}


def _item(row: Row) -> ItemRecord:
    title = row.get("movie_title") or row.get("title") or f"Item {row['item_id']}"
    genres = tuple((row.get("class") or row.get("genre") or row.get("categories") or "").split())
    return film_record(row["item_id"], title, genres, row.get("release_year", ""))


def _relations(folder: Path, items: dict[str, ItemRecord]) -> Iterator[tuple[str, str, str]]:
    """Edges of the knowledge graph between two items of the file."""
    item_of = {row["entity_id"]: row["item_id"] for row in _table(folder, "link", ("item_id", "entity_id"))}
    for row in _table(folder, "kg", ("head_id", "relation_id", "tail_id")):
        head, tail = item_of.get(row["head_id"]), item_of.get(row["tail_id"])
        if head in items and tail in items:
            yield str(head), row["relation_id"], str(tail)
