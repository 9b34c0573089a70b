"""What the demo shop can sell and the words for it, read from the files in ``assortment/``."""

import colorsys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ASSORTMENT = Path(__file__).parent / "assortment"
DEPARTMENTS = (
    "furniture",
    "lighting",
    "kitchen",
    "textiles",
    "women",
    "men",
    "shoes",
    "books",
    "toys",
    "garden",
    "outdoor",
    "beauty",
)
WORN = frozenset({"women", "men", "shoes"})


@dataclass(frozen=True)
class Words:
    """The same words in both languages of the shop."""

    en: str
    zh: str


@dataclass(frozen=True)
class Colour:
    """A colour by name, with the tone shoppers have a taste for."""

    slug: str
    name: Words
    hex: str

    @property
    def tone(self) -> str:
        """One of pale, dark, neutral, earth, green, blue, red: how people group colours."""
        red, green, blue = (int(self.hex[i : i + 2], 16) / 255 for i in (1, 3, 5))
        hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
        if lightness > 0.8:
            return "pale"
        if lightness < 0.24:
            return "dark"
        if saturation < 0.12:
            return "neutral"
        bounds = ((0.02, "red"), (0.14, "earth"), (0.46, "green"), (0.72, "blue"))
        return next((tone for bound, tone in bounds if hue < bound), "red")


@dataclass(frozen=True)
class Material:
    """What a thing is made of; ``family`` is how it is painted."""

    slug: str
    name: Words
    family: str
    price: float
    says: tuple[Words, ...]
    palette: str
    keeps: tuple[str, ...]


@dataclass(frozen=True)
class Style:
    """A look, with a sentence for things of the home and one for things to wear."""

    slug: str
    name: Words
    home: tuple[Words, ...]
    wear: tuple[Words, ...]


@dataclass(frozen=True)
class Brand:
    """Who makes things, in which style, how dear, for which departments."""

    name: str
    style: str
    price: float
    departments: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of product: lamp, dress, kettle."""

    slug: str
    department: str
    category: str
    name: Words
    scene: str
    low: float  # pounds
    high: float
    materials: tuple[str, ...]
    palette: str
    forms: tuple[Words, ...]
    sizes: tuple[Words, ...]
    facts: tuple[Words, ...]
    goes_with: tuple[str, ...]
    repeat: float  # how soon the need comes back, 0 never
    season: str
    plain_title: bool  # neither material nor colour belongs into the title
    handled: bool  # the colour is the handle's


@dataclass(frozen=True)
class Group:
    """A department or category with its name."""

    slug: str
    name: Words
    department: str


@dataclass(frozen=True)
class BookWords:
    """What titles of one kind of book are made of."""

    forms: tuple[Words, ...]
    a: tuple[Words, ...]
    b: tuple[Words, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Everything the generator composes products from."""

    departments: tuple[Group, ...]
    categories: Mapping[str, Group]
    kinds: tuple[Kind, ...]
    colours: Mapping[str, Colour]
    palettes: Mapping[str, tuple[str, ...]]
    materials: Mapping[str, Material]
    styles: Mapping[str, Style]
    brands: tuple[Brand, ...]
    lines: tuple[Words, ...]
    uses: Mapping[str, Words]
    books: Mapping[str, BookWords]
    authors_first: tuple[Words, ...]
    authors_last: tuple[Words, ...]

    def colours_of(self, kind: Kind, material: Material) -> tuple[Colour, ...]:
        """Colours in which ``kind`` comes when made of ``material``."""
        palette = kind.palette if kind.handled or kind.palette in material.keeps else material.palette
        return tuple(self.colours[slug] for slug in self.palettes[palette])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((ASSORTMENT / f"{name}.toml").read_text(encoding="utf-8"))


def _pairs(rows: list[list[str]]) -> tuple[Words, ...]:
    return tuple(Words(*row) for row in rows)


def _kind(slug: str, department: str, row: dict[str, Any]) -> Kind:
    return Kind(
        slug=slug,
        department=department,
        category=row["category"],
        name=Words(*row["name"]),
        scene=row["scene"],
        low=row["price"][0],
        high=row["price"][1],
        materials=tuple(row["materials"]),
        palette=row["palette"],
        forms=_pairs(row["forms"]),
        sizes=_pairs(row["sizes"]),
        facts=_pairs(row["facts"]),
        goes_with=tuple(row["goes_with"]),
        repeat=row.get("repeat", 0.0),
        season=row.get("season", ""),
        plain_title=row.get("plain_title", False),
        handled=row.get("handled", False),
    )


def _materials() -> dict[str, Material]:
    file = _read("materials")
    materials = {}
    for slug, row in file["materials"].items():
        palette, keeps = file["families"][row["family"]]
        own = row.get("palette", palette)
        kept = () if "palette" in row else (palette, *keeps)
        materials[slug] = Material(
            slug, Words(*row["name"]), row["family"], row["price"], _pairs(row["says"]), own, kept
        )
    return materials


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """The vocabulary of the demo shop; the files are read once per process."""
    words, titles = _read("words"), _read("book_titles")
    files = {slug: _read(slug) for slug in DEPARTMENTS}
    return Vocabulary(
        departments=tuple(Group(slug, Words(*file["department"]["name"]), slug) for slug, file in files.items()),
        categories={
            slug: Group(slug, Words(*name), department)
            for department, file in files.items()
            for slug, name in file["categories"].items()
        },
        kinds=tuple(
            _kind(slug, department, row) for department, file in files.items() for slug, row in file["kinds"].items()
        ),
        colours={slug: Colour(slug, Words(en, zh), code) for slug, (en, zh, code) in words["colours"].items()},
        palettes={name: tuple(slugs) for name, slugs in words["palettes"].items()},
        materials=_materials(),
        styles={
            slug: Style(slug, Words(*row["name"]), _pairs(row["home"]), _pairs(row["wear"]))
            for slug, row in words["styles"].items()
        },
        brands=tuple(Brand(name, style, price, tuple(d)) for name, (style, price, d) in words["brands"].items()),
        lines=tuple(Words(en, zh) for en, zh in words["lines"].items()),
        uses={slug: Words(*name) for slug, name in words["uses"].items()},
        books={
            slug: BookWords(_pairs(row["forms"]), _pairs(row["a"]), _pairs(row["b"]))
            for slug, row in titles.items()
            if isinstance(row, dict)
        },
        authors_first=_pairs(titles["authors_first"]),
        authors_last=_pairs(titles["authors_last"]),
    )
