"""Public data sets: sums that vouch for them and containers that are not trusted."""

import io
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from recommender.data.formats.known import FORMATS
from recommender.data.formats.online_retail import COLUMNS
from recommender.data.formats.published import (
    PUBLISHED,
    PublishedFile,
    content_sha256,
    published_unpack,
    published_verify,
    retail_csv,
    unzip_folder,
)
from recommender.data.types import DataError


def test_every_set_can_be_imported_and_is_vouched_for() -> None:
    for dataset in PUBLISHED.values():
        assert dataset.format in FORMATS
        assert dataset.file.sha256 or dataset.content_sha256
        assert dataset.file.address.startswith("https://")


def test_the_known_sums_are_those_of_the_real_files(data_folder: Path) -> None:
    retail, beauty = PUBLISHED["online-retail"], PUBLISHED["beauty"]
    assert content_sha256(retail, data_folder / "online_retail/online_retail.csv.gz") == retail.content_sha256
    assert content_sha256(beauty, data_folder / "s3_beauty/sequences.txt.gz") == beauty.content_sha256


def test_a_torn_download_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ml.zip").write_bytes(b"half")
    with pytest.raises(DataError, match="the download is torn"):
        published_verify(PUBLISHED["ml-100k"], tmp_path / "ml.zip")


def test_other_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "download").write_text("1 2 3\n")
    with pytest.raises(DataError, match="fetch it again"):
        published_unpack(PUBLISHED["beauty"], tmp_path / "download", tmp_path / "out")


def test_the_spreadsheet_becomes_the_csv_the_import_reads(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(list(COLUMNS))
    workbook.active.append(["536365", "85123A", "LAMP", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850, "United Kingdom"])  # noqa: DTZ001
    workbook.active.append(["536366", "85123A", None, 6, datetime(2010, 12, 1, 8, 26), 2.55, None, "United Kingdom"])  # noqa: DTZ001
    sheet = io.BytesIO()
    workbook.save(sheet)
    with zipfile.ZipFile(tmp_path / "download", "w") as archive:
        archive.writestr("Online Retail.xlsx", sheet.getvalue())
    path = retail_csv(tmp_path / "download", tmp_path)
    known = replace(PUBLISHED["online-retail"], content_sha256="")
    assert len(content_sha256(known, path)) == 64
    from recommender.data.formats.records import FormatOptions
    from recommender.data.formats.report import ImportReport

    report = ImportReport()
    (batch,) = list(FORMATS["online-retail"](path, FormatOptions(now_us=2 * 10**15), report))
    assert batch.shopper == ["17850", "guest-536366"]


def test_a_zip_that_would_leave_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../evil.txt", "x")
    with pytest.raises(DataError, match="would leave the folder"):
        unzip_folder(tmp_path / "evil.zip", tmp_path)


@pytest.mark.parametrize("name", ["online-retail", "beauty"])
def test_a_file_of_another_kind_is_refused_in_words(name: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"\xff\xfe no zip and no text")
    with pytest.raises(CommandError, match=f"is not what https://.*--format {PUBLISHED[name].format}"):
        call_command("fetch_dataset", name, file=tmp_path / "copy", to=tmp_path / "out")


def test_a_copy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.zip is not a file"):
        call_command("fetch_dataset", "ml-100k", file=tmp_path / "nowhere.zip", to=tmp_path)


def test_an_address_that_does_not_answer_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = replace(PUBLISHED["beauty"], file=PublishedFile("https://127.0.0.1:9/Beauty.txt", ""))
    monkeypatch.setitem(PUBLISHED, "beauty", dead)
    with pytest.raises(CommandError, match=r"cannot be fetched .* Fetch it by other means and name it with --file"):
        call_command("fetch_dataset", "beauty", to=tmp_path)


def test_a_copy_takes_the_place_of_the_download(
    tmp_path: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("fetch_dataset", "beauty", file=data_folder / "s3_beauty/sequences.txt.gz", to=tmp_path / "out")
    assert f"import_dataset {tmp_path / 'out' / 'sequences.txt'} --format sequences" in capsys.readouterr().out


def test_the_command_takes_a_copy_and_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fetch_dataset")
    assert "archive.ics.uci.edu" in capsys.readouterr().out
    (tmp_path / "copy").write_bytes(b"not it")
    with pytest.raises(CommandError, match="SHA-256"):
        call_command("fetch_dataset", "ml-100k", file=tmp_path / "copy", to=tmp_path)
