"""REST around pages and events."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api import item_shown
from catalog.problems import CONTENT_TYPE, problem_answer
from catalog.shops import SHOP_HEADER
from recommender.data.types import Limits
from recommender.event_batch import CONFLICT, UNASKED, BatchTooLarge, EventResult
from recommender.events import events_take
from recommender.homepage import homepage_page
from recommender.serializers import (
    EventBatchSerializer,
    EventsProblemSerializer,
    EventsTakenSerializer,
    PageSerializer,
    ProblemSerializer,
)
from recommender.staff_api import trace_asked
from users.event_json import EventJSONParser
from users.event_parsing import is_seen
from users.identity import GUEST_HEADER
from users.requests import Caller, caller_of, guest_cookie_set

_HEADERS = [
    OpenApiParameter(GUEST_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="From an earlier answer."),
    OpenApiParameter(SHOP_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Default: the first shop."),
]
_PAGE_PARAMETERS = [
    *_HEADERS,
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Of the page before."),
    OpenApiParameter("price_from", OpenApiTypes.INT, description="Lowest price, minor units."),
    OpenApiParameter("price_to", OpenApiTypes.INT, description="Highest price, minor units; 0: none."),
    OpenApiParameter("region", OpenApiTypes.STR, description="Where the shopper is; items of others stay away."),
    OpenApiParameter("trace", OpenApiTypes.STR, enum=["1"], description="Staff only: keep the page's whole trace."),
    OpenApiParameter("language", OpenApiTypes.STR, enum=[code for code, _ in settings.LANGUAGES]),
]


class HomepageView(APIView):
    """The homepage."""

    throttle_scope = "page"

    @extend_schema(operation_id="homepage_read", parameters=_PAGE_PARAMETERS, responses=PageSerializer, tags=["pages"])
    def get(self, request: Request) -> Response:
        """The caller's homepage. Asking again before anything was done gives the same page and is no new exposure."""
        return _page(request, caller_of(request), surface="homepage")


class SimilarView(APIView):
    """Items like one item."""

    throttle_scope = "page"

    @extend_schema(operation_id="similar_read", parameters=_PAGE_PARAMETERS, responses=PageSerializer, tags=["pages"])
    def get(self, request: Request, external_id: str) -> Response:
        """What is similar to an item and suits the caller, in sections."""
        caller = caller_of(request)
        return _page(request, caller, surface="product", anchor_item=item_shown(caller.shop, external_id).pk)


class EventsView(APIView):
    """Batches of events."""

    parser_classes = [EventJSONParser]
    throttle_scope = "events"

    @extend_schema(
        operation_id="events_create",
        parameters=_HEADERS,
        request=EventBatchSerializer,
        responses={
            200: OpenApiResponse(EventsTakenSerializer, "Every event is in the books, now or from an earlier batch."),
            (207, CONTENT_TYPE): OpenApiResponse(
                EventsProblemSerializer, "Some events were refused; the others are kept."
            ),
            (400, CONTENT_TYPE): OpenApiResponse(
                EventsProblemSerializer, "Every event was refused, or the body is no batch (then without results)."
            ),
            (409, CONTENT_TYPE): OpenApiResponse(EventsProblemSerializer, "Another shopper has used these ids."),
            (413, CONTENT_TYPE): OpenApiResponse(
                ProblemSerializer, "More than 1,000 events or too many bytes. Nothing was taken: split the batch."
            ),
        },
        tags=["events"],
    )
    def post(self, request: Request) -> Response:
        """Take a batch. Each event is judged by itself; sending a batch again changes nothing."""
        events = _events(request.data)
        caller = caller_of(request)
        try:
            results = _taken(request, caller, events)
        except BatchTooLarge as error:
            errors = [{"pointer": "#/events", "detail": str(error), "code": "too_many"}]
            return problem_answer(413, str(error), {"errors": errors})
        if results and all(result.errors == (UNASKED,) for result in results):
            raise PermissionDenied(UNASKED.detail)
        is_met = any(result.is_kept and not is_seen(events[result.index]) for result in results)
        body = _body(results, caller.guest_token if is_met or not caller.is_new else "")
        response = _refusal(results, body) if body["refused"] else Response(body)
        if is_met:
            guest_cookie_set(request, response, caller)
        return response


