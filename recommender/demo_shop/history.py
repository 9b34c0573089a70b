"""What the generated shoppers did and were shown: interactions, pages, searches, orders, reviews, favourites."""

import json
import math
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from catalog.copying import copy_new_rows
from catalog.ids import uuid7_at
from catalog.models import Shop
from catalog.moments import moment_of
from catalog.partitioning import month_partitions_ensure
from recommender.data.synthetic.log import Deed, ShownPage
from recommender.data.synthetic.pages import EPSILON, TEMPERATURE
from recommender.data.synthetic.sessions import DemoShop
from recommender.data.types import DAY_US, Ints, Section
from recommender.demo_shop.catalogue import CHINESE, CatalogueIds
from recommender.models import Impression
from users.kinds import Kind
from users.models import Favourite, Interaction, Order, OrderLine, Review, Search

_INTERACTION = (
    "id",
    "shop_id",
    "shopper_id",
    "item_id",
    "kind",
    "occurred_at",
    "received_at",
    "quantity",
    "price_minor",
    "currency",
    "order",
    "session",
    "search",
    "surface",
    "impression",
    "position",
    "value",
    "consent_version",
)
_IMPRESSION = (
    "id",
    "shop_id",
    "shopper_id",
    "session",
    "surface",
    "page",
    "decision_key",
    "shown_at",
    "ruleset_hash",
    "state_version",
    "item_ids",
    "section_of",
    "sections",
    "propensities",
    "forced",
    "dropped",
    "seen",
    "scores",
    "pool_ids",
    "temperature",
    "epsilon",
    "arm",
    "arm_probability",
    "degraded",
    "synthetic",
)
_PRICED = frozenset({Kind.CART, Kind.PURCHASE, Kind.RETURN})

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _History:
    """The log with the ids its rows get."""

    shop: Shop
    generated: DemoShop
    ids: CatalogueIds
    shoppers: Ints  # (u,)

    def _id(self, what: str, number: int, at_us: int) -> uuid.UUID:
        return uuid7_at(moment_of(at_us), "demo", what, str(self.generated.seed), str(number))

    @cached_property
    def orders(self) -> list[uuid.UUID]:
        """Ids by order number."""
        return [self._id("order", i, at_us) for i, (_, at_us) in enumerate(self.generated.log.orders)]

    @cached_property
    def searches(self) -> list[uuid.UUID]:
        """Ids by search number."""
        return [self._id("search", i, query.at_us) for i, query in enumerate(self.generated.log.queries)]

    @cached_property
    def pages(self) -> list[uuid.UUID]:
        """Ids by page number."""
        return [self._id("page", i, page.at_us) for i, page in enumerate(self.generated.log.pages)]

    def price(self, item: int) -> int:
        """Pence."""
        return int(self.generated.catalogue.price_minor[item])

    def interaction(self, number: int, deed: Deed) -> tuple[object, ...]:
        """A row of ``_INTERACTION``."""
        at = moment_of(deed.at_us).isoformat()
        priced = deed.kind in _PRICED
        return (
            self._id("deed", number, deed.at_us),
            self.shop.pk,
            int(self.shoppers[deed.shopper]),
            int(self.ids.items[deed.item]) if deed.item >= 0 else None,
            int(deed.kind),
            at,
            at,
            1,
            self.price(deed.item) if priced else None,
            self.shop.currency if priced else "",
            str(self.orders[deed.order]) if deed.order >= 0 else "",
            f"demo-{deed.session}",
            self.searches[deed.search] if deed.search >= 0 else None,
            deed.surface,
            self.pages[deed.page] if deed.page >= 0 else None,
            deed.position if deed.page >= 0 else None,
            None if math.isnan(deed.value) else deed.value,
            0,
        )

    def impression(self, number: int, shown: ShownPage) -> tuple[object, ...]:
        """A row of ``_IMPRESSION``."""
        page, n = shown.page, len(shown.page.items)
        return (
            self.pages[number],
            self.shop.pk,
            int(self.shoppers[shown.shopper]),
            f"demo-{shown.session}",
            "homepage",
            shown.number,
            f"demo-{self.pages[number].hex}",
            moment_of(shown.at_us).isoformat(),
            "",
            0,
            self.ids.items[page.items].tolist(),
            page.section_of.tolist(),
            json.dumps([self._section(s.code, s.subject) for s in page.sections]),
            page.propensities.tolist(),
            [False] * n,
            [False] * n,
            shown.seen.tolist(),
            page.scores.tolist(),
            self.ids.items[page.pool].tolist(),
            TEMPERATURE,
            EPSILON,
            "",
            1.0,
            "",
            True,
        )

    def _section(self, code: str, subject: int) -> dict[str, object]:
        speaks_of = int(self.ids.departments[subject]) if code == Section.DEPARTMENT_TREND else 0
        return {"code": code, "subject": speaks_of, "propensity": 1.0}


