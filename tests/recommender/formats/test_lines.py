"""Faulty text files: every fault has its line number and loses nothing else."""

import gzip
from pathlib import Path

import pytest

from recommender.data.formats.events import csv_events
from recommender.data.formats.lines import CELL_LIMIT, numbered_lines, numbered_rows
from recommender.data.formats.records import FormatOptions
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError


def rows_of(path: Path) -> tuple[list[list[str]], ImportReport]:
    report = ImportReport()
    rows = [cells for _, cells, _ in numbered_rows(path, report, delimiter=",")]
    return rows, report


def test_plain_and_gzip_read_alike(tmp_path: Path) -> None:
    text = b'a,b\r\n1,"two, with comma"\n3,4'
    (tmp_path / "plain.csv").write_bytes(text)
    (tmp_path / "packed").write_bytes(gzip.compress(text))
    expected = [["a", "b"], ["1", "two, with comma"], ["3", "4"]]
    assert rows_of(tmp_path / "plain.csv")[0] == expected
    assert rows_of(tmp_path / "packed")[0] == expected


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"1,\x00", "NUL byte"),
        (b"1,caf\xe9", "not utf-8"),
        (b"1," + b"x" * (CELL_LIMIT + 1), "cell longer than 100,000 characters"),
        (b"1," + b"x" * 10_000_000, "line longer than 1,000,000 bytes"),
        (b'1,=HYPERLINK("http://bad")', "cell starts a spreadsheet formula"),
        (b"", "empty line"),
    ],
)
def test_a_bad_line_is_set_aside_and_its_neighbours_are_kept(tmp_path: Path, bad: bytes, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"a,b\n1,2\n" + bad + b"\n3,4\n")
    rows, report = rows_of(path)
    assert rows == [["a", "b"], ["1", "2"], ["3", "4"]]
    assert report.aside == {reason: 1}


def test_a_file_without_a_header_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(DataError, match=r"empty.csv, line 1: there is no header"):
        list(csv_events(tmp_path / "empty.csv", FormatOptions(), ImportReport()))


def test_line_numbers_hold_across_blocks_good_and_bad(tmp_path: Path) -> None:
    lines = [b"%d,%s" % (number, b"x" * 90) for number in range(1, 60_001)]  # some six megabytes: several blocks
    lines[29_999] = b"30000,caf\xe9"
    lines[44_999] = b"45000," + b"y" * 2_500_000  # longer than a block
    path = tmp_path / "long.csv"
    path.write_bytes(b"\r\n".join(lines))
    report = ImportReport()
    found = list(numbered_lines(path, report))
    assert len(found) == 59_998
    assert all(line.startswith(f"{number},") and line.endswith("x") for number, line in found)
    assert report.aside == {"not utf-8": 1, "line longer than 1,000,000 bytes": 1}


def test_characters_that_only_look_like_line_ends_end_no_line(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes("a\x0bb\u2028c\rd\r\ne\x85\r\r\n".encode())
    assert list(numbered_lines(path, ImportReport())) == [(1, "a\x0bb\u2028c\rd"), (2, "e\x85\r")]


def test_a_truncated_gzip_keeps_what_came_before_and_names_the_line(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"%d,%d\n" % (n, n * n) for n in range(200_000)))
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    report = ImportReport()
    lines = list(numbered_lines(path, report))
    assert 10_000 < len(lines) < 200_000
    assert report.faults[0].startswith(f"line {len(lines) + 1}: the file ends in the middle")


@pytest.mark.parametrize(
    ("start", "message"),
    [(b"\xff\xfea\x00", "UTF-16"), (b"a,b\x00\n", "not a text file"), (b"caf\xe9,b\n", "--encoding")],
)
def test_a_file_of_the_wrong_kind_is_refused_at_its_first_line(tmp_path: Path, start: bytes, message: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(start)
    with pytest.raises(DataError, match=message):
        rows_of(path)


def test_lines_set_aside_are_kept_and_cannot_run_in_a_spreadsheet(tmp_path: Path) -> None:
    report = ImportReport(aside_path=tmp_path / "aside.csv.gz")
    report.set_aside(7, "cell starts a spreadsheet formula", "=1+1,x")
    report.close()
    kept = gzip.decompress((tmp_path / "aside.csv.gz").read_bytes()).decode().splitlines()
    assert kept == ["line,reason,content", """7,cell starts a spreadsheet formula,"'=1+1,x\""""]


def test_the_balance_notices_a_lost_line() -> None:
    report = ImportReport()
    report.take()
    report.lines += 1
    with pytest.raises(DataError, match="2 lines were read but 1"):
        report.balance()
