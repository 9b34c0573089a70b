"""What the public data sets say of their shoppers."""

import gzip

import pytest

from recommender.data.types import DataError
from recommender.trials.shopper_traits import movielens_traits, retail_traits


def words(trait):
    return [trait.words[code] if code >= 0 else None for code in trait.code.tolist()]


def test_viewers_are_of_an_age_band_a_gender_and_an_occupation(tmp_path):
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    header = "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token"
    (folder / "ml-100k.user").write_text(
        f"{header}\n7\t24\tM\ttechnician\t85711\n9\t57\tF\tother\t94043\n4\t7\tM\tother\t1\n"
    )
    age, gender, occupation = movielens_traits(tmp_path, ["9", "7", "unheard", "4"])
    assert words(age) == ["from 56", "from 18", None, "from 0"]
    assert words(gender) == ["F", "M", None, "M"]
    assert words(occupation) == ["other", "technician", None, "other"]


def test_customers_are_of_the_country_of_their_first_line(tmp_path):
    folder = tmp_path / "online_retail"
    folder.mkdir()
    lines = ["CustomerID,Country", "17850.0,United Kingdom", "17850.0,France", "12583.0,France", ",France"]
    with gzip.open(folder / "online_retail.csv.gz", "wt") as file:
        file.write("\n".join(lines))
    (country,) = retail_traits(tmp_path, ["12583", "17850", "guest-1"])
    assert words(country) == ["France", "United Kingdom", None]


def test_missing_files_are_named(tmp_path):
    with pytest.raises(DataError, match="missing"):
        retail_traits(tmp_path, [])
    with pytest.raises(DataError, match="missing"):
        movielens_traits(tmp_path, [])
