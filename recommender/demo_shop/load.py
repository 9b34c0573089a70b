"""The generated shop into the database, all of it or nothing; a second time changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from catalog.models import Item, Shop
from catalog.moments import moment_of
from recommender.data.synthetic.sessions import DemoShop, generate_shop
from recommender.data.types import Section
from recommender.demo_shop.catalogue import catalogue_write
from recommender.demo_shop.history import history_write
from recommender.demo_shop.people import shoppers_write
from recommender.models import HomepageLayout, Knobs
from recommender.store.rulesets import AS_DELIVERED, ruleset_publish
from recommender.trends import trend_refresh
from users.state_rebuild import states_rebuild

CODE, NAME = "demo", "Desire"
_LAYOUT = (
    Section.TOP_PICKS,
    Section.BECAUSE_YOU_VIEWED,
    Section.DEPARTMENT_TREND,
    Section.NEW_FOR_YOU,
    Section.KEEP_BROWSING,
    Section.DEALS,
)
_CARDS = 8

Progress = Callable[[str, int, int], None]  # step, done, total


@dataclass(frozen=True)
class DemoSize:
    """How much is generated."""

    products: int = 2000
    shoppers: int = 500
    days: int = 60


def nobody_watches(step: str, done: int, total: int) -> None:
    """Progress that is shown nowhere."""


def truth_file(seed: int) -> Path:
    """Where the true tastes lie; only evaluation opens it."""
    return Path(settings.DPE_HOME) / "evaluation" / f"demo-truth-{seed}.npz"


def demo_shop_there() -> Shop | None:
    """The demo shop if it is loaded."""
    shop = Shop.objects.filter(code=CODE).first()
    return shop if shop and Item.objects.of(shop).exists() else None


def demo_shop_load(
    *, seed: int, size: DemoSize, until: datetime, progress: Progress = nobody_watches
) -> tuple[Shop, bool]:
    """Generate the demo shop and write it; what is there already stays as it is.

    Args:
        seed: equal seeds, sizes and times give equal shops.
        size: how much.
        until: the shop's present; its last visits end shortly before.
        progress: called with a step in words, how much of it is done and of how much.

    Returns: the shop, and whether it was made now.
    """
    there = demo_shop_there()
    if there is not None:
        return there, False
    until_us = int(until.timestamp()) * 1_000_000
    generated = generate_shop(
        seed=seed,
        until_us=until_us,
        n_products=size.products,
        n_shoppers=size.shoppers,
        days=size.days,
        progress=lambda done, total: progress("living through the days", done, total),
    )
    _truth_write(generated)
    return _write(generated, progress), True


def _truth_write(generated: DemoShop) -> None:
    file = truth_file(generated.seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(file, **generated.truth())  # type: ignore[arg-type]


@transaction.atomic
def _write(generated: DemoShop, progress: Progress) -> Shop:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('load_demo', 0))")
    there = demo_shop_there()
    if there is not None:
        return there
    shop, _ = Shop.objects.get_or_create(
        code=CODE, defaults={"name": NAME, "currency": "GBP", "time_zone": "Europe/London"}
    )
    ids = catalogue_write(shop, generated, progress)
    shoppers = shoppers_write(shop, generated)
    history_write(shop, generated, ids, shoppers, progress)
    states_rebuild(
        shop=shop, shopper_ids=shoppers.tolist(), progress=lambda n: progress("remembering", n, len(shoppers))
    )
    _settings_write(shop)
    trend_refresh(shop, now=moment_of(generated.until_us))
    return shop


def _settings_write(shop: Shop) -> None:
    """Dials and rows as they come, published so that the first request has a ruleset."""
    Knobs.objects.get_or_create(shop=shop)
    HomepageLayout.objects.bulk_create(
        [
            HomepageLayout(shop=shop, surface="homepage", section=section.value, position=place, n=_CARDS)
            for place, section in enumerate(_LAYOUT)
        ],
        ignore_conflicts=True,
    )
    ruleset_publish(shop=shop, note=AS_DELIVERED)
