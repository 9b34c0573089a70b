"""REST around what a shopper says about a page: the actions that cards offer, and taking them back."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api import item_shown
from catalog.models import Tag
from users.profiles import taste_ignore
from users.requests import caller_of, guest_cookie_set
from users.shoppers import shopper_ensure
from users.wishes import item_ignore, item_own, kind_fewer

CODES = ("not_this_kind", "own_it", "ignore_item", "gift", "not_this_taste")


class WishSerializer(serializers.Serializer):
    """An action of a card. ``not_interested`` is a deed: send it as the event ``dislike``."""

    code = serializers.ChoiceField(choices=CODES)
    item = serializers.CharField(max_length=200, help_text="The item that the action names, by the shop's own id.")
    tag = serializers.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="For `not_this_taste`: the action's `tag_id`."
    )
    undo = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A taste is named."""
        if attrs["code"] == "not_this_taste" and not attrs.get("tag"):
            raise serializers.ValidationError({"tag": _("Say which taste: the action's tag_id.")})
        return attrs


class WishDoneSerializer(serializers.Serializer):
    """That the next page knows."""

    state_version = serializers.IntegerField()


class WishesView(APIView):
    """What the caller says about the page."""

    throttle_scope = "page"

    @extend_schema(operation_id="wish_create", request=WishSerializer, responses=WishDoneSerializer, tags=["pages"])
    def post(self, request: Request) -> Response:
        """Follow an action of a card, or take it back; the next page differs. Nothing is learnt from it."""
        given = WishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said, caller, now = given.validated_data, caller_of(request), timezone.now()
        item = item_shown(caller.shop, said["item"])
        if said["code"] == "not_this_taste" and not Tag.objects.of(caller.shop).filter(pk=said["tag"]).exists():
            raise serializers.ValidationError({"tag": _("This shop knows no such taste.")}, "unknown")
        shopper = shopper_ensure(shop=caller.shop, identity=caller.identity, at=now)
        how = {"shopper": shopper, "at": now, "undo": said["undo"]}
        if said["code"] == "not_this_taste":
            version = taste_ignore(shop=caller.shop, tag_id=said["tag"], **how)
        elif said["code"] == "not_this_kind":
            version = kind_fewer(category_id=item.category_id or item.department_id or 0, **how)
        else:
            change = item_own if said["code"] == "own_it" else item_ignore
            version = change(item_id=item.pk, **how)
        response = Response(WishDoneSerializer({"state_version": version}).data)
        guest_cookie_set(request, response, caller)
        return response
