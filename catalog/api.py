"""REST around things: one item."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Item, Shop
from catalog.serializers import ItemSerializer
from catalog.shops import shop_of


def item_shown(shop: Shop, external_id: str) -> Item:
    """The item of this external id.

    Raises:
        Http404: there is none, or it may not be shown.
    """
    shown = Item.objects.of(shop).visible(timezone.now())
    found = None if "\0" in external_id else shown.filter(external_id=external_id).first()
    if found is None:
        raise Http404(f"This shop shows no item {external_id[:60]!r}.")
    return found


class ItemView(APIView):
    """One item."""

    throttle_scope = "page"

    @extend_schema(operation_id="item_read", responses=ItemSerializer, tags=["catalogue"])
    def get(self, request: Request, external_id: str) -> Response:
        """An item with its words in every language."""
        item = item_shown(shop_of(request), external_id)
        return Response(ItemSerializer(item, context={"request": request}).data)
