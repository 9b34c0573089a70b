"""The Today page: six figures that matter, their trend, plots, and one plain sentence on health."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalog.models import Shop
from catalog.money import money_text
from recommender.admin.figures import Day, by_this_time_yesterday, days_read, poisson, showable_count, wilson
from recommender.admin.health import health_of
from recommender.admin.page_list import pages_latest
from recommender.admin.plots import Series, axis_options, bars_chart, lines_chart, spark_points
from recommender.models import Impression

RECENT_PAGES = 6


@dataclass(frozen=True)
class Figure:
    """One of the six: a value with its interval, that of yesterday by this time, its trend, and where it is from."""

    name: str
    value: str
    detail: str
    before: str
    address: str
    spark: str  # points of a line over the whole days and today so far
    last: tuple[str, str] | None  # where that line ends


@dataclass(frozen=True)
class Reading:
    """Everything the page is made of."""

    shop: Shop
    days: list[Day]
    before: Day
    showable: int

    @property
    def today(self) -> Day:
        """The day that goes on."""
        return self.days[-1]


def today_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The admin's first page (``UNFOLD["DASHBOARD_CALLBACK"]``)."""
    code = request.GET.get("shop", settings.DPE_SHOP)
    shops = list(Shop.objects.order_by("pk"))
    shop = next((shop for shop in shops if shop.code == code), shops[0] if shops else None)
    context.update({"title": _("Today"), "shops": shops, "shop": shop})
    if shop is not None:
        context.update(_shown(shop, timezone.now()))
    return context


def _shown(shop: Shop, now: datetime) -> dict[str, Any]:
    reading = Reading(shop, days_read(shop, now), by_this_time_yesterday(shop, now), showable_count(shop))
    return {
        "figures": figures_of(reading),
        "plots": plots_of(reading),
        "health": health_of(shop, reading.today, now),
        "day": reading.today.day,
        "clock": formats.time_format(now.astimezone(ZoneInfo(shop.time_zone)), "H:i"),
        "pages": pages_latest(Impression.objects.of(shop), RECENT_PAGES),
    }


def figures_of(reading: Reading) -> list[Figure]:
    """The six figures of today so far, against yesterday by the same time."""
    today, shop = reading.today, reading.shop
    since = today.day.isoformat()
    pages = f"{reverse('admin:recommender_impression_changelist')}?shown_at_from_0={since}&shown_at_from_1=00:00:00"
    deeds = f"{reverse('admin:users_interaction_changelist')}?occurred_at_from_0={since}&occurred_at_from_1=00:00:00"
    orders = f"{reverse('admin:users_order_changelist')}?placed_at_from_0={since}&placed_at_from_1=00:00:00"
    purchases = ngettext("%(n)s purchase", "%(n)s purchases", today.purchases) % {"n": f"{today.purchases:,}"}
    seen = _("%(shown)s of %(all)s items") % {"shown": f"{today.items_shown:,}", "all": f"{reading.showable:,}"}
    slow = _("95 of 100 within %(time)s") % {"time": _ms(today.p95_ms)}

    def money(minor: float) -> str:
        return money_text(int(minor), shop.currency)

    def figure(name: str, of: Callable[[Day], float], say: Callable[[float], str], detail: str, address: str) -> Figure:
        points = spark_points([_known(of(day), 4) for day in reading.days])
        last = tuple(points.rsplit(" ", 1)[-1].split(",")) if points and not math.isnan(of(today)) else None
        return Figure(name, say(of(today)), detail, say(of(reading.before)), address, points, last)  # type: ignore[arg-type]

    return [
        figure(_("Events"), lambda day: day.events, _count, _count_range(today.events), deeds),
        figure(_("Click-through"), lambda day: day.ctr, _share, _share_range(today.clicks, today.seen), pages),
        figure(_("Into the basket"), lambda day: day.cart_rate, _share, _share_range(today.carts, today.seen), deeds),
        figure(_("Sales"), lambda day: day.revenue_minor, money, purchases, orders),
        figure(_("Catalogue seen"), lambda day: _coverage(day, reading.showable), _share, seen, pages),
        figure(_("Time to decide"), lambda day: day.p50_ms, _ms, slow, pages),
    ]  # fmt: skip


def _coverage(day: Day, showable: int) -> float:
    return day.items_shown / showable if showable and day.pages else math.nan


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _ms(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f} ms"


def _count_range(count: int) -> str:
    low, high = poisson(count)
    return f"{low:,.0f} – {high:,.0f}"


def _share_range(successes: int, trials: int) -> str:
    low, high = wilson(successes, trials)
    return "–" if math.isnan(low) else f"{low:.1%} – {high:.1%}"


def plots_of(reading: Reading) -> list[dict[str, Any]]:
    """Plots of the last days, each with the table behind it."""
    days = reading.days
    bounds = [wilson(day.clicks, day.seen) for day in days]
    counts = [
        Series(_("events"), [day.events for day in days]),
        Series(_("pages"), [day.pages for day in days]),
    ]
    click_through = Series(
        _("click-through"),
        _percents(day.ctr for day in days),
        _percents(low for low, _high in bounds),
        _percents(high for _low, high in bounds),
    )
    coverage = Series(_("coverage"), _percents(_coverage(day, reading.showable) for day in days))
    times = [
        Series(_("median"), [_known(day.p50_ms, 1) for day in days]),
        Series(_("95 of 100 pages"), [_known(day.p95_ms, 1) for day in days]),
    ]
    return [
        _plot(_("Events and pages"), _("per day"), days, counts, kind="bar"),
        _plot(_("Click-through"), _("% of cards seen, with 95 % interval"), days, [click_through]),
        _plot(_("Catalogue seen"), _("% of items that can be shown"), days, [coverage]),
        _plot(_("Time to decide"), "ms", days, times),
    ]


def _plot(title: str, unit: str, days: list[Day], series: list[Series], *, kind: str = "line") -> dict[str, Any]:
    labels = [formats.date_format(day.day, "MONTH_DAY_FORMAT") for day in days]
    short = [formats.date_format(day.day, pgettext("a day on an axis", "j M")) for day in days]
    chart = bars_chart if kind == "bar" else lines_chart
    columns = [("–" if value is None else value for value in line.values) for line in series]
    return {
        "title": title,
        "unit": unit,
        "kind": kind,
        "data": chart(short, series, last_is_partial=True),
        "options": axis_options(""),
        "columns": [line.name for line in series],
        "note": _("pale: today so far") if kind == "bar" else _("dashed: today so far"),
        "first": _("day"),
        "table": list(zip(labels, *columns, strict=True)),
        "empty": not any(value for line in series for value in line.values),
    }


def _percents(values: Iterable[float]) -> list[float | None]:
    return [_known(100 * value, 2) for value in values]


def _known(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)
