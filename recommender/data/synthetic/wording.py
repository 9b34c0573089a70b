"""Titles and descriptions of the demo shop's products, composed by grammar in English and Chinese at once."""

from dataclasses import dataclass

import numpy as np

from recommender.data.synthetic.vocabulary import WORN, Colour, Kind, Material, Style, Vocabulary, Words

# Orders in which a description may tell things; sentences that a product lacks are left out.
_ORDERS = (
    ("fact", "material", "other fact", "size"),
    ("material", "fact", "style", "size"),
    ("fact", "other fact", "style", "size"),
    ("style", "fact", "material", "size"),
    ("fact", "material", "style", "size"),
)


@dataclass(frozen=True)
class Make:
    """One model of a kind before its colours: what the sentences speak of."""

    kind: Kind
    line: Words
    form: Words
    material: Material
    style: Style
    size: Words
    author: Words | None = None
    book_title: Words | None = None


def pick(options: tuple[Words, ...], rng: np.random.Generator) -> Words:
    """One of the options, evenly."""
    return options[int(rng.integers(len(options)))]


def book_title(kind: Kind, vocabulary: Vocabulary, rng: np.random.Generator) -> Words:
    """A title for a book of this kind, for example "The Ferry at Harrow Sound"."""
    words = vocabulary.books[kind.slug]
    form, a, b = pick(words.forms, rng), pick(words.a, rng), pick(words.b, rng)
    return Words(form.en.format(a=a.en, b=_headline(b.en, form.en)), form.zh.format(a=a.zh, b=b.zh))


def _headline(word: str, form: str) -> str:
    """The word with a capital where it opens a title: The Faroes, By Ferry."""
    return word[:1].upper() + word[1:] if form.startswith("{b}") else word


def author_name(vocabulary: Vocabulary, rng: np.random.Generator) -> Words:
    """An author who does not exist."""
    first, last = pick(vocabulary.authors_first, rng), pick(vocabulary.authors_last, rng)
    return Words(f"{first.en} {last.en}", f"{first.zh}·{last.zh}")


def title(make: Make, colour: Colour, *, one_colour: bool) -> Words:
    """What the card says, for example "Holm mushroom table lamp in sage stoneware".

    Args:
        make: the model.
        colour: the variant's colour.
        one_colour: the material comes in this colour only, so that naming it says nothing.
    """
    if make.book_title and make.author:
        return Words(f"{make.book_title.en}, {make.author.en}", f"《{make.book_title.zh}》{make.author.zh}")
    kind, line, form = make.kind, make.line, make.form
    english = f"{line.en} {form.en} {kind.name.en}"
    gap = " " if kind.name.zh[0].isascii() else ""
    chinese = f"{line.zh}{form.zh}{gap}{kind.name.zh}"
    if kind.plain_title:
        return Words(english, chinese)
    detail = _detail(make, colour, one_colour=one_colour)
    return Words(f"{english} {detail.en}", f"{chinese}，{detail.zh}")


def _detail(make: Make, colour: Colour, *, one_colour: bool) -> Words:
    """Colour and material as they are said together."""
    material, name = make.material, colour.name
    if make.kind.handled:
        return Words(f"with {name.en} handle", f"{name.zh}手柄")
    if one_colour:
        return Words(f"in {material.name.en}", material.name.zh)
    if material.family == "paper":
        return Words(f"in {name.en}", name.zh)
    if material.family == "wood" and make.kind.palette in {"bright", "pale"}:
        return Words(f"in {material.name.en} and {name.en}", f"{material.name.zh}配{name.zh}")
    return Words(f"in {name.en} {material.name.en}", f"{name.zh}{material.name.zh}")


def description(make: Make, rng: np.random.Generator) -> Words:
    """Three or four sentences: what it does, what it is made of, how it looks, how large it is."""
    first, second = rng.permutation(len(make.kind.facts))[:2]
    manner = make.style.wear if make.kind.department in WORN else make.style.home
    sentences: dict[str, Words] = {
        "fact": make.kind.facts[int(first)],
        "other fact": make.kind.facts[int(second)],
        "material": pick(make.material.says, rng),
        "size": _size(make.size),
    }
    if make.kind.palette not in {"cover", "pale", "sport"} and not make.kind.plain_title:
        sentences["style"] = pick(manner, rng)
    order = _ORDERS[int(rng.integers(len(_ORDERS)))]
    told = [sentences[part] for part in order if part in sentences]
    if make.author and make.book_title:
        told.insert(0, Words(f"By {make.author.en}.", f"作者：{make.author.zh}。"))
    return Words(" ".join(words.en for words in told), "".join(words.zh for words in told))


def _size(size: Words) -> Words:
    """A size as a sentence of its own."""
    return Words(f"{size.en[0].upper()}{size.en[1:]}.", f"{size.zh}。")


def alternative_text(make: Make, colour: Colour) -> str:
    """What the picture shows, for those who do not see it."""
    if make.book_title:
        return f"Cover of {make.book_title.en}"
    return f"{colour.name.en[0].upper()}{colour.name.en[1:]} {make.form.en} {make.kind.name.en}"
