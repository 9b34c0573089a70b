"""Admin of things: shops, items and what describes them."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter, RelatedDropdownFilter

from catalog.items import items_changed
from catalog.models import Brand, Category, Item, ItemText, Media, Outbox, Relation, Shop, Tag
from catalog.money import money_text
from catalog.outbox import outbox_replay


@admin.register(Shop)
class ShopAdmin(ModelAdmin):
    """Tenants."""

    list_display = ("name", "code", "currency", "time_zone", "language", "consent_required")
    search_fields = ("code", "name")


class ItemTextInline(TabularInline):
    """Title and description by language."""

    model = ItemText
    fields = ("language", "title", "description")
    extra = 0


class MediaInline(TabularInline):
    """Pictures."""

    model = Media
    fields = ("position", "path", "alt", "width", "height")
    extra = 0


class RelationInline(TabularInline):
    """What goes with the item."""

    model = Relation
    fk_name = "source"
    fields = ("kind", "target", "weight")
    autocomplete_fields = ("target",)
    extra = 0


@admin.register(Item)
class ItemAdmin(ModelAdmin):
    """Items; saving one announces it, so that it is embedded anew when its words changed."""

    list_display = (
        "picture",
        "external_id",
        "title",
        "department",
        "brand",
        "price",
        "stock",
        "status",
        "published_at",
    )
    list_display_links = ("picture", "external_id", "title")
    list_filter = (
        "shop",
        "status",
        "domain",
        "sponsored",
        ("department", RelatedDropdownFilter),
        ("brand", RelatedDropdownFilter),
        ("published_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("external_id", "texts__title")
    autocomplete_fields = ("shop", "category", "department", "brand", "tags")
    readonly_fields = ("content_hash", "updated_at")
    inlines = (ItemTextInline, MediaInline, RelationInline)
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        """Items with all that a list row shows."""
        return super().get_queryset(request).select_related("department", "brand").prefetch_related("texts", "media")

    @admin.display(description=_("picture"))
    def picture(self, item: Item) -> str:
        """A thumbnail."""
        media = next(iter(item.media.all()), None)
        if media is None:
            return "–"
        address = media.path if "://" in media.path else f"/media/{media.path}"
        return format_html('<img src="{}" alt="" width="40" height="50" loading="lazy">', address)

    @admin.display(description=_("title"))
    def title(self, item: Item) -> str:
        """The title in the language of the page, else in the first there is."""
        titles = [(text.language, text.title) for text in item.texts.all()]
        return dict(titles).get(get_language() or "") or next((title for _language, title in titles), "–")

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, item: Item) -> str:
        """The price with its currency."""
        return "–" if item.price_minor is None else money_text(item.price_minor, item.currency)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Texts, pictures and relations belong to the shop of their item."""
        for row in formset.forms:
            row.instance.shop_id = form.instance.shop_id
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Announce the item once its texts and tags are saved too."""
        super().save_related(request, form, formsets, change)
        items_changed(shop=form.instance.shop, item_ids=[form.instance.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Item | None = None) -> bool:
        """Facts point to items: they are hidden, never deleted."""
        return False


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    """Departments and categories."""

    list_display = ("said", "parent", "slug", "position")
    list_editable = ("position",)
    list_filter = ("shop", ("parent", RelatedDropdownFilter))
    list_select_related = ("parent",)
    search_fields = ("name", "names", "slug")
    autocomplete_fields = ("shop", "parent")

    @admin.display(description=_("name"), ordering="name")
    def said(self, category: Category) -> str:
        """The name in the language of the page."""
        return str(category)


@admin.register(Brand)
class BrandAdmin(ModelAdmin):
    """Brands."""

    list_display = ("said", "shop")
    list_filter = ("shop",)
    list_select_related = ("shop",)
    search_fields: tuple[str, ...] = ("name",)
    autocomplete_fields = ("shop",)

    @admin.display(description=_("name"), ordering="name")
    def said(self, named: Brand | Tag) -> str:
        """The name in the language of the page."""
        return str(named)


@admin.register(Tag)
class TagAdmin(BrandAdmin):
    """Tags, which have names by language."""

    search_fields = ("name", "names")


@admin.register(ItemText)
class ItemTextAdmin(ModelAdmin):
    """Texts, to search them all at once; changing one announces its item, as the item's own page does."""

    list_display = ("title", "language", "item")
    list_filter = ("language",)
    list_select_related = ("item",)
    search_fields = ("title",)
    fields = ("item", "language", "title", "description")
    autocomplete_fields = ("item",)

    def save_model(self, request: HttpRequest, obj: ItemText, form: Any, change: bool) -> None:
        """Save the text in its item's shop and announce the item, also the one it was taken from."""
        obj.shop_id = obj.item.shop_id
        super().save_model(request, obj, form, change)
        _items_announce({obj.item_id, form.initial.get("item", obj.item_id)})

    def delete_model(self, request: HttpRequest, obj: ItemText) -> None:
        """Delete the text and announce its item."""
        super().delete_model(request, obj)
        _items_announce({obj.item_id})

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ItemText]) -> None:
        """Delete texts and announce their items."""
        items = set(queryset.values_list("item_id", flat=True))
        super().delete_queryset(request, queryset)
        _items_announce(items)


@admin.register(Media)
class MediaAdmin(ModelAdmin):
    """Pictures of items."""

    list_display = ("path", "item", "position", "width", "height")
    list_select_related = ("item",)
    search_fields = ("path", "item__external_id")
    autocomplete_fields = ("shop", "item")


@admin.register(Relation)
class RelationAdmin(ModelAdmin):
    """Typed edges between items."""

    list_display = ("source", "kind", "target", "weight")
    list_filter = ("kind",)
    list_select_related = ("source", "target")
    search_fields = ("source__external_id", "target__external_id")
    autocomplete_fields = ("shop", "source", "target")


@admin.register(Outbox)
class OutboxAdmin(ModelAdmin):
    """Messages on their way to the workers; parked ones can be sent again."""

    list_display = ("topic", "created_at", "published_at", "attempts", "parked_at", "error")
    list_filter = ("topic", ("created_at", RangeDateTimeFilter), ("parked_at", admin.EmptyFieldListFilter))
    list_filter_submit = True
    search_fields = ("topic", "error")
    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Whoever may change messages may have them sent again."""
        return request.user.has_perm("catalog.change_outbox")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Messages are written by services only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Outbox | None = None) -> bool:
        """Messages are not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Outbox | None = None) -> bool:
        """A message is as true as its fact: it is handled, never thrown away."""
        return False

    @admin.action(description=_("Send parked messages again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Outbox]) -> None:
        """Unpark the chosen messages."""
        count = outbox_replay([row.pk for row in queryset])
        self.message_user(request, _("%(count)d messages will be sent again.") % {"count": count})


def _items_announce(item_ids: Collection[int]) -> None:
    """Announce items whose words changed, shop by shop."""
    for shop in Shop.objects.filter(items__in=item_ids).distinct():
        items_changed(shop=shop, item_ids=item_ids)
