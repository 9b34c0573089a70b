"""Admin of people: what they did is read, never rewritten."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from catalog.models import Item
from catalog.money import money_text
from catalog.paging import EstimatingPaginator
from users.models import (
    Basket,
    BasketLine,
    Consent,
    Device,
    Favourite,
    Interaction,
    Order,
    OrderLine,
    Review,
    Search,
    Shopper,
    ShopperState,
    Suspicion,
    User,
)
from users.reviews import rating_refresh

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Logins."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles."""


class FactAdmin(ModelAdmin):
    """Facts: looked at, filtered and searched, never added, edited or deleted by hand."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_filter_submit = True

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Facts come from events."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Facts are not rewritten."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Facts go only with the person's erasure."""
        return False


@admin.register(Shopper)
class ShopperAdmin(ModelAdmin):
    """Who acts."""

    list_display = ("__str__", "user", "segment", "language", "synthetic", "last_seen_at", "merged_into")
    list_filter = ("shop", "segment", "synthetic", ("user", admin.EmptyFieldListFilter))
    list_select_related = ("user", "merged_into")
    search_fields = ("external_id", "user__username", "=id")
    autocomplete_fields = ("shop", "user")
    readonly_fields = ("guest_key", "merged_into", "merged_at", "created_at", "last_seen_at")
    show_full_result_count = False
    actions_row = ("inspect",)
    actions_detail = ("inspect", "forget")

    @action(description=_("Inspect"), url_path="inspect", icon="frame_inspect")
    def inspect(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """On to the page they would see now, laid open."""
        return HttpResponseRedirect(f"{reverse('admin:inspector')}?shopper={object_id}")

    @action(description=_("Forget this person"), url_path="forget", icon="person_remove", permissions=["forget"])
    def forget(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """On to the page that asks before it erases."""
        return HttpResponseRedirect(reverse("admin:shopper_erase", args=[object_id]))

    def has_forget_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may delete shoppers may have them forgotten."""
        return request.user.has_perm("users.delete_shopper")

    def has_delete_permission(self, request: HttpRequest, obj: Shopper | None = None) -> bool:
        """A person goes through erasure, which leaves a receipt."""
        return False


@admin.register(ShopperState)
class ShopperStateAdmin(FactAdmin):
    """What decisions know of a shopper."""

    list_display = ("shopper", "version", "updated_at")
    list_select_related = ("shopper",)
    search_fields = ("shopper__external_id", "=shopper__id")


@admin.register(Interaction)
class InteractionAdmin(FactAdmin):
    """What shoppers did."""

    list_display = ("occurred_at", "shopper", "kind", "item", "quantity", "surface", "position")
    list_filter = ("kind", "surface", ("occurred_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "item")
    search_fields = ("=shopper__id", "=item__external_id", "=id")
    ordering = ("-id",)


@admin.register(Consent)
class ConsentAdmin(FactAdmin):
    """What shoppers allowed, when."""

    list_display = ("at", "shopper", "purpose", "granted", "version")
    list_filter = ("purpose", "granted", ("at", RangeDateTimeFilter))
    list_select_related = ("shopper",)
    search_fields = ("=shopper__id", "shopper__external_id")


@admin.register(Search)
class SearchAdmin(FactAdmin):
    """What shoppers looked for."""

    list_display = ("at", "query", "language", "found", "shopper")
    list_filter = ("language", ("at", RangeDateTimeFilter))
    list_select_related = ("shopper",)
    search_fields = ("query",)


@admin.register(Suspicion)
class SuspicionAdmin(FactAdmin):
    """Shoppers and sessions that look like bots or floods."""

    list_display = ("at", "shopper", "cause", "session", "cleared_at")
    list_filter = ("cause", ("cleared_at", admin.EmptyFieldListFilter))
    list_select_related = ("shopper",)
    search_fields = ("=shopper__id", "session")
    actions = ("clear",)

    def has_clear_permission(self, request: HttpRequest) -> bool:
        """Whoever may change suspicions may clear them."""
        return request.user.has_perm("users.change_suspicion")

    @admin.action(description=_("This was a person: let it count again"), permissions=["clear"])
    def clear(self, request: HttpRequest, queryset: QuerySet[Suspicion]) -> None:
        """Clear the chosen marks."""
        count = queryset.filter(cleared_at__isnull=True).update(cleared_at=timezone.now())
        self.message_user(request, _("%(count)d marks cleared.") % {"count": count})


@admin.register(Review)
class ReviewAdmin(ModelAdmin):
    """Ratings and words; the item's average follows every change."""

    list_display = ("at", "item", "rating", "text", "language", "shopper")
    list_filter = ("rating", "language")
    list_select_related = ("item", "shopper")
    search_fields = ("text", "item__external_id")
    autocomplete_fields = ("shop", "shopper", "item")

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        """Save the review; the averages of its item, and of the one it was moved from, follow."""
        super().save_model(request, obj, form, change)
        _ratings_refresh({obj.item_id, form.initial.get("item", obj.item_id)})

    def delete_model(self, request: HttpRequest, obj: Review) -> None:
        """Delete the review; its item's average follows."""
        super().delete_model(request, obj)
        _ratings_refresh({obj.item_id})

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        """Delete reviews; their items' averages follow."""
        items = set(queryset.values_list("item_id", flat=True))
        super().delete_queryset(request, queryset)
        _ratings_refresh(items)


@admin.register(Favourite)
class FavouriteAdmin(FactAdmin):
    """What shoppers keep."""

    list_display = ("at", "shopper", "item")
    list_select_related = ("shopper", "item")
    search_fields = ("=shopper__id", "=item__external_id")


@admin.register(Device)
class DeviceAdmin(FactAdmin):
    """Apps that can be pushed to."""

    list_display = ("platform", "shopper", "created_at")
    list_filter = ("platform",)
    list_select_related = ("shopper",)
    search_fields = ("=shopper__id",)


class BasketLineInline(TabularInline):
    """What is in a basket."""

    model = BasketLine
    fields = ("item", "quantity")
    autocomplete_fields = ("item",)
    extra = 0


@admin.register(Basket)
class BasketAdmin(FactAdmin):
    """What shoppers are about to buy."""

    list_display = ("shopper", "updated_at")
    list_select_related = ("shopper",)
    search_fields = ("=shopper__id",)
    inlines = (BasketLineInline,)


class OrderLineInline(TabularInline):
    """What was bought."""

    model = OrderLine
    fields = ("item", "quantity", "price_minor")
    extra = 0


@admin.register(Order)
class OrderAdmin(FactAdmin):
    """Checkouts."""

    list_display = ("placed_at", "shopper", "total")
    list_filter = (("placed_at", RangeDateTimeFilter),)
    list_select_related = ("shopper",)
    search_fields = ("=id", "=shopper__id")
    inlines = (OrderLineInline,)

    @admin.display(description=_("total"), ordering="total_minor")
    def total(self, order: Order) -> str:
        """The total with its currency."""
        return money_text(order.total_minor, order.currency)


def _ratings_refresh(item_ids: Collection[int]) -> None:
    for item in Item.objects.filter(pk__in=item_ids):
        rating_refresh(item)
