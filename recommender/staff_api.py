"""REST for staff: a logged request decided again."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone, translation
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.problems import CONTENT_TYPE
from recommender.data.types import ArtifactMismatch, DataError
from recommender.redecided import Basis, SlotChange, changes_of, redecide
from recommender.replay import replay, trace_of
from recommender.serializers import ProblemSerializer, ReplaySerializer, TraceSerializer


class MayInspect(BasePermission):
    """Members of staff who may look at what was shown."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Staff with the permission to view impressions."""
        return may_inspect(request.user)


_BASIS = OpenApiParameter(
    "basis",
    OpenApiTypes.STR,
    enum=[basis.value for basis in Basis],
    description="`then` (default): bundle, rules and knobs of its day; `today`: what serves now; `draft`: the drafts.",
)
_PROBLEMS = {
    (401, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "Nobody is signed in."),
    (403, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "Only staff may look."),
    (404, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "Not in the log (any more), or its bundle is gone."),
}


class ReplayView(APIView):
    """One logged request."""

    permission_classes = [MayInspect]
    throttle_scope = "page"

    @extend_schema(
        operation_id="request_replay",
        parameters=[_BASIS],
        responses={200: ReplaySerializer, **_PROBLEMS},
        tags=["staff"],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """Decide a logged request again and say where the page would differ from what was shown."""
        name = request.query_params.get("basis", Basis.THEN.value)
        if name not in list(Basis):
            raise ValidationError({"basis": [f"One of {', '.join(Basis)}."]}, "basis")
        try:
            return Response(ReplaySerializer(_replayed(request_id, Basis(name))).data)
        except (DataError, ArtifactMismatch) as error:
            raise NotFound(str(error)) from error


class TraceView(APIView):
    """The road of every candidate of one logged request."""

    permission_classes = [MayInspect]
    throttle_scope = "page"

    @extend_schema(operation_id="request_trace", responses={200: TraceSerializer, **_PROBLEMS}, tags=["staff"])
    def get(self, request: Request, request_id: UUID) -> Response:
        """The trace that was kept with a page, else one made by deciding it again, then without times of stages."""
        try:
            return Response(trace_of(request_id))
        except (DataError, ArtifactMismatch) as error:
            raise NotFound(str(error)) from error


def trace_asked(request: Request | HttpRequest) -> bool:
    """Whether ``?trace=1`` asks for the trace of a page.

    Raises:
        PermissionDenied: by somebody who may not look.
    """
    if request.GET.get("trace") != "1":
        return False
    if not may_inspect(request.user):
        raise PermissionDenied("Only staff may ask for a trace.")
    return True


def may_inspect(user: Any) -> bool:
    """Members of staff who may look at what was shown."""
    return bool(user and user.is_active and user.is_staff and user.has_perm("recommender.view_impression"))


def _replayed(request_id: UUID, basis: Basis) -> dict[str, Any]:
    language = translation.get_language() or "en"
    if basis is Basis.THEN:
        found = replay(request_id)
        changes = () if found.same else changes_of(found.impression, found.decision, language)
        log = found.log
        return _answer(request_id, basis, log.bundle_id, log.ruleset_hash, changes, same=found.same)
    now = redecide(request_id, basis, now=timezone.now(), language=language)
    return _answer(request_id, basis, now.bundle_id, now.ruleset_hash, now.changes, same=not now.changes)


def _answer(
    request_id: UUID, basis: Basis, bundle: int | None, ruleset: str, changes: tuple[SlotChange, ...], *, same: bool
) -> dict[str, Any]:
    return {
        "request_id": request_id,
        "basis": basis.value,
        "bundle": bundle,
        "ruleset": ruleset,
        "same": same,
        "changes": changes,
    }
