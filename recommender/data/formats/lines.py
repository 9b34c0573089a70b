"""Lines of a text file, plain or gzip, with the faults a real file has."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError

CELL_LIMIT = 100_000  # characters
_READ = 1 << 20
_LINE_LIMIT = 1_000_000  # bytes
_FORMULAS = ("=", "@", "+cmd", "-cmd")


def open_binary(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip (known by its first two bytes, not its name).

    Raises: DataError if there is no such file.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file: name an existing one")
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def numbered_lines(
    path: Path, report: ImportReport, *, encoding: str = "utf-8", header: bool = True
) -> Iterator[tuple[int, str]]:
    """(number from 1, text without line end) of every line that can be read.

    Lines with NUL bytes, bytes of another encoding or more than a million bytes are set aside. A stream that ends
    early (truncated gzip) ends the iteration with a fault in the report: what was read before it counts.

    Raises: DataError if the first line is not text in ``encoding``.
    """
    for number, raw in _raw_lines(path, report):
        if number == 1:
            _first_line_check(path, raw, encoding)
        fault = _line_fault(raw, encoding)
        if fault and header and number == 1:
            raise DataError(f"{path.name}, line 1: {fault}")
        if fault:
            report.set_aside(number, fault, raw[:400].decode(encoding, "replace").replace("\0", "�"))
            continue
        yield number, raw.decode(encoding)


def _raw_lines(path: Path, report: ImportReport) -> Iterator[tuple[int, bytes]]:
    number, rest, skipping = 0, b"", False
    with open_binary(path) as stream:
        while True:
            try:
                block = stream.read(_READ)
            except (EOFError, OSError, zlib.error) as error:
                report.stop(
                    f"line {number + 1}: the file ends in the middle ({error}). "
                    "The lines before it are in; get the whole file and import it again to add the rest"
                )
                return
            parts = (rest + block).split(b"\n")
            rest = parts.pop() if block or not parts[-1] else b""
            for part in parts:
                if skipping:
                    skipping = False
                    continue
                number += 1
                yield number, part.removesuffix(b"\r")
            if len(rest) > _LINE_LIMIT and not skipping:
                number += 1
                yield number, rest
                skipping = True
            rest = b"" if skipping else rest
            if not block:
                return


def _first_line_check(path: Path, raw: bytes, encoding: str) -> None:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path.name}, line 1: the file is UTF-16; save it as UTF-8 and import that")
    if b"\0" in raw:
        raise DataError(f"{path.name}, line 1: NUL bytes: this is not a text file")
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path.name}, line 1: not {encoding} ({error.reason}); name the right one with --encoding"
        ) from error


def _line_fault(raw: bytes, encoding: str) -> str:
    if len(raw) > _LINE_LIMIT:
        return f"line longer than {_LINE_LIMIT:,} bytes"
    if b"\0" in raw:
        return "NUL byte"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return f"not {encoding}"
    return ""


def numbered_rows(
    path: Path, report: ImportReport, *, delimiter: str, encoding: str = "utf-8", quoting: bool = True
) -> Iterator[tuple[int, list[str], str]]:
    """(line number, cells, raw line) of a delimited file, header included; rows with faulty cells are set aside.

    A quoted cell may not span lines: exports of shops do not need it and a lost quote would swallow the file.
    """
    parse = _quoted_cells if quoting else _plain_cells
    for number, line in numbered_lines(path, report, encoding=encoding):
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line:
            report.set_aside(number, "empty line", "")
            continue
        cells = parse(line, delimiter)
        fault = _cells_fault(cells) if number > 1 else ""
        if fault:
            report.set_aside(number, fault, line)
            continue
        yield number, cells, line


def _plain_cells(line: str, delimiter: str) -> list[str]:
    return line.split(delimiter)


def _quoted_cells(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter), [])


def _cells_fault(cells: list[str]) -> str:
    for cell in cells:
        if len(cell) > CELL_LIMIT:
            return f"cell longer than {CELL_LIMIT:,} characters"
        if cell.startswith(_FORMULAS):
            return "cell starts a spreadsheet formula"
    return ""


csv.field_size_limit(2_000_000)


def header_index(path: Path, cells: list[str], needed: tuple[str, ...]) -> dict[str, int]:
    """Column name → position.

    Raises: DataError naming what is missing and what was found.
    """
    names = [cell.strip().split(":")[0] for cell in cells]
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"{path.name}, line 1: no column {', '.join(missing)}; the header reads {', '.join(names)[:300]}"
        )
    return {name: position for position, name in enumerate(names)}
