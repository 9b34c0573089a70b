"""The inspector: a shopper's page or a request laid open, each card with its road through the stages."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Brand, Category, ItemText, Media, Shop, Tag
from recommender.data.types import DataError
from recommender.models import Impression, Rule
from recommender.replay import InspectedCard, Inspection, inspect_request, inspect_shopper
from users.kinds import Kind
from users.models import Shopper, ShopperState

RECENT_REQUESTS = 12
HISTORY_SHOWN = 20


@dataclass(frozen=True)
class CardView:
    """A card as the inspector draws it."""

    card: InspectedCard
    picture: str
    rows: list[tuple[str, str]]  # name and value of everything that has one number
    components: list[tuple[str, str]]
    rules: list[str]
    causes: list[str]


def inspector_view(request: HttpRequest) -> HttpResponse:
    """One box: a request id, or a shopper's id, external id or login."""
    query = request.GET.get("q", "").strip()
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Inspector"), "query": query}
    try:
        context |= _found(query) if query else {"recent": _recent(Impression.objects.filter(synthetic=False))}
    except DataError as error:
        context["problem"] = str(error)
    return render(request, "operator/inspector.html", context)


def _found(query: str) -> dict[str, Any]:
    language = get_language() or "en"
    request_id = _uuid(query)
    if request_id is not None:
        return _laid_open(inspect_request(request_id, language=language))
    shopper = _shopper(query)
    if shopper is None:
        raise DataError(_("No request and no shopper is called “%(query)s”.") % {"query": query})
    shop = Shop.objects.get(pk=shopper.shop_id)
    now = timezone.now()
    found = _laid_open(inspect_shopper(shop=shop, shopper=shopper, now=now, language=language))
    return found | {"recent": _recent(Impression.objects.filter(shopper=shopper))}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shopper(query: str) -> Shopper | None:
    known = Q(external_id=query) | Q(user__username=query)
    if query.isdecimal() and len(query) < 19:
        known |= Q(pk=int(query))
    found = Shopper.objects.filter(known).select_related("merged_into").order_by("pk").first()
    return found.merged_into or found if found else None


def _recent(impressions: Any) -> list[Impression]:
    return list(impressions.select_related("shopper").order_by("-id")[:RECENT_REQUESTS])


def _laid_open(inspection: Inspection) -> dict[str, Any]:
    ids = {card.item_id for card in inspection.cards} | {item for item, _kind, _at in inspection.history}
    pictures, titles = _pictures(ids), _titles(ids)
    rules = dict(Rule.objects.values_list("id", "name"))
    cards = [_card_view(card, pictures, titles, rules) for card in inspection.cards]
    sections: dict[str, list[CardView]] = {}
    for view in cards:
        sections.setdefault(view.card.section_title or view.card.section, []).append(view)
    shopper = Shopper.objects.filter(pk=inspection.shopper_id).first()
    return {
        "inspection": inspection,
        "sections": list(sections.items()),
        "shopper": shopper,
        "history": _history(inspection, pictures, titles),
        "taste": _taste(shopper),
        "not_shown": _not_shown(inspection),
    }


def _card_view(
    card: InspectedCard, pictures: dict[int, str], titles: dict[int, str], rules: dict[int, str]
) -> CardView:
    road = card.road
    probabilities = [(f"p({head})", value) for head, value in road.get("probabilities", {}).items()]
    numbers = [
        (_("propensity"), None if math.isnan(card.propensity) else card.propensity),
        (_("slot score"), None if math.isnan(card.score) else card.score),
        (_("base score"), road.get("base")),
        (_("fusion"), road.get("fused")),
        *probabilities,
        (_("long-term value Q"), road.get("q")),
    ]
    return CardView(
        card=card,
        picture=pictures.get(card.item_id, ""),
        rows=[(name, f"{value:.4g}") for name, value in numbers if value is not None],
        components=[(name, f"{value:.4g}") for name, value in road.get("components", {}).items() if value is not None],
        rules=[
            _("%(rule)s in %(section)s: × %(factor)s%(excluded)s")
            % {
                "rule": rules.get(effect["rule"], effect["rule"]),
                "section": section,
                "factor": effect["factor"],
                "excluded": _(", excluded") if effect["excluded"] else "",
            }
            for section, effect in road.get("rules", {}).items()
        ],
        causes=[titles.get(item, str(item)) for item in card.reason_items],
    )


def _pictures(ids: set[int]) -> dict[int, str]:
    rows = Media.objects.filter(item_id__in=ids, position=0).values_list("item_id", "path")
    return {item: path if "://" in path else f"/media/{path}" for item, path in rows}


def _titles(ids: set[int]) -> dict[int, str]:
    rows = ItemText.objects.filter(item_id__in=ids).values_list("item_id", "language", "title")
    language = get_language() or "en"
    return {item: title for item, _language, title in sorted(rows, key=lambda row: row[1] == language)}


def _history(inspection: Inspection, pictures: dict[int, str], titles: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "picture": pictures.get(item, ""),
            "title": titles.get(item, str(item)),
            "kind": Kind(kind).word,
            "at": datetime.fromtimestamp(at_us / 1e6, tz=UTC),
        }
        for item, kind, at_us in reversed(inspection.history[-HISTORY_SHOWN:])
    ]


def _taste(shopper: Shopper | None) -> list[tuple[str, list[tuple[str, float]]]]:
    """The strongest interests by name."""
    state = ShopperState.objects.filter(pk=shopper.pk).first() if shopper else None
    if state is None:
        return []
    facets = (
        (_("departments"), "departments", Category),
        (_("brands"), "brands", Brand),
        (_("tags"), "tags", Tag),
    )
    result = []
    for title, name, model in facets:
        weights = {int(key): float(weight) for key, weight in state.taste.get(name, {}).items()}
        strongest = sorted(weights, key=lambda key: -abs(weights[key]))[:8]
        names = dict(model.objects.filter(pk__in=strongest).values_list("id", "name"))
        result.append((title, [(names[key], weights[key]) for key in strongest if key in names]))
    return result


def _not_shown(inspection: Inspection) -> list[tuple[int, str, str]]:
    """The strongest candidates that were left out, with their base score and sources."""
    candidates = [candidate for candidate in inspection.trace.get("candidates", []) if candidate["slot"] is None]
    best = sorted(candidates, key=lambda candidate: -(candidate["base"] or 0.0))[:10]
    return [(candidate["item"], f"{candidate['base']}", ", ".join(candidate["sources"])) for candidate in best]
