"""What the public data sets say of their shoppers: the segments of ``encoders.start_states``."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from recommender.data.formats.lines import header_index, numbered_rows
from recommender.data.formats.recbole import atomic_file
from recommender.data.formats.report import ImportReport
from recommender.data.snapshot import Trait
from recommender.data.types import DataError

AGE_BANDS = (18, 25, 35, 45, 56)
"""Ages at which a band begins, those of the later MovieLens files."""


def movielens_traits(data: Path, shoppers: Sequence[str]) -> tuple[Trait, ...]:
    """Age band, gender and occupation of MovieLens-100K's viewers.

    Args:
        data: folder of the data sets.
        shoppers: (u,) ids in the file.
    """
    rows = _rows(atomic_file(data / "ml-100k", "user"), ("user_id", "age", "gender", "occupation"), "\t")
    known = {who: (_band(int(age)), gender, occupation) for who, age, gender, occupation in rows}
    names = ("age", "gender", "occupation")
    return tuple(
        trait_of(name, shoppers, {who: told[place] for who, told in known.items()}) for place, name in enumerate(names)
    )


def retail_traits(data: Path, shoppers: Sequence[str]) -> tuple[Trait, ...]:
    """Country of Online Retail's customers, that of their first line."""
    rows = _rows(data / "online_retail" / "online_retail.csv.gz", ("CustomerID", "Country"), ",")
    country: dict[str, str] = {}
    for who, where in rows:
        country.setdefault(who.removesuffix(".0"), where.strip())
    return (trait_of("country", shoppers, country),)


def trait_of(name: str, shoppers: Sequence[str], words: Mapping[str, str]) -> Trait:
    """A word for each shopper who has one."""
    told = [words.get(who, "") for who in shoppers]
    known = tuple(sorted({word for word in told if word}))
    place = {word: code for code, word in enumerate(known)}
    return Trait(name, np.array([place.get(word, -1) for word in told], np.int64), known)


def _band(age: int) -> str:
    return f"from {max((start for start in AGE_BANDS if start <= age), default=0)}"


def _rows(path: Path | None, columns: tuple[str, ...], delimiter: str) -> Iterable[tuple[str, ...]]:
    if path is None or not path.exists():
        raise DataError(f"what is known of the shoppers is missing ({path}); give the folder of the data sets")
    rows = numbered_rows(path, ImportReport(), delimiter=delimiter, quoting=delimiter == ",")
    _, header, _ = next(rows, (1, [], ""))
    at = header_index(path, header, columns)
    for _, cells, _ in rows:
        if len(cells) == len(header):
            yield tuple(cells[at[name]] for name in columns)
