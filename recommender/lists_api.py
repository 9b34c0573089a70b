"""REST for whoever sends messages: every shopper's list made ahead, page by page."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.problems import CONTENT_TYPE
from catalog.shops import SHOP_HEADER, shop_of
from recommender.serializers import ListSerializer, ListsSerializer, ProblemSerializer
from recommender.store.lists_to_send import lists_to_send
from recommender.store.live import serving_read

PAGE = 100
_PARAMETERS = [
    OpenApiParameter(SHOP_HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Default: the first shop."),
    OpenApiParameter("after", OpenApiTypes.INT, description="`next` of the page before."),
]
_PROBLEMS = {
    (400, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "`after` is no number."),
    (401, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "Nobody is signed in."),
    (403, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, "Only staff who may view lists."),
}


class MaySend(BasePermission):
    """Members of staff who may read the lists made ahead."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Staff with the permission to view them."""
        user = request.user
        return bool(user and user.is_active and user.is_staff and user.has_perm("recommender.view_precomputedlist"))


class ListsView(APIView):
    """Lists made ahead."""

    permission_classes = [MaySend]
    throttle_scope = "page"

    @extend_schema(
        operation_id="lists_read", parameters=_PARAMETERS, responses={200: ListsSerializer, **_PROBLEMS}, tags=["staff"]
    )
    def get(self, request: Request) -> Response:
        """A hundred shoppers' lists for messages: of those who want any, with what may be shown and sold now."""
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise ValidationError({"after": ["Give the number that `next` was."]}, "after")
        shop = shop_of(request)
        found = lists_to_send(shop, serving_read(shop.pk).ruleset, now=timezone.now(), after=int(after), n=PAGE + 1)
        more = found[PAGE - 1].shopper_id if len(found) > PAGE else None
        return Response({"lists": ListSerializer(found[:PAGE], many=True).data, "next": more})
