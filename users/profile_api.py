"""REST around the interest profile: read it with what made it, turn an interest, start over."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Shop
from catalog.moments import moment_of
from users.interests import Evidence, Lean
from users.kinds import Kind
from users.models import Shopper
from users.profiles import Lookback, interest_turn, interests_reset, lookback, names_read, profile_of
from users.requests import caller_of
from users.serializers import InterestTurnSerializer, ProfileSerializer, StartOverSerializer


class ProfileView(APIView):
    """What the shop believes about the caller."""

    throttle_scope = "page"

    @extend_schema(operation_id="profile_read", responses=ProfileSerializer, tags=["profile"])
    def get(self, request: Request) -> Response:
        """Interests with their weights, the deeds that made them, price band, novelty and buying stage."""
        caller = caller_of(request)
        return Response(_profile(caller.shop, caller.shopper))


class InterestView(APIView):
    """One interest."""

    throttle_scope = "page"

    @extend_schema(
        operation_id="interest_turn", request=InterestTurnSerializer, responses=ProfileSerializer, tags=["profile"]
    )
    def post(self, request: Request) -> Response:
        """Let a part of an interest's items count: 0 none, 100 all, 200 all twice. The next page follows."""
        given = InterestTurnSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        caller, said = caller_of(request), given.validated_data
        if caller.shopper is not None:
            what = {"facet": said["facet"], "key": said["key"], "percent": said["counts"]}
            interest_turn(shop=caller.shop, shopper=caller.shopper, at=timezone.now(), **what)
        return Response(_profile(caller.shop, caller.shopper))


class StartOverView(APIView):
    """All interests."""

    throttle_scope = "page"

    @extend_schema(
        operation_id="profile_start_over", request=StartOverSerializer, responses=ProfileSerializer, tags=["profile"]
    )
    def post(self, request: Request) -> Response:
        """Leave everything done so far out of the pages, or use it again; to have it removed, ask for erasure."""
        given = StartOverSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        caller = caller_of(request)
        if caller.shopper is not None:
            interests_reset(shopper=caller.shopper, at=timezone.now(), undo=given.validated_data["undo"])
        return Response(_profile(caller.shop, caller.shopper))


def _profile(shop: Shop, shopper: Shopper | None) -> dict[str, Any]:
    look, now = lookback(shop, shopper), timezone.now()
    profile = profile_of(look, now)
    wanted: dict[str, set[str]] = {"departments": {str(profile.stage.department)}}
    for lean in profile.leans:
        wanted.setdefault(lean.facet, set()).add(lean.key)
    names = names_read(wanted, get_language() or "en", look.facets)
    band, novelty, stage = profile.price, profile.novelty, profile.stage
    return {
        "as_of": now,
        "interests": [_interest(look, lean, names.get((lean.facet, lean.key), "")) for lean in profile.leans],
        "price_band": band
        and {
            "low_minor": band.low_minor,
            "middle_minor": band.middle_minor,
            "high_minor": band.high_minor,
            "currency": shop.currency,
            "evidence": _evidence(look, band.evidence),
        },
        "novelty": novelty and {"share": novelty.share, "evidence": _evidence(look, novelty.evidence)},
        "buying_stage": {
            "stage": stage.stage.value,
            "department": names.get(("departments", str(stage.department)), ""),
            "evidence": _evidence(look, stage.evidence),
        },
    }


def _interest(look: Lookback, lean: Lean, name: str) -> dict[str, Any]:
    return {
        "facet": lean.facet,
        "key": lean.key,
        "name": name,
        "weight": lean.weight,
        "share": lean.share,
        "counts": look.counts(lean.facet, lean.key),
        "evidence": _evidence(look, lean.evidence),
        "rest": lean.rest,
    }


def _evidence(look: Lookback, evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {
            "item": look.facets[one.item_id].external_id,
            "kind": Kind(one.kind).word,
            "at": moment_of(one.at_us),
            "weight": one.weight,
        }
        for one in evidence
        if one.item_id in look.facets
    ]
