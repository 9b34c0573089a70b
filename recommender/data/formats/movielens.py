"""MovieLens as GroupLens publishes it: ``u.data`` (100K), ``ratings.dat`` (1M, 10M), ``ratings.csv`` (20M, later)."""

import re
from collections.abc import Iterator
from pathlib import Path

from recommender.data.formats.lines import numbered_rows
from recommender.data.formats.ratings import Rating, rating_batches
from recommender.data.formats.records import Batch, FormatOptions, ItemRecord
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError

RATINGS = {"u.data": "\t", "ratings.dat": "::", "ratings.csv": ","}
GENRES_100K = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


def movielens(path: Path, options: FormatOptions, report: ImportReport) -> Iterator[Batch]:
    """Read a MovieLens folder, or its ratings file with the titles beside it.

    Raises: DataError if neither is there.
    """
    ratings = _ratings_file(path)
    titles = _titles(ratings.parent)
    rows = numbered_rows(ratings, report, delimiter=RATINGS[ratings.name], encoding="latin-1", quoting=False)
    yield from rating_batches(_ratings(rows, report), titles, options, report)


def _ratings_file(path: Path) -> Path:
    if path.name in RATINGS:
        return path
    found = [path / name for name in RATINGS if (path / name).is_file()]
    if not found:
        raise DataError(f"{path} holds none of {', '.join(RATINGS)}: name the unpacked MovieLens folder")
    return found[0]


def _ratings(rows: Iterator[tuple[int, list[str], str]], report: ImportReport) -> Iterator[Rating]:
    for number, cells, raw in rows:
        if number == 1 and cells[0] == "userId":
            continue
        if len(cells) != 4:
            report.set_aside(number, f"{len(cells)} cells instead of 4", raw)
            continue
        yield Rating(number, raw, *cells)


def _titles(folder: Path) -> dict[str, ItemRecord]:
    """Films by id, from whichever of the three files is there."""
    unread = ImportReport()  # a film file's lines are not interactions and are not counted
    for name, delimiter in (("u.item", "|"), ("movies.dat", "::"), ("movies.csv", ",")):
        if (folder / name).is_file():
            rows = numbered_rows(
                folder / name, unread, delimiter=delimiter, encoding="utf-8" if name == "movies.csv" else "latin-1"
            )
            return {cells[0]: _film(cells) for _, cells, _ in rows if len(cells) >= 3 and cells[0] != "movieId"}
    return {}


def _film(cells: list[str]) -> ItemRecord:
    year = _YEAR.search(cells[1])
    title = _YEAR.sub("", cells[1])
    if len(cells) > len(GENRES_100K):
        genres = tuple(
            genre for genre, flag in zip(GENRES_100K, cells[-len(GENRES_100K) :], strict=True) if flag == "1"
        )
    else:
        genres = tuple(genre for genre in cells[2].split("|") if genre != "(no genres listed)")
    return film_record(cells[0], title, genres, year.group(1) if year else "")


def film_record(external_id: str, title: str, genres: tuple[str, ...], year: str) -> ItemRecord:
    """A film as an item: its first genre is its department."""
    return ItemRecord(
        external_id,
        title,
        description=", ".join(filter(None, (" ".join(genres), year))),
        domain="film",
        department=genres[0] if genres else "",
        tags=genres,
        attributes={"year": year} if year else {},
    )
