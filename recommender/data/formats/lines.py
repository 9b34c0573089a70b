"""Lines of a text file, plain or gzip, with the faults a real file has."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError

CELL_LIMIT = 100_000  # characters
_READ = 1 << 20
_LINE_LIMIT = 1_000_000  # bytes
_FORMULAS = ("=", "@", "+cmd", "-cmd")


def open_binary(path: Path) -> BufferedIOBase:
    """The file's bytes, unpacked where it is gzip (known by its first two bytes, not its name).

    Raises: DataError if there is no such file.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file: name an existing one")
    with path.open("rb") as probe:
        packed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def numbered_lines(
    path: Path, report: ImportReport, *, encoding: str = "utf-8", header: bool = True
) -> Iterator[tuple[int, str]]:
    """(number from 1, text without line end) of every line that can be read.

    Lines with NUL bytes, bytes of another encoding or more than a million bytes are set aside. A stream that ends
    early (truncated gzip) ends the iteration with a fault in the report: what was read before it counts.

    Raises: DataError if the first line is not text in ``encoding``.
    """
    for first, block in _line_blocks(path, report):
        if first == 1 and block:
            _first_line_check(path, block[0], encoding)
        lines = _clean_text(block, encoding)
        if lines is not None:
            yield from enumerate(lines, first)
            continue
        for number, raw in enumerate(block, first):
            fault = _line_fault(raw, encoding)
            if fault and header and number == 1:
                raise DataError(f"{path.name}, line 1: {fault}")
            if fault:
                report.set_aside(number, fault, raw[:400].decode(encoding, "replace").replace("\0", "�"))
                continue
            yield number, raw.decode(encoding)


def _line_blocks(path: Path, report: ImportReport) -> Iterator[tuple[int, list[bytes]]]:
    """(number of the first line, lines without their ends), some thousand lines at a time.

    Of a line longer than the limit its beginning alone is given: longer than the limit, so that it is set aside.
    """
    first, rest, skipping = 1, b"", False
    with open_binary(path) as stream:
        while True:
            try:
                block = stream.read1(_READ)  # what there is before a tear, not an error for the whole of it
            except (EOFError, OSError, zlib.error) as error:
                report.stop(
                    f"line {first}: the file ends in the middle ({error}). "
                    "The lines before it are in; get the whole file and import it again to add the rest"
                )
                return
            lines = (rest + block).split(b"\n")
            rest = lines.pop() if block or not lines[-1] else b""
            if skipping and lines:
                del lines[0]
                skipping = False
            if len(rest) > _LINE_LIMIT and not skipping:
                lines.append(rest)
                skipping = True
            rest = b"" if skipping else rest
            yield first, [line.removesuffix(b"\r") for line in lines]
            first += len(lines)
            if not block:
                return


def _clean_text(block: list[bytes], encoding: str) -> list[str] | None:
    """All lines of a block decoded at once, which is much quicker; None if one of them needs a closer look."""
    whole = b"\n".join(block)
    if not block or b"\0" in whole or max(map(len, block)) > _LINE_LIMIT:
        return None
    try:
        lines = whole.decode(encoding).split("\n")
    except UnicodeDecodeError:
        return None
    return lines if len(lines) == len(block) else None


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
    for number, line in numbered_lines(path, report, encoding=encoding):
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line:
            report.set_aside(number, "empty line", "")
            continue
        cells = _quoted_cells(line, delimiter) if quoting and '"' in line else line.split(delimiter)
        fault = _cells_fault(cells) if number > 1 and _suspicious(line) else ""
        if fault:
            report.set_aside(number, fault, line)
            continue
        yield number, cells, line


def _quoted_cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _suspicious(line: str) -> bool:
    """Whether a cell of the line can have a fault at all: nearly no line does, and looking at cells takes long."""
    return "=" in line or "@" in line or "cmd" in line or len(line) > CELL_LIMIT


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
    if not cells:
        raise DataError(f"{path.name}, line 1: there is no header: the file is empty or torn; get the whole of it")
    names = [cell.strip().split(":")[0] for cell in cells]
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"{path.name}, line 1: no column {', '.join(missing)}; the header reads {', '.join(names)[:300]}"
        )
    return {name: position for position, name in enumerate(names)}
