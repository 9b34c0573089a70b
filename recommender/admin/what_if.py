"""A draft tried before it is published: asked for from the form it is made in, shown when the pages are decided."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models import Brand, Category, Item, Shop
from catalog.money import decimals_of
from catalog.titles import titles_read
from recommender.admin.jobs import ENDED, duration_words, step_word
from recommender.admin.plots import Series, bars_chart, lying_options
from recommender.admin.ruleset_changes import changes_between, changes_told, live_content
from recommender.data.types import DataError
from recommender.evaluation.off_policy import MIN_EFFECTIVE_CLUSTERS
from recommender.evaluation.what_if import OUTCOMES, Tally
from recommender.models import JobRun
from recommender.what_if import what_if_ask, what_if_jobs, what_if_read
from users.models import User

MOVED_SHOWN = 10
SHARES_SHOWN = 10
PER_CARDS = 1000
NBSP = "\N{NO-BREAK SPACE}"
_MAY = ("add_ruleset", "add_rule", "change_rule", "change_knobs")


@dataclass(frozen=True)
class Moved:
    """An item that more or fewer cards would have shown."""

    title: str
    before: int
    after: int

    @property
    def by(self) -> str:
        """The difference with its sign."""
        return f"{self.after - self.before:+d}".replace("-", "−")


@dataclass(frozen=True)
class EarningWords:
    """What seen cards would earn, in words."""

    name: str
    now: str
    draft: str
    difference: str
    interval: str
    verdict: str
    tone: str  # good, bad or ""
    is_conclusive: bool
    evidence: str


def trial_asked(request: HttpRequest, shop: Shop, content: Callable[[], dict[str, Any]]) -> HttpResponse:
    """Have the ``content`` of a draft tried; the answer is a fragment that follows the work."""
    if not may_try(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by = request.user if isinstance(request.user, User) else None
    try:
        trial = what_if_ask(shop=shop, content=content(), asked_by=by)
    except DataError as error:
        return render(request, "operator/what_if.html", {"problem": str(error)})
    return render(request, "operator/what_if.html", trial_view(trial))


def may_try(request: HttpRequest) -> bool:
    """Whoever may draft rules or dials, or publish them, may try them."""
    return any(request.user.has_perm(f"recommender.{permission}") for permission in _MAY)


def progress_page(request: HttpRequest, trial: UUID) -> HttpResponse:
    """The fragment that is fetched anew while the work goes on; the trial's own page is fetched whole at its end."""
    shown = _shown(request, trial)
    response = render(request, "operator/what_if.html", shown)
    own = reverse("admin:what_if_trial", args=[trial])
    if not shown.get("running") and request.headers.get("HX-Current-URL", "").endswith(own):
        response["HX-Refresh"] = "true"
    return response


def trial_page(request: HttpRequest, trial: UUID) -> HttpResponse:
    """The whole comparison, with plots."""
    shown = _shown(request, trial)
    plots = shares_plots(shown["tally"]) if "tally" in shown else []
    job: JobRun = shown["jobs"][0]
    tried = changes_between(live_content(job.shop), job.params["content"])
    context = {**admin.site.each_context(request), "title": _("A draft tried"), **shown, "plots": plots}
    context |= {"tried": changes_told(tried), "asked_by": job.asked_by, "asked_at": job.created_at}
    return render(request, "operator/trial.html", context)


def _shown(request: HttpRequest, trial: UUID) -> dict[str, Any]:
    if not may_try(request):
        raise PermissionDenied
    return trial_view(trial)


def trial_view(trial: UUID) -> dict[str, Any]:
    """A trial as its pages show it: how far it has come, or what it found.

    Raises: Http404 where there is no such trial.
    """
    jobs = what_if_jobs(trial)
    if not jobs:
        raise Http404(_("There is no such trial."))
    failed = next((job for job in jobs if job.status in ENDED and job.status != JobRun.Status.SUCCEEDED), None)
    shown: dict[str, Any] = {"trial": trial, "shop": jobs[0].shop, "jobs": jobs}
    if failed is not None:
        return shown | {"problem": step_word(failed.error) or failed.get_status_display()}
    if any(job.status not in ENDED for job in jobs):
        lefts = [job.eta_seconds for job in jobs if job.eta_seconds is not None]
        waits = all(job.status == JobRun.Status.QUEUED for job in jobs)
        percent = round(100 * sum(min(1.0, job.done / (job.total or 1.0)) for job in jobs) / len(jobs))
        return shown | {
            "running": True,
            "waits": waits,
            "percent": percent,
            "left": duration_words(max(lefts)) if lefts else "",
        }
    return shown | _found(what_if_read(jobs), jobs[0].shop)


def _found(tally: Tally, shop: Shop) -> dict[str, Any]:
    earnings = [earning_words(tally, outcome, shop.currency) for outcome in OUTCOMES] if tally.shoppers else []
    return {
        "tally": tally,
        "pages": f"{tally.pages:,}",
        "different": f"{tally.different:,}",
        "cards": f"{tally.cards:,}",
        "replaced": f"{tally.replaced:,}",
        "share_different": _percent(tally.different, tally.pages),
        "share_replaced": _percent(tally.replaced, tally.cards),
        "up": _moved(tally.after - tally.before, tally),
        "down": _moved(tally.before - tally.after, tally),
        "earnings": earnings,
        "advice": advice_words(earnings) if earnings and tally.different else "",
        "least_shoppers": round(MIN_EFFECTIVE_CLUSTERS),
        "per": f"{PER_CARDS:,}",
    }


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _moved(counts: Counter[int], tally: Tally) -> list[Moved]:
    most = [item for item, _n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOVED_SHOWN]]
    titles = titles_read(most)
    return [Moved(titles.get(item, str(item)), tally.before[item], tally.after[item]) for item in most]


