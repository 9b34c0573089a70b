"""A department as a filtered, ordered and paged list, with the choices its filters offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.utils import timezone

from catalog.models import Category, Item, Shop, Tag
from catalog.money import decimals_of
from catalog.querysets import ItemQuerySet
from dpe_site.shop.cards import cards_of
from dpe_site.shop.wish import Wish
from recommender.page import Card

PER_PAGE = 24
MOST_CHOICES = 10
_ORDERS: Mapping[str, Sequence[Any]] = {
    "newest": ["-published_at", "-id"],
    "price": [F("price_minor").asc(nulls_last=True), "-id"],
    "price_down": [F("price_minor").desc(nulls_last=True), "-id"],
    "rating": [F("rating_average").desc(nulls_last=True), "-rating_count", "-id"],
    "for_you": ["-rating_count", "-id"],
}


@dataclass(frozen=True)
class Listing:
    """One page of a list."""

    cards: Sequence[Card]
    total: int
    page: int
    sort: str
    filtered: bool

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PER_PAGE))

    @property
    def before(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def after(self) -> int:
        """Number of the page after."""
        return self.page + 1


@dataclass(frozen=True)
class Choice:
    """A box to tick: what it stands for and how many things have it."""

    id: int
    name: str
    n: int


@dataclass(frozen=True)
class Facets:
    """The boxes of a department."""

    categories: Sequence[Choice]
    brands: Sequence[Choice]
    tags: Sequence[Choice]


def items_of(shop: Shop, department: Category) -> ItemQuerySet:
    """Everything of a department that may be shown now."""
    return Item.objects.of(shop).visible(timezone.now()).in_department(department.pk)


def items_wished(items: ItemQuerySet, wish: Wish, currency: str) -> ItemQuerySet:
    """The items that fit the filter; of two boxes of one kind either will do."""
    if wish.categories:
        items = items.filter(category__in=wish.categories)
    if wish.brands:
        items = items.filter(brand__in=wish.brands)
    if wish.tags:
        items = items.filter(pk__in=Item.tags.through.objects.filter(tag__in=wish.tags).values("item_id"))
    if wish.price_from is not None:
        items = items.filter(price_minor__gte=_minor(wish.price_from, currency))
    if wish.price_to is not None:
        items = items.filter(price_minor__lte=_minor(wish.price_to, currency))
    if wish.deals:
        items = items.on_offer()
    return items.in_stock() if wish.in_stock else items


def listing_of(shop: Shop, items: ItemQuerySet, wish: Wish, chosen_ids: Sequence[int] = ()) -> Listing:
    """The wished page of ``items``; ``chosen_ids`` come first in their order where the sort is "for you"."""
    total = items.count()
    page = min(wish.page, max(1, -(-total // PER_PAGE)))
    order = list(_ORDERS[wish.sort])
    if wish.sort == "for_you" and chosen_ids:
        ranks = [When(pk=item_id, then=Value(rank)) for rank, item_id in enumerate(chosen_ids)]
        items = items.annotate(rank=Case(*ranks, default=Value(len(ranks)), output_field=IntegerField()))
        order.insert(0, "rank")
    ids = items.order_by(*order).values_list("pk", flat=True)[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Listing(cards_of(shop, list(ids)), total, page, wish.sort, wish.narrows)


def facets_of(items: ItemQuerySet, language: str) -> Facets:
    """Kinds, brands and tags of a department, the commonest first. Three queries."""
    categories = Category.objects.filter(items__in=items).annotate(n=Count("items", filter=Q(items__in=items)))
    brands = items.filter(brand__isnull=False).values("brand_id", "brand__name").annotate(n=Count("pk"))
    tags = Tag.objects.filter(items__in=items).annotate(n=Count("items")).order_by("-n", "name")[:MOST_CHOICES]
    return Facets(
        [Choice(row.pk, row.name_in(language), row.n) for row in categories.distinct()],
        [Choice(row["brand_id"], row["brand__name"], row["n"]) for row in brands.order_by("-n")[:MOST_CHOICES]],
        [Choice(row.pk, str(row.names.get(language) or row.name), row.n) for row in tags],
    )


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(decimals_of(currency)))
