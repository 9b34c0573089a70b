"""One contract for every format: batches of columns, every line accounted for, the same bytes the same records."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.data.formats.known import FORMATS
from recommender.data.formats.records import Batch, FormatOptions
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError
from users.kinds import Kind

OPTIONS = FormatOptions(now_us=int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6))
ROWS = [
    {"user_id": "u1", "item_id": "i1", "timestamp": "2025-01-02T10:00:00", "kind": "view", "title": "Brass lamp"},
    {
        "user_id": "u1",
        "item_id": "i2",
        "timestamp": "1735812000",
        "kind": "purchase",
        "price": "12.50",
        "quantity": "2",
    },
    {"user_id": "u2", "item_id": "i1", "timestamp": "2025-01-02T10:00:00+02:00", "kind": "", "tags": "brass|lamp"},
]


def csv_file(folder: Path) -> Path:
    names = ["user_id", "item_id", "timestamp", "kind", "title", "price", "quantity", "tags"]
    lines = [";".join(names), *(";".join(row.get(name, "") for name in names) for row in ROWS)]
    (folder / "events.csv").write_text("\n".join(lines))
    return folder / "events.csv"


def jsonl_file(folder: Path) -> Path:
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    return folder / "events.jsonl"


def parquet_file(folder: Path) -> Path:
    pq.write_table(pa.Table.from_pylist([{"kind": "", **row} for row in ROWS]), folder / "events.parquet")
    return folder / "events.parquet"


def movielens_folder(folder: Path) -> Path:
    (folder / "u.data").write_text("1\t10\t5\t875000000\n1\t11\t3\t875000001\n2\t10\t4\t875000002\n")
    flags = "|".join(["0"] * 18 + ["1"])
    (folder / "u.item").write_bytes(f"10|Les Misérables (1995)|01-Jan-1995||http://x|{flags}\n".encode("latin-1"))
    return folder


def recbole_folder(folder: Path) -> Path:
    (folder / "x.inter").write_text(
        "user_id:token\titem_id:token\ttimestamp:float\n1\t10\t875000000\n1\t11\t875000001\n2\t10\t9e8\n"
    )
    (folder / "x.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n10\tHeat\t1995\tCrime\n11\tBig\t1988\tComedy\n"
    )
    (folder / "x.link").write_text("item_id:token\tentity_id:token\n10\tm.a\n11\tm.b\n")
    (folder / "x.kg").write_text(
        "head_id:token\trelation_id:token\ttail_id:token\nm.a\tfilm.sequel\tm.b\nm.a\tfilm.actor\tm.z\n"
    )
    return folder


def sequence_file(folder: Path) -> Path:
    (folder / "sequences.txt").write_text("u1 10 11\nu2 10\n")
    (folder / "item_text.jsonl").write_text('{"item_id": 10, "asin": "B0", "attributes": ["OPI", "Makeup", "Nails"]}\n')
    return folder / "sequences.txt"


def retail_file(folder: Path) -> Path:
    (folder / "retail.csv").write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,85123A,LAMP,1,2011-01-01 10:00:00,2.5,1.0,UK\n1,85123B,LAMP,1,2011-01-01 10:00:00,2.5,1.0,UK\n"
        "2,85123A,LAMP,1,2011-01-02 10:00:00,2.5,2.0,UK\n"
    )
    return folder / "retail.csv"


MAKERS = {
    "csv": csv_file,
    "jsonl": jsonl_file,
    "parquet": parquet_file,
    "movielens": movielens_folder,
    "recbole": recbole_folder,
    "sequences": sequence_file,
    "online-retail": retail_file,
}


def read(name: str, path: Path) -> tuple[Batch, ImportReport]:
    report = ImportReport()
    (batch,) = list(FORMATS[name](path, OPTIONS, report))
    report.balance()
    return batch, report


def test_every_format_is_under_contract() -> None:
    assert MAKERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_contract(name: str, tmp_path: Path) -> None:
    path = MAKERS[name](tmp_path)
    batch, report = read(name, path)
    assert len(batch) == 3
    assert {
        len(getattr(batch, column))
        for column in ("item", "kind", "at_us", "quantity", "price_minor", "order", "value", "key")
    } == {3}
    assert set(batch.item) <= batch.items.keys()
    assert all(record.title for record in batch.items.values())
    assert len(set(zip(batch.at_us, batch.key, strict=True))) == 3
    assert max(batch.at_us) < OPTIONS.now_us
    assert not report.faults
    assert read(name, path)[0] == batch


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_missing_file_is_a_clear_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a file|not a Parquet|holds no"):
        list(FORMATS[name](tmp_path / "nothing.here", OPTIONS, ImportReport()))


def test_generic_rows_keep_kind_price_and_time(tmp_path: Path) -> None:
    batch, _ = read("csv", csv_file(tmp_path))
    assert batch.kind == [Kind.VIEW, Kind.PURCHASE, Kind.VIEW]
    assert batch.price_minor == [None, 1250, None]
    assert batch.at_us[0] - batch.at_us[2] == 2 * 3600 * 1_000_000
    assert batch.items["i1"].title == "Brass lamp"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"user_id": "", "item_id": "i"}, "no user_id or no item_id"),
        ({"user_id": "u", "item_id": "i" * 201}, "id longer than 200"),
        ({"user_id": "u", "item_id": "i", "kind": "teleport"}, "unknown kind"),
        ({"user_id": "u", "item_id": "i", "timestamp": "yesterday"}, "time cannot be read"),
        ({"user_id": "u", "item_id": "i", "timestamp": "2099-01-01"}, "time in the future"),
        ({"user_id": "u", "item_id": "i", "price": "NaN"}, "not a number"),
        ({"user_id": "u", "item_id": "i", "quantity": "1e300"}, "not a number|out of range"),
        ({"user_id": "u", "item_id": "i", "title": "a\0b"}, "NUL byte"),
    ],
)
def test_bad_rows_are_set_aside(tmp_path: Path, row: dict[str, str], reason: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join([json.dumps({"timestamp": "2025-01-01", **row}), json.dumps(ROWS[0]), "[1]", "{"]))
    report = ImportReport()
    (batch,) = list(FORMATS["jsonl"](path, OPTIONS, report))
    report.balance()
    assert len(batch) == 1
    assert report.aside["not JSON"] == report.aside["not a JSON object"] == 1
    other = next(key for key in report.aside if not key.startswith("not JSON") and key != "not a JSON object")
    assert any(part in other for part in reason.split("|"))


def test_recbole_relations_join_items_only(tmp_path: Path) -> None:
    batch, _ = read("recbole", recbole_folder(tmp_path))
    assert batch.relations == [("10", "film.sequel", "11")]
