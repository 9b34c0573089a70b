"""Public data sets: where they come from, what vouches for them and what they become on disk.

A publisher's own checksum vouches for the archive where there is one. Where the container may be packed anew without
a word (a spreadsheet in a zip), the rows themselves are summed: the same facts give the same sum however they travel.
"""

import csv
import gzip
import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import openpyxl

from recommender.data.files import file_sha256
from recommender.data.formats.lines import open_binary
from recommender.data.formats.online_retail import COLUMNS
from recommender.data.types import DataError

Unpack = Callable[[Path, Path], Path]
"""(downloaded file, folder) → the file or folder to import."""


@dataclass(frozen=True)
class PublishedFile:
    """One file of a data set."""

    address: str
    sha256: str  # of the download, "" where only its content is known


@dataclass(frozen=True)
class PublishedDataset:
    """A data set anyone can fetch."""

    name: str
    title: str
    licence: str
    format: str
    file: PublishedFile
    unpack: Unpack
    content_sha256: str  # of the unpacked rows, "" where the download's sum is enough


def rows_sha256(rows: Iterable[Iterable[str]]) -> str:
    """SHA-256 of cells joined by tabs and rows by line feeds."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(("\t".join(row) + "\n").encode())
    return digest.hexdigest()


def published_verify(dataset: PublishedDataset, path: Path) -> None:
    """Check a download before it is unpacked.

    Raises: DataError if it is not what the publisher gave out.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file: name the download itself, as {dataset.file.address} gives it")
    found = file_sha256(path)
    if dataset.file.sha256 and found != dataset.file.sha256:
        raise DataError(
            f"{path.name} has SHA-256 {found}, expected {dataset.file.sha256}: the download is torn or the publisher "
            "changed the file; fetch it again, or import a copy you trust by its path"
        )


def published_unpack(dataset: PublishedDataset, download: Path, folder: Path) -> Path:
    """Unpack a verified download and check its content.

    Returns: what ``manage.py import_dataset`` takes.
    Raises: DataError if its rows are not the known ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        result = dataset.unpack(download, folder)
        found = content_sha256(dataset, result) if dataset.content_sha256 else ""
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise DataError(
            f"{download.name} is not what {dataset.file.address} gives ({error}): fetch it again, or import a copy "
            f"that is unpacked already with import_dataset PATH --format {dataset.format}"
        ) from error
    if found != dataset.content_sha256:
        raise DataError(
            f"the rows of {result.name} have SHA-256 {found}, expected {dataset.content_sha256}: fetch it again"
        )
    return result


def content_sha256(dataset: PublishedDataset, path: Path) -> str:
    """Sum of a data set's rows, whatever it is packed in."""
    if dataset.format == "online-retail":
        return rows_sha256(_retail_rows(path))
    with open_binary(path) as lines:
        return rows_sha256(line.decode().split() for line in lines)


def _retail_rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield [
                row["InvoiceNo"],
                row["StockCode"],
                str(int(row["Quantity"])),
                row["InvoiceDate"],
                f"{float(row['UnitPrice']):.3f}",
                row["CustomerID"].removesuffix(".0"),
            ]


def unzip_folder(download: Path, folder: Path) -> Path:
    """Unpack a zip that holds one folder; entries that would leave it are refused."""
    with zipfile.ZipFile(download) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for name in names:
            target = folder / Path(name).name
            if ".." in Path(name).parts or Path(name).is_absolute():
                raise DataError(f"{download.name} holds {name}, which would leave the folder: do not trust it")
            with archive.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    return folder


def plain_file(download: Path, folder: Path) -> Path:
    """The download as it is, under the name the import looks for."""
    target = folder / "sequences.txt"
    shutil.copyfile(download, target)
    return target


def retail_csv(download: Path, folder: Path) -> Path:
    """The spreadsheet in UCI's zip as ``online_retail.csv.gz``."""
    with zipfile.ZipFile(download) as archive:
        name = next((name for name in archive.namelist() if name.lower().endswith(".xlsx")), None)
        if name is None:
            raise DataError(f"{download.name} holds no .xlsx file: fetch it again")
        workbook = openpyxl.load_workbook(io.BytesIO(archive.read(name)), read_only=True, data_only=True)
    rows = workbook.worksheets[0].iter_rows(values_only=True)
    if tuple(next(rows))[: len(COLUMNS)] != COLUMNS:
        raise DataError(f"{name} has another header than {', '.join(COLUMNS)}")
    target = folder / "online_retail.csv.gz"
    with gzip.open(target, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell_text(cell) for cell in row[: len(COLUMNS)]] for row in rows)
    return target


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return str(cell)


PUBLISHED = {
    dataset.name: dataset
    for dataset in (
        PublishedDataset(
            name="online-retail",
            title="UCI Online Retail: a year of a gift shop's invoice lines",
            licence="CC BY 4.0",
            format="online-retail",
            file=PublishedFile("https://archive.ics.uci.edu/static/public/352/online+retail.zip", ""),
            unpack=retail_csv,
            content_sha256="13febc8f6e5d529bd4524d9a05bdcf606090f6a386521bf3bbf10dc7ca551c6a",
        ),
        PublishedDataset(
            name="ml-100k",
            title="MovieLens 100K: 100,000 film ratings",
            licence="research use, no redistribution",
            format="movielens",
            file=PublishedFile(
                "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
                "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
            ),
            unpack=unzip_folder,
            content_sha256="",
        ),
        PublishedDataset(
            name="beauty",
            title="Amazon Beauty as prepared for S³-Rec: 22,363 reviewers' sequences",
            licence="research use",
            format="sequences",
            file=PublishedFile("https://raw.githubusercontent.com/RUCAIBox/CIKM2020-S3Rec/master/data/Beauty.txt", ""),
            unpack=plain_file,
            content_sha256="ed44114babf1c9bbd817f322abe06aed78039fdac12cef142570b80ffd79307a",
        ),
    )
}
