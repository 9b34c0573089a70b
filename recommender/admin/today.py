"""The Today page: six figures that matter, their trend, plots, and one plain sentence on health."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Outbox, Shop
from catalog.money import money_text
from recommender.admin.figures import Day, days_read, poisson, showable_count, wilson
from recommender.admin.plots import Series, axis_options, lines_chart
from recommender.models import BundleVersion, JobRun, Live

OLD_BUNDLE = timedelta(days=8)


@dataclass(frozen=True)
class Figure:
    """One of the six: a value with its interval, what it was the day before, and what it is made of."""

    name: str
    value: str
    interval: str
    before: str
    address: str


def today_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The admin's first page (``UNFOLD["DASHBOARD_CALLBACK"]``)."""
    code = request.GET.get("shop", settings.DPE_SHOP)
    shops = list(Shop.objects.order_by("pk"))
    shop = next((shop for shop in shops if shop.code == code), shops[0] if shops else None)
    context.update({"shops": shops, "shop": shop})
    if shop is not None:
        days = days_read(shop, timezone.now())
        showable = showable_count(shop)
        context.update(
            {
                "figures": figures_of(shop, days, showable),
                "charts": charts_of(days, showable),
                "health": health_of(shop, days),
                "day": days[-1].day,
            }
        )
    return context


def figures_of(shop: Shop, days: list[Day], showable: int) -> list[Figure]:
    """The six figures of the last day, against the day before."""
    today, before = days[-1], days[-2]
    since = today.day.isoformat()
    pages = f"{reverse('admin:recommender_impression_changelist')}?shown_at_from_0={since}&shown_at_from_1=00:00:00"
    deeds = f"{reverse('admin:users_interaction_changelist')}?occurred_at_from_0={since}&occurred_at_from_1=00:00:00"
    orders = reverse("admin:users_order_changelist")
    return [
        Figure(_("Events"), f"{today.events:,}", _count_range(today.events), f"{before.events:,}", deeds),
        Figure(_("Pages shown"), f"{today.pages:,}", _count_range(today.pages), f"{before.pages:,}", pages),
        Figure(
            _("Click-through"), _share(today.ctr), _share_range(today.clicks, today.seen), _share(before.ctr), pages
        ),
        Figure(
            _("Into the basket"),
            _share(today.cart_rate),
            _share_range(today.carts, today.seen),
            _share(before.cart_rate),
            deeds,
        ),
        Figure(
            _("Sales"),
            money_text(today.revenue_minor, shop.currency),
            ngettext("%(n)d purchase", "%(n)d purchases", today.purchases) % {"n": today.purchases},
            money_text(before.revenue_minor, shop.currency),
            orders,
        ),
        Figure(
            _("Catalogue seen"),
            _share(today.items_shown / showable if showable else math.nan),
            _("%(shown)s of %(all)s items") % {"shown": f"{today.items_shown:,}", "all": f"{showable:,}"},
            _share(before.items_shown / showable if showable else math.nan),
            pages,
        ),
    ]


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1%}"


def _count_range(count: int) -> str:
    low, high = poisson(count)
    return f"{low:,.0f} – {high:,.0f}"


def _share_range(successes: int, trials: int) -> str:
    low, high = wilson(successes, trials)
    return "–" if math.isnan(low) else f"{low:.1%} – {high:.1%}"


def charts_of(days: list[Day], showable: int) -> list[dict[str, Any]]:
    """Plots of the last days, each with the table behind it."""
    labels = [f"{day.day:%m-%d}" for day in days]
    bounds = [wilson(day.clicks, day.seen) for day in days]
    return [
        _chart(_("Events and pages"), _("per day"), labels, [
            Series(_("events"), [day.events for day in days]), Series(_("pages"), [day.pages for day in days]),
        ]),
        _chart(_("Click-through"), "%", labels, [
            Series(
                _("click-through"), [_percent(day.ctr) for day in days],
                [_percent(low) for low, _high in bounds], [_percent(high) for _low, high in bounds],
            ),
        ]),
        _chart(_("Catalogue seen"), "%", labels, [
            Series(_("coverage"), [_percent(day.items_shown / showable if showable else math.nan) for day in days]),
        ]),
        _chart(_("Time to decide"), "ms", labels, [
            Series("p50", [_known(day.p50_ms) for day in days]), Series("p95", [_known(day.p95_ms) for day in days]),
        ]),
    ]  # fmt: skip


def _chart(title: str, unit: str, labels: list[str], series: list[Series]) -> dict[str, Any]:
    return {
        "title": title,
        "unit": unit,
        "data": lines_chart(labels, series),
        "options": axis_options(unit),
        "columns": [line.name for line in series],
        "table": list(
            zip(labels, *([("–" if value is None else value) for value in line.values] for line in series), strict=True)
        ),
        "empty": not any(value for line in series for value in line.values),
    }


def _percent(value: float) -> float | None:
    return None if math.isnan(value) else round(100 * value, 2)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)


def health_of(shop: Shop, days: list[Day]) -> tuple[str, str]:
    """A tone (``good`` or ``bad``) and one sentence: the most pressing trouble, or that all is well."""
    parked = Outbox.objects.of(shop).filter(parked_at__isnull=False).count()
    stopped = JobRun.objects.of(shop).filter(status=JobRun.Status.PARKED).count()
    waiting = Outbox.objects.of(shop).filter(published_at__isnull=True, parked_at__isnull=True)
    late = waiting.filter(created_at__lt=timezone.now() - timedelta(minutes=2)).count()
    live = Live.objects.select_related("bundle").filter(shop=shop).first()
    bundle: BundleVersion | None = live.bundle if live else None
    today = days[-1]
    if bundle is None:
        return "bad", _("No bundle is live yet: pages show what is popular. Train one under Learning → Bundles.")
    if stopped or parked:
        return "bad", _(
            "%(jobs)d jobs and %(messages)d messages gave up after three tries: look at them and send them again."
        ) % {
            "jobs": stopped,
            "messages": parked,
        }
    if late:
        return "bad", _("%(count)d messages wait for more than two minutes: is the default worker running?") % {
            "count": late
        }
    if today.degraded:
        return "bad", _("%(count)d of today's %(pages)d pages used a fallback.") % {
            "count": today.degraded,
            "pages": today.pages,
        }
    if bundle.promoted_at and timezone.now() - bundle.promoted_at > OLD_BUNDLE:
        return "bad", _("%(bundle)s is live for more than a week: train a newer one.") % {"bundle": bundle}
    return "good", _("All is well: %(bundle)s is live, nothing waits and nothing gave up.") % {"bundle": bundle}
