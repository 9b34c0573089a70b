"""The inspector: a shopper's page or a request laid open, each card with its road through the stages."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Media, Shop
from catalog.moments import moment_of
from catalog.titles import titles_read
from recommender.admin.choices import fallback_word, kind_word, plain
from recommender.admin.inspector_cards import CardView, Field, card_view, number_words
from recommender.admin.inspector_flow import drawn_words, fate_word, fates_view, stages_view
from recommender.admin.page_list import pages_latest
from recommender.admin.portrait import portrait_view
from recommender.admin.replayed import inspection_as_shown, replay_view_of
from recommender.admin.rule_names import rule_titles
from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import BundleVersion, Impression, RequestLog, Rule
from recommender.redecided import Basis
from recommender.replay import InspectedCard, Inspection, inspect_request, inspect_shopper
from recommender.store.bundles import bundle_open
from recommender.store.doubt import disagreement
from users.models import Shopper

RECENT_REQUESTS = 12
HISTORY_SHOWN = 12
NOT_SHOWN = 12


def inspector_view(request: HttpRequest) -> HttpResponse:
    """One box: a request id, or a shopper's id, external id or login; ``?shopper=`` takes the id alone."""
    query = (request.GET.get("q") or request.GET.get("shopper") or "").strip()
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Inspector"), "query": query}
    try:
        context |= _found(request, query) if query else _lately(Impression.objects.filter(synthetic=False))
    except (DataError, ArtifactMismatch) as error:
        context["problem"] = str(error)
    return render(request, "operator/inspector.html", context)


def replay_view(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Decide a logged request again, with what it was decided with or with other rules; ``?basis=`` says which."""
    name = request.GET.get("basis", Basis.THEN.value)
    basis = Basis(name) if name in list(Basis) else Basis.THEN
    return render(request, "operator/replay.html", replay_view_of(request_id, basis))


def _found(request: HttpRequest, query: str) -> dict[str, Any]:
    language = get_language() or "en"
    request_id = _uuid(query)
    if request_id is not None:
        return _of_request(request_id, language)
    shopper = _shopper(query, only_id="shopper" in request.GET)
    if shopper is None:
        raise DataError(_("No request and no shopper is called “%(query)s”.") % {"query": query})
    shop = Shop.objects.get(pk=shopper.shop_id)
    found = _laid_open(inspect_shopper(shop=shop, shopper=shopper, now=timezone.now(), language=language))
    return found | _lately(Impression.objects.filter(shopper=shopper))


def _of_request(request_id: UUID, language: str) -> dict[str, Any]:
    """The request laid open; without its log, what was shown and no more."""
    impression = Impression.objects.filter(pk=request_id).first()
    if impression is not None and not RequestLog.objects.filter(pk=request_id).exists():
        note = _("The log of this request is not kept (any more): the page is shown as it was, without its road.")
        return _laid_open(inspection_as_shown(impression)) | {"note": note}
    return _laid_open(inspect_request(request_id, language=language))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shopper(query: str, *, only_id: bool) -> Shopper | None:
    known = Q(pk__in=[]) if only_id else Q(external_id=query) | Q(user__username=query)
    if query.isdecimal() and len(query) < 19:
        known |= Q(pk=int(query))
    found = Shopper.objects.filter(known).select_related("merged_into").order_by("pk").first()
    return found.merged_into or found if found else None


def _lately(impressions: QuerySet[Impression]) -> dict[str, Any]:
    return {"recent": pages_latest(impressions, RECENT_REQUESTS)}


def _laid_open(inspection: Inspection) -> dict[str, Any]:
    candidates = inspection.trace.get("candidates", [])
    _disagreement_tell(inspection, candidates)
    ids = {card.item_id for card in inspection.cards} | {item for item, _kind, _at in inspection.history}
    ids |= {item for card in inspection.cards for item in card.reason_items}
    not_shown = _strongest_left_out(candidates)
    pictures, titles = _pictures(ids), titles_read(ids | {candidate["item"] for candidate in not_shown})
    rules = rule_titles(Rule.objects.filter(pk__in=_rules_met(inspection.cards)))
    field = Field(candidates)
    sections: dict[str, list[CardView]] = {}
    for card in inspection.cards:
        view = card_view(card, field, pictures, titles, rules)
        view = replace(view, drawn=drawn_words(card.road.get("drawn", {}), rules))
        sections.setdefault(card.section_title or card.section, []).append(view)
    shopper = Shopper.objects.select_related("user").filter(pk=inspection.shopper_id).first()
    return {
        "inspection": inspection,
        "n_candidates": len(candidates),
        "fates": fates_view(candidates),
        "stages": stages_view(inspection.trace.get("stages_ms", {})),
        "fallback": fallback_word(inspection.degraded),
        "sections": list(sections.items()),
        "shopper": shopper,
        "history": _history(inspection, pictures, titles),
        "portrait": portrait_view(shopper, timezone.now()),
        "not_shown": [
            (
                titles.get(one["item"], one["item"]),
                number_words(one["base"]),
                ", ".join(map(plain, one["sources"])),
                fate_word(one.get("fate", "")),
            )
            for one in not_shown
        ],
    }


def _disagreement_tell(inspection: Inspection, candidates: list[dict[str, Any]]) -> None:
    """Write beside each candidate how far the bundle's small encoders disagree about it, where it has some."""
    if inspection.context is None or inspection.bundle_id is None or not candidates:
        return
    bundle = bundle_open(BundleVersion.objects.get(pk=inspection.bundle_id))
    told = disagreement(bundle, inspection.context, np.array([one["item"] for one in candidates], np.int64))
    if told is not None:
        for candidate, deviation in zip(candidates, told.tolist(), strict=True):
            candidate["disagreement"] = None if math.isnan(deviation) else deviation


def _rules_met(cards: Iterable[InspectedCard]) -> set[int]:
    """Rules that scored, pinned or held one of the cards."""
    effects = (effect["rule"] for card in cards for effect in card.road.get("rules", {}).values())
    drawn = (card.road.get("drawn", {}) for card in cards)
    return {*effects, *(rule for one in drawn for rule in (one.get("pinned_by"), one.get("held_by")) if rule)}


def _strongest_left_out(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    left_out = [candidate for candidate in candidates if candidate["slot"] is None]
    return sorted(left_out, key=lambda candidate: -(candidate["base"] or 0.0))[:NOT_SHOWN]


def _pictures(ids: set[int]) -> dict[int, str]:
    rows = Media.objects.filter(item_id__in=ids, position=0).values_list("item_id", "path")
    return {item: path if "://" in path else f"/media/{path}" for item, path in rows}


def _history(inspection: Inspection, pictures: dict[int, str], titles: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "picture": pictures.get(item, ""),
            "title": titles.get(item, str(item)),
            "kind": kind_word(kind),
            "at": moment_of(at_us),
        }
        for item, kind, at_us in reversed(inspection.history[-HISTORY_SHOWN:])
    ]