def earning_words(tally: Tally, outcome: str, currency: str) -> EarningWords:
    """Expected clicks or revenue now and with the draft; below 200 effective shoppers nothing is concluded."""
    earning = tally.earning(outcome)
    found, scale = earning.difference, PER_CARDS if outcome == "clicks" else PER_CARDS / 10 ** decimals_of(currency)
    name = _("clicks") if outcome == "clicks" else _("revenue (%(currency)s)") % {"currency": currency}
    verdict, tone = _("no difference can be told"), ""
    if not found.conclusive:
        verdict = _("cannot conclude")
    elif found.low > 0:
        verdict, tone = _("more"), "good"
    elif found.high < 0:
        verdict, tone = _("less"), "bad"
    method = _("doubly robust") if earning.doubly_robust else _("inverse propensities, normalised")
    facts = {
        "shoppers": f"{found.effective_clusters:.0f}",
        "slots": f"{found.effective_sample:,.0f}",
        "n": f"{found.n:,}",
        "largest": f"{found.weight_max:.1f}",
        "cut": f"{found.clipped:.1%}",
        "unsupported": f"{found.unsupported:.1%}",
        "method": method,
    }
    evidence = _(
        "%(method)s; %(shoppers)s effective shoppers, %(slots)s effective of %(n)s cards; largest weight %(largest)s, "
        "%(cut)s cut; %(unsupported)s of the draft's choices were never possible"
    )
    return EarningWords(
        name=name,
        now=_number(scale * earning.now),
        draft=_number(scale * earning.draft),
        difference=_number(scale * found.value, signed=True),
        interval=f"{_number(scale * found.low, signed=True)}{NBSP}…{NBSP}{_number(scale * found.high, signed=True)}",
        verdict=verdict,
        tone=tone,
        is_conclusive=found.conclusive,
        evidence=evidence % facts,
    )


def advice_words(earnings: Sequence[EarningWords]) -> str:
    """What to do after a trial, in a sentence."""
    tones = {one.tone for one in earnings}
    if {"good", "bad"} <= tones:
        return _("It gains on one side and costs on the other: decide which counts more before you publish it.")
    if "bad" in tones:
        return _("Weaken it and try again, or publish it for a reason that the deeds of one hour do not show.")
    if "good" in tones:
        return _("Publish it if the moves below are what you want.")
    if all(one.is_conclusive for one in earnings):
        return _("Neither a gain nor a loss shows: publish it if the moves below are what you want.")
    return _("Too few shoppers to tell: try again when more pages are in the log, or decide by the moves below.")


def _number(value: float, *, signed: bool = False) -> str:
    return (f"{value:+,.1f}" if signed else f"{value:,.1f}").replace("-", "−")


def shares_plots(tally: Tally) -> list[dict[str, Any]]:
    """Share of cards by department and by brand, now and with the draft; the largest moves first."""
    items = Item.objects.filter(pk__in=[*tally.before, *tally.after]).values_list("pk", "department_id", "brand_id")
    of = {item: (department or 0, brand or 0) for item, department, brand in items}
    return [
        _shares_plot(tally, {item: pair[place] for item, pair in of.items()}, model, title)
        for place, (model, title) in enumerate(((Category, _("Cards by department")), (Brand, _("Cards by brand"))))
    ]


def _shares_plot(tally: Tally, group: dict[int, int], model: Any, title: str) -> dict[str, Any]:
    before, after = (_by_group(counts, group) for counts in (tally.before, tally.after))
    moves = {key: after[key] / max(after.total(), 1) - before[key] / max(before.total(), 1) for key in before | after}
    largest = sorted(moves, key=lambda key: (-abs(moves[key]), key))[:SHARES_SHOWN]
    names = model.objects.in_bulk(largest)
    labels = [str(names.get(key, _("none"))) for key in largest]
    shares = [[100 * counts[key] / max(counts.total(), 1) for key in largest] for counts in (before, after)]
    columns = [_("now"), _("with the draft")]
    drawn = [[round(value, 2) for value in values] for values in shares]
    series = [Series(column, values) for column, values in zip(columns, drawn, strict=True)]
    rows = zip(labels, *shares, [100 * moves[key] for key in largest], strict=True)
    return {
        "title": title,
        "unit": _("percent of cards; the largest moves first"),
        "kind": "bar",
        "data": bars_chart(labels, series),
        "options": lying_options("%"),
        "lies": True,
        "first": title,
        "columns": columns,
        "table": [(name, f"{one:.2f} %", f"{two:.2f} %", _number(by, signed=True)) for name, one, two, by in rows],
        "empty": not largest,
    }


def _by_group(counts: Counter[int], group: dict[int, int]) -> Counter[int]:
    found: Counter[int] = Counter()
    for item, n in counts.items():
        found[group.get(item, 0)] += n
    return found