def limits_asked(request: Request) -> Limits:
    """Prices and region that a request asks for.

    Raises: ValidationError if a price is no whole number of minor units, or the range is upside down.
    """
    prices = {}
    for name in ("price_from", "price_to"):
        given = request.query_params.get(name, "0")
        if not (given.isascii() and given.isdigit() and len(given) <= 15):
            raise ValidationError({name: ["Give a price in minor units, such as 1999."]}, "price")
        prices[name] = int(given)
    if prices["price_to"] and prices["price_from"] > prices["price_to"]:
        raise ValidationError({"price_to": ["The highest price is below the lowest."]}, "price")
    region = request.query_params.get("region", "").replace("\0", " ")[:40]
    return Limits(price_from_minor=prices["price_from"], price_to_minor=prices["price_to"], region=region)


def _page(request: Request, caller: Caller, **asked: Any) -> Response:
    language = request.query_params.get("language") or translation.get_language() or settings.LANGUAGE_CODE
    if language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": [f"The languages are {', '.join(dict(settings.LANGUAGES))}."]}, "language")
    with translation.override(language):
        page = homepage_page(
            shop=caller.shop,
            shopper=caller.shopper,
            session=caller.visit,
            language=language,
            now=timezone.now(),
            cursor=request.query_params.get("cursor", ""),
            limits=limits_asked(request),
            trace=trace_asked(request),
            **asked,
        )
        context = {"request": request, "guest_token": caller.guest_token if caller.may_remember else ""}
        body = PageSerializer(page, context=context).data
    return Response(body, headers={"Cache-Control": "private, no-store", "Content-Language": language})


def _events(body: Any) -> list[Any]:
    if not isinstance(body, dict):
        raise ValidationError("The body is an object with a list named events.", "type")
    if not isinstance(body.get("events"), list):
        raise ValidationError({"events": "Give a list of events."}, "type" if "events" in body else "required")
    return body["events"]


def _taken(request: Request, caller: Caller, events: list[Any]) -> list[EventResult]:
    agent = request.headers.get("User-Agent", "")
    return events_take(
        shop=caller.shop,
        identity=caller.identity,
        events=events,
        now=timezone.now(),
        agent=agent,
        remember=caller.may_remember,
    )


def _body(results: Sequence[EventResult], guest_token: str) -> dict[str, Any]:
    """The shape of ``EventsTakenSerializer``, which takes longer over a hundred results than judging them does."""
    statuses = [result.status for result in results]
    return {
        "accepted": statuses.count("accepted"),
        "duplicates": statuses.count("duplicate"),
        "refused": sum(not result.is_kept for result in results),
        "results": [_result(result) for result in results],
        "guest_token": guest_token,
    }


def _result(result: EventResult) -> dict[str, Any]:
    return {
        "index": result.index,
        "status": result.status,
        "client_id": _text(result.client_id),
        "interaction_id": _text(result.interaction_id),
        "errors": [
            {"pointer": f"#/events/{result.index}{error.pointer}", "detail": error.detail, "code": error.code}
            for error in result.errors
        ],
    }


def _text(identifier: UUID | None) -> str | None:
    return str(identifier) if identifier else None


def _refusal(results: Sequence[EventResult], body: Mapping[str, Any]) -> Response:
    """207 where some events are kept; else 409 where all ids are somebody else's, else 400."""
    refused = [result for result in results if not result.is_kept]
    conflicts = all(result.status == CONFLICT for result in refused)
    status = 207 if len(refused) < len(results) else 409 if conflicts else 400
    kept = len(results) - len(refused)
    detail = (
        f"{len(refused)} of {len(results)} events were refused, {kept} are kept; do not send the refused ones again."
    )
    errors = [error for result in body["results"] for error in result["errors"]]
    return problem_answer(status, detail, {"errors": errors, **body})
