"""Invoice lines: each ends as a sale, a repair, a matched return or is set aside with its reason."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.data.formats.online_retail import COLUMNS, online_retail
from recommender.data.formats.records import Batch, FormatOptions
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError
from users.kinds import Kind

OPTIONS = FormatOptions(time_zone="Europe/London", now_us=int(datetime(2012, 1, 1, tzinfo=UTC).timestamp() * 1e6))
SALE = "536365,85123A,WHITE METAL LANTERN,6,2011-07-01 08:26:00,2.55,17850.0,United Kingdom"


def read(tmp_path: Path, *lines: str) -> tuple[Batch, ImportReport]:
    path = tmp_path / "lines.csv"
    path.write_text("\n".join([",".join(COLUMNS), *lines]))
    report = ImportReport()
    (batch,) = list(online_retail(path, OPTIONS, report))
    report.balance()
    assert report.lines == len(lines)
    return batch, report


def test_a_sale_is_a_purchase_in_london_time(tmp_path: Path) -> None:
    batch, report = read(tmp_path, SALE)
    assert (batch.shopper, batch.item, batch.kind, batch.quantity, batch.price_minor, batch.order) == (
        ["17850"], ["85123A"], [Kind.PURCHASE], [6], [255], ["536365"],
    )  # fmt: skip
    assert batch.at_us[0] == int(datetime(2011, 7, 1, 7, 26, tzinfo=UTC).timestamp()) * 1_000_000
    assert batch.items["85123A"].title == "White metal lantern"
    assert report.imported == 1


def test_a_cancellation_takes_its_purchase_back_once(tmp_path: Path) -> None:
    cancel = "C536400,85123A,WHITE METAL LANTERN,-4,2011-07-02 09:00:00,2.55,17850.0,United Kingdom"
    again = "C536401,85123A,WHITE METAL LANTERN,-4,2011-07-03 09:00:00,2.55,17850.0,United Kingdom"
    batch, report = read(tmp_path, SALE, cancel, again)
    assert batch.kind == [Kind.PURCHASE, Kind.RETURN]
    assert batch.quantity == [6, 4]
    assert report.repaired == {"cancellation matched to its purchase: a return": 1}
    assert report.aside == {"cancellation of a purchase that is not in the file": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("536366,POST,POSTAGE,1,2011-07-01 09:00:00,18.0,17850.0,France", "not a product"),
        (SALE, "the same line again"),
        ("536366,85123A,,56,2011-07-01 09:00:00,0.0,,United Kingdom", "price zero"),
        ("536366,85123A,x,1,2011-07-01 09:00:00,-11062.06,1,United Kingdom", "negative price"),
        ("536366,85123A,broken,-5,2011-07-01 09:00:00,1.0,,United Kingdom", "stock written off"),
        ("536366,22222,,5,2011-07-01 09:00:00,0.0,,United Kingdom", "item without a description"),
        ("C36366,85123A,x,0,2011-07-01 09:00:00,1.0,17850.0,United Kingdom", "cancellation of a purchase"),
        ("536366,85123A,x,6,2035-07-01 09:00:00,2.55,1,United Kingdom", "time in the future"),
        ("536366,85123A,x,6,1970-07-01 09:00:00,2.55,1,United Kingdom", "time before 1990"),
        ("536366,85123A,x,six,2011-07-01 09:00:00,2.55,1,United Kingdom", "not a number"),
        ("536366,85123A,x,6,2011-07-01 09:00:00,nan,1,United Kingdom", "not a number"),
        ("536366,85123A,x,6", "4 cells instead of 8"),
    ],
)
def test_what_is_not_a_sale_is_set_aside(tmp_path: Path, line: str, reason: str) -> None:
    batch, report = read(tmp_path, SALE, line)
    assert len(batch) == 1
    ((found, count),) = report.aside.items()
    assert reason in found
    assert count == 1


def test_of_two_descriptions_as_frequent_the_first_is_the_title(tmp_path: Path) -> None:
    other = SALE.replace("WHITE METAL LANTERN", "LANTERN").replace("536365", "536366")
    assert read(tmp_path, SALE, other)[0].items["85123A"].title == "White metal lantern"
    assert read(tmp_path, other, SALE)[0].items["85123A"].title == "Lantern"
    assert read(tmp_path, SALE, other, other.replace("536366", "536367"))[0].items["85123A"].title == "Lantern"


@pytest.mark.parametrize(
    ("line", "repair"),
    [
        ("536367,85123A,x,6,2011-07-01 09:00:00,2.55,,United Kingdom", "a guest per invoice"),
        ("536367,85123A,,6,2011-07-01 09:00:00,2.55,1.0,United Kingdom", "description taken from another line"),
        ("536367,85123A,x,80995,2011-07-01 09:00:00,2.55,1.0,United Kingdom", "quantity outlier capped"),
    ],
)
def test_repairs_are_named(tmp_path: Path, line: str, repair: str) -> None:
    many = [SALE.replace("536365", str(600000 + n)) for n in range(40)]
    batch, report = read(tmp_path, *many, line)
    assert len(batch) == 41
    ((found, count),) = report.repaired.items()
    assert repair in found
    assert count == 1
    assert batch.quantity[-1] <= 1_000
    assert batch.shopper[-1] in {"1", "guest-536367"}


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("user,item\n1,2\n")
    with pytest.raises(DataError, match=r"other.csv, line 1: no column InvoiceNo.*the header reads user, item"):
        list(online_retail(path, OPTIONS, ImportReport()))


def test_the_whole_real_file_adds_up(data_folder: Path) -> None:
    report = ImportReport()
    batches = list(online_retail(data_folder / "online_retail" / "online_retail.csv.gz", OPTIONS, report))
    report.balance()
    assert report.lines == 541_909
    assert sum(map(len, batches)) == report.imported + report.repaired.total()
    assert report.repaired["cancellation matched to its purchase: a return"] > 7_000
    assert report.aside["the same line again"] > 5_000
