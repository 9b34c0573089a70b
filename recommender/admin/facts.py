"""Admin of what was shown and what serves: looked at, never edited."""

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from recommender.admin.choices import surface_word
from recommender.admin.inspector import inspector_view, replay_view
from recommender.admin.people import erase_view
from recommender.models import GateAttempt, Impression, Live, PrecomputedList, RequestLog, TextVector, TrendSnapshot
from recommender.training.gate_words import verdict_word
from users.admin import FactAdmin


@admin.register(Impression)
class ImpressionAdmin(FactAdmin):
    """Pages that were shown."""

    list_display = ("shown_at", "on", "page", "shopper", "cards", "seen_cards", "degraded", "inspect")
    list_filter = ("surface", "degraded", "synthetic", ("shown_at", RangeDateTimeFilter))
    list_select_related = ("shopper",)
    search_fields = ("=id", "=shopper__id")
    ordering = ("-id",)
    exclude = ("surface",)
    readonly_fields = ("on",)

    def get_urls(self) -> list[URLPattern]:
        """The inspector stands beside the pages it lays open."""
        wrap = self.admin_site.admin_view
        own = [
            path("inspector/", wrap(self.inspector), name="inspector"),
            path("inspector/<uuid:request_id>/replay/", wrap(self.replay), name="inspector_replay"),
            path("forget/<int:shopper_id>/", wrap(erase_view), name="shopper_erase"),
        ]
        return own + super().get_urls()

    def inspector(self, request: HttpRequest) -> HttpResponse:
        """The inspector, for whoever may look at impressions."""
        return inspector_view(self._permitted(request))

    def replay(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """A request decided again, for whoever may look at impressions."""
        return replay_view(self._permitted(request), request_id)

    def _permitted(self, request: HttpRequest) -> HttpRequest:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return request

    @admin.display(description=_("surface"), ordering="surface")
    def on(self, impression: Impression) -> str:
        """The surface by name."""
        return surface_word(impression.surface)

    @admin.display(description=_("cards"))
    def cards(self, impression: Impression) -> int:
        """How many items the page had."""
        return len(impression.item_ids)

    @admin.display(description=_("seen"))
    def seen_cards(self, impression: Impression) -> int:
        """How many of them a browser reported visible."""
        return sum(impression.seen)

    @admin.display(description=_("road"))
    def inspect(self, impression: Impression) -> str:
        """The way to the inspector."""
        address = f"{reverse('admin:inspector')}?q={impression.pk}"
        return format_html('<a href="{}" class="op-link">{}</a>', address, _("Inspect"))


@admin.register(RequestLog)
class RequestLogAdmin(FactAdmin):
    """What requests saw, packed."""

    list_display = ("at", "impression", "shopper", "bundle_id", "ruleset_hash", "bytes_kept")
    list_filter = (("at", RangeDateTimeFilter),)
    list_select_related = ("shopper",)
    search_fields = ("=impression",)
    exclude = ("payload",)

    @admin.display(description=_("bytes"))
    def bytes_kept(self, log: RequestLog) -> int:
        """Size of the packed request."""
        return len(log.payload)


@admin.register(PrecomputedList)
class PrecomputedListAdmin(FactAdmin):
    """Lists made in the background."""

    list_display = ("shopper", "made_at", "bundle_id", "arm")
    list_select_related = ("shopper",)
    search_fields = ("=shopper__id", "shopper__external_id")


@admin.register(TextVector)
class TextVectorAdmin(FactAdmin):
    """Vectors of texts."""

    list_display = ("item", "encoder", "created_at")
    list_select_related = ("item",)
    search_fields = ("=item__external_id",)
    exclude = ("vector",)


@admin.register(TrendSnapshot)
class TrendSnapshotAdmin(FactAdmin):
    """What is popular now."""

    list_display = ("at", "shop", "items")
    list_select_related = ("shop",)

    @admin.display(description=_("items"))
    def items(self, trend: TrendSnapshot) -> int:
        """How many items the snapshot counts."""
        return len(trend.item_ids)


@admin.register(Live)
class LiveAdmin(FactAdmin):
    """What serves each shop."""

    list_display = ("shop", "bundle", "previous_bundle", "ruleset", "trend", "changed_at")
    list_select_related = ("shop", "bundle", "previous_bundle", "ruleset", "trend")


@admin.register(GateAttempt)
class GateAttemptAdmin(FactAdmin):
    """Every trial of the gate."""

    list_display = ("at", "bundle", "against", "found", "points", "interval")
    list_filter = ("verdict", "metric", ("at", RangeDateTimeFilter))
    list_select_related = ("bundle", "against")

    @admin.display(description=_("verdict"), ordering="verdict")
    def found(self, attempt: GateAttempt) -> str:
        """The verdict in words."""
        return verdict_word(attempt.verdict)

    @admin.display(description=_("difference, points of 100"), ordering="difference")
    def points(self, attempt: GateAttempt) -> str:
        """How much better it was, NDCG@10."""
        return "–" if attempt.difference is None else f"{100 * attempt.difference:+.1f}"

    @admin.display(description=_("95 % interval"))
    def interval(self, attempt: GateAttempt) -> str:
        """What the true difference lies between."""
        if attempt.lower is None or attempt.upper is None:
            return "–"
        return f"{100 * attempt.lower:+.1f} … {100 * attempt.upper:+.1f}"