def history_write(shop: Shop, generated: DemoShop, ids: CatalogueIds, shoppers: Ints, progress: Progress) -> None:
    """Write the log in bulk; ids come from times and numbers, so the same log has the same ids."""
    history = _History(shop, generated, ids, shoppers)
    log = generated.log
    opened, closed = moment_of(generated.until_us - generated.days * DAY_US), moment_of(generated.until_us)
    for model in (Interaction, Impression):
        month_partitions_ensure(model._meta.db_table, opened, closed)
    progress("writing what people did", 0, len(log.deeds))
    copy_new_rows(
        Interaction._meta.db_table, _INTERACTION, (history.interaction(i, deed) for i, deed in enumerate(log.deeds))
    )
    progress("writing what they were shown", 0, len(log.pages))
    copy_new_rows(
        Impression._meta.db_table, _IMPRESSION, (history.impression(i, page) for i, page in enumerate(log.pages))
    )
    _searches_write(history)
    _orders_write(history)
    _opinions_write(history)


def _searches_write(history: _History) -> None:
    rows = (
        (
            history.searches[i],
            history.shop.pk,
            int(history.shoppers[query.shopper]),
            query.words,
            CHINESE if query.chinese else "en",
            query.found,
            moment_of(query.at_us).isoformat(),
        )
        for i, query in enumerate(history.generated.log.queries)
    )
    copy_new_rows(Search._meta.db_table, ["id", "shop_id", "shopper_id", "query", "language", "found", "at"], rows)


def _orders_write(history: _History) -> None:
    log = history.generated.log
    lines = [(deed.order, deed.item) for deed in log.deeds if deed.kind == Kind.PURCHASE]
    totals = [0] * len(log.orders)
    for order, item in lines:
        totals[order] += history.price(item)
    Order.objects.bulk_create(
        [
            Order(
                id=history.orders[i],
                shop=history.shop,
                shopper_id=int(history.shoppers[shopper]),
                total_minor=totals[i],
                currency=history.shop.currency,
                placed_at=moment_of(at_us),
            )
            for i, (shopper, at_us) in enumerate(log.orders)
        ],
        batch_size=1_000,
    )
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order_id=history.orders[order],
                item_id=int(history.ids.items[item]),
                quantity=1,
                price_minor=history.price(item),
            )
            for order, item in lines
        ],
        batch_size=1_000,
    )


def _opinions_write(history: _History) -> None:
    """Reviews without words and favourites, as the interactions say; the latest rating counts."""
    ratings = {(deed.shopper, deed.item): deed for deed in _deeds(history, Kind.RATE)}
    Review.objects.bulk_create(
        [
            Review(
                shop=history.shop,
                shopper_id=int(history.shoppers[shopper]),
                item_id=int(history.ids.items[item]),
                rating=int(deed.value),
                at=moment_of(deed.at_us),
            )
            for (shopper, item), deed in ratings.items()
        ],
        batch_size=1_000,
    )
    Favourite.objects.bulk_create(
        [
            Favourite(
                shop=history.shop,
                shopper_id=int(history.shoppers[deed.shopper]),
                item_id=int(history.ids.items[deed.item]),
                at=moment_of(deed.at_us),
            )
            for deed in _deeds(history, Kind.FAVOURITE)
        ],
        batch_size=1_000,
    )


def _deeds(history: _History, kind: Kind) -> Iterator[Deed]:
    return (deed for deed in history.generated.log.deeds if deed.kind == kind)
