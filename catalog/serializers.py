"""Shapes of the API around items."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from catalog.models import Item


def picture_address(path: str, request: Any) -> str:
    """Absolute address of a picture; "" where there is none."""
    if not path or "://" in path:
        return path
    address = settings.MEDIA_URL + path
    return request.build_absolute_uri(address) if request else address


class PictureSerializer(serializers.Serializer):
    """A picture of an item."""

    address = serializers.SerializerMethodField()
    alt = serializers.CharField()
    width = serializers.IntegerField(help_text="0: unknown.")
    height = serializers.IntegerField()

    def get_address(self, picture: Any) -> str:
        """Where it is."""
        return picture_address(picture.path, self.context.get("request"))


class ItemTextSerializer(serializers.Serializer):
    """An item's words in one language."""

    language = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()


class ItemSerializer(serializers.Serializer):
    """One item of the catalogue."""

    item = serializers.CharField(source="external_id")
    domain = serializers.CharField()
    group = serializers.CharField(help_text="Variants share it.")
    texts = ItemTextSerializer(many=True)
    brand = serializers.CharField(source="brand.name", default="")
    department = serializers.CharField(source="department.slug", default="")
    category = serializers.CharField(source="category.slug", default="")
    tags = serializers.SerializerMethodField()
    price_minor = serializers.IntegerField(allow_null=True)
    list_price_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.SerializerMethodField()
    in_stock = serializers.BooleanField()
    rating = serializers.FloatField(source="rating_average", allow_null=True)
    rating_count = serializers.IntegerField()
    attributes = serializers.DictField()
    published_at = serializers.DateTimeField()
    pictures = PictureSerializer(source="media", many=True)

    def get_tags(self, item: Item) -> list[str]:
        """Names of the tags, in order."""
        return sorted(tag.name for tag in item.tags.all())

    def get_currency(self, item: Item) -> str:
        """The item's own currency or the shop's."""
        return item.currency or item.shop.currency
