"""The demo shop's products: kinds × models × colours, deterministic from a seed."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.data.synthetic.pricing import discounted, make_price
from recommender.data.synthetic.vocabulary import (
    Brand,
    Colour,
    Kind,
    Material,
    Style,
    Vocabulary,
    Words,
    load_vocabulary,
)
from recommender.data.synthetic.wording import Make, alternative_text, author_name, book_title, description, pick, title
from recommender.data.types import DAY_US, DataError, Floats, Ints

MOST = 4000
"""Products the words last for; every kind then still finds names nobody else has."""
SALE_SHARE = 0.18
_NEW_SHARE = 0.14  # of the models: published within the window
_WINDOW_DAYS = 60
_OLDEST_DAYS = 720


@dataclass(frozen=True)
class Product:
    """One article of the shop, as its database row will say it."""

    external_id: str
    kind: Kind
    brand: Brand
    material: Material
    colour: Colour
    style: Style
    form: Words
    size: Words
    group: str
    title: Words
    description: Words
    alt: str
    tags: tuple[Words, ...]
    price_minor: int
    list_price_minor: int | None
    cost_minor: int
    stock: int
    rating_average: float | None
    rating_count: int
    published_us: int
    author: Words | None
    cover: Words | None  # what is printed on a book
    quality: float  # how good it truly is, 0 to 1; never shown or stored


@dataclass(frozen=True)
class Catalogue:
    """All products, and columns of them for the simulation."""

    seed: int
    products: tuple[Product, ...]
    kinds: tuple[Kind, ...]

    def __len__(self) -> int:
        return len(self.products)

    @cached_property
    def kind(self) -> Ints:
        """(n,) index into ``kinds``."""
        return _codes([p.kind.slug for p in self.products], [k.slug for k in self.kinds])

    @cached_property
    def department(self) -> Ints:
        """(n,) index into ``vocabulary.DEPARTMENTS`` by first appearance in ``kinds``."""
        return _codes([p.kind.department for p in self.products], list(dict.fromkeys(k.department for k in self.kinds)))

    @cached_property
    def group(self) -> Ints:
        """(n,) number of the variant group."""
        names = [p.group for p in self.products]
        return _codes(names, list(dict.fromkeys(names)))

    @cached_property
    def price_minor(self) -> Ints:
        """(n,) pence."""
        return np.array([p.price_minor for p in self.products], np.int64)

    @cached_property
    def published_us(self) -> Ints:
        """(n,) microseconds UTC."""
        return np.array([p.published_us for p in self.products], np.int64)

    @cached_property
    def quality(self) -> Floats:
        """(n,) true quality."""
        return np.array([p.quality for p in self.products], np.float32)

    @cached_property
    def price_rank(self) -> Floats:
        """(n,) share of the same kind that is cheaper, 0 to 1."""
        rank = np.zeros(len(self), np.float32)
        for kind in range(len(self.kinds)):
            rows = np.flatnonzero(self.kind == kind)
            order = np.argsort(self.price_minor[rows], kind="stable")
            rank[rows[order]] = np.linspace(0.0, 1.0, len(rows)) if len(rows) else 0.0
        return rank

    @cached_property
    def of_kind(self) -> tuple[Ints, ...]:
        """Rows of the products of each kind."""
        return tuple(np.flatnonzero(self.kind == kind) for kind in range(len(self.kinds)))


def _codes(names: list[str], order: list[str]) -> Ints:
    position = {name: i for i, name in enumerate(order)}
    return np.array([position[name] for name in names], np.int64)


def generate_catalogue(*, seed: int, n_products: int, until_us: int) -> Catalogue:
    """The assortment of the demo shop.

    Args:
        seed: equal seeds give equal catalogues.
        n_products: how many articles, colour variants counted one by one.
        until_us: the shop's present; the newest products were published hours before it.

    Raises:
        DataError: more than ``MOST`` products are asked for.
    """
    if not 0 < n_products <= MOST:
        raise DataError(f"The demo shop has 1 to {MOST:,} products, not {n_products:,}: ask for fewer.")
    vocabulary = load_vocabulary()
    rng = np.random.default_rng([seed, 1])
    shares = _share_out(n_products, len(vocabulary.kinds), rng)
    products: list[Product] = []
    for kind, n in zip(vocabulary.kinds, shares, strict=True):
        products.extend(_products_of(kind, int(n), vocabulary, until_us, rng))
    return Catalogue(seed=seed, products=tuple(products), kinds=vocabulary.kinds)


def _share_out(n: int, parts: int, rng: np.random.Generator) -> Ints:
    """How many products each kind gets: uneven, each at least one where there are enough."""
    weights = rng.uniform(0.7, 1.3, parts)
    exact = weights / weights.sum() * n
    shares = np.maximum(np.floor(exact).astype(np.int64), int(n >= parts))
    for row in np.argsort(shares - exact, kind="stable")[: max(0, n - int(shares.sum()))]:
        shares[row] += 1
    while shares.sum() > n:
        shares[np.argmax(shares)] -= 1
    return np.asarray(shares, np.int64)


def _products_of(kind: Kind, n: int, vocabulary: Vocabulary, until_us: int, rng: np.random.Generator) -> list[Product]:
    products: list[Product] = []
    taken: Counter[str] = Counter()
    while len(products) < n:
        brand = _brand(kind, vocabulary, rng)
        make = _make(kind, brand, vocabulary, rng)
        name = _model_name(make)
        if taken[name]:
            continue
        taken[name] += 1
        group = f"{kind.slug}-{len(taken):02d}"
        products.extend(_variants(make, brand, group, vocabulary, until_us, rng)[: n - len(products)])
    return products


def _model_name(make: Make) -> str:
    """What must not occur twice within a kind, so that no two groups bear the same title."""
    if make.book_title:
        return make.book_title.en
    material = "" if make.kind.plain_title else make.material.slug
    return f"{make.line.en} {make.form.en} {material}"


def _brand(kind: Kind, vocabulary: Vocabulary, rng: np.random.Generator) -> Brand:
    brands = [brand for brand in vocabulary.brands if kind.department in brand.departments]
    weights = np.arange(len(brands), 0, -1, dtype=np.float64) ** 0.5
    return brands[int(rng.choice(len(brands), p=weights / weights.sum()))]


def _make(kind: Kind, brand: Brand, vocabulary: Vocabulary, rng: np.random.Generator) -> Make:
    styles = tuple(vocabulary.styles.values())
    own = rng.random() < 0.75
    style = vocabulary.styles[brand.style] if own else styles[int(rng.integers(len(styles)))]
    is_book = kind.slug in vocabulary.books
    return Make(
        kind=kind,
        line=pick(vocabulary.lines, rng),
        form=pick(kind.forms, rng),
        material=vocabulary.materials[kind.materials[int(rng.integers(len(kind.materials)))]],
        style=style,
        size=pick(kind.sizes, rng),
        author=author_name(vocabulary, rng) if is_book else None,
        book_title=book_title(kind, vocabulary, rng) if is_book else None,
    )


def _variants(
    make: Make, brand: Brand, group: str, vocabulary: Vocabulary, until_us: int, rng: np.random.Generator
) -> list[Product]:
    """The colours of one model: they share price, words and quality, not stock and ratings."""
    palette = vocabulary.colours_of(make.kind, make.material)
    n = 1 if make.kind.plain_title else min(len(palette), int(rng.choice([1, 2, 3, 4], p=[0.2, 0.3, 0.3, 0.2])))
    colours = [palette[int(i)] for i in rng.permutation(len(palette))[:n]]
    price = make_price(make.kind, make.material.price * brand.price, rng)
    list_price = discounted(price, rng) if rng.random() < SALE_SHARE else None
    quality = float(rng.beta(4.0, 2.2))
    published = until_us - _age_us(rng)
    words = description(make, rng)
    products = []
    for colour in colours:
        rating, count = _ratings(quality, until_us - published, rng)
        products.append(
            Product(
                external_id=f"{group}-{colour.slug}",
                kind=make.kind,
                brand=brand,
                material=make.material,
                colour=colour,
                style=make.style,
                form=make.form,
                size=make.size,
                group=group,
                title=title(make, colour, one_colour=len(palette) == 1),
                description=words,
                alt=alternative_text(make, colour),
                tags=_tags(make, colour, vocabulary),
                price_minor=price,
                list_price_minor=list_price,
                cost_minor=int(price * rng.uniform(0.45, 0.7)),
                stock=0 if rng.random() < 0.025 else int(rng.negative_binomial(2, 0.05)) + 1,
                rating_average=rating,
                rating_count=count,
                published_us=published,
                author=make.author,
                cover=make.book_title,
                quality=quality,
            )
        )
    return products


def _tags(make: Make, colour: Colour, vocabulary: Vocabulary) -> tuple[Words, ...]:
    """Material, style, colour and use; things without a looked-at material leave it out."""
    tags = [colour.name, vocabulary.uses[make.kind.category]]
    if not make.kind.plain_title:
        tags += [make.material.name, make.style.name]
    return tuple(dict.fromkeys(tags))


def _age_us(rng: np.random.Generator) -> int:
    """How long ago a model came out: some hours ago, most of them long before the window."""
    if rng.random() < _NEW_SHARE:
        return int(rng.uniform(0.1, _WINDOW_DAYS) * DAY_US)
    return int(rng.uniform(_WINDOW_DAYS, _OLDEST_DAYS) * DAY_US)


def _ratings(quality: float, age_us: int, rng: np.random.Generator) -> tuple[float | None, int]:
    """Average and count of ratings given before the simulation: few for what is new."""
    count = int(rng.poisson(rng.gamma(1.2, 14.0) * min(1.0, age_us / (120 * DAY_US))))
    if count == 0:
        return None, 0
    average = 2.9 + 2.0 * quality + rng.normal(0.0, 0.5) / np.sqrt(count)
    return round(float(np.clip(average, 1.0, 5.0)), 2), count
