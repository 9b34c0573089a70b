"""Admin of what served when: every promotion and every way back, with who and when."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter

from catalog.models import Shop
from recommender.models import BundleVersion, LiveChange
from users.admin import FactAdmin


@admin.register(LiveChange)
class LiveChangeAdmin(FactAdmin):
    """Changes, newest first."""

    list_display = ("at", "shop", "bundle", "way", "who", "before")
    list_filter = ("shop", "way", ("at", RangeDateTimeFilter))
    list_select_related = ("shop", "bundle", "before", "by")

    @admin.display(description=gettext_lazy("by"), ordering="by")
    def who(self, change: LiveChange) -> str:
        """The member of staff, or what acts where nobody does."""
        return changed_by(change)


@dataclass(frozen=True)
class Served:
    """A step in a bundle's time of service."""

    at: datetime
    words: str


def changed_by(change: LiveChange) -> str:
    """Who made a bundle serve."""
    if change.by is not None:
        return str(change.by)
    return _("a training") if change.way == LiveChange.Way.GATE else _("a command")


def service_of(bundle: BundleVersion) -> list[Served]:
    """When a bundle came to serve and when another one took over, newest first."""
    changes = LiveChange.objects.of(bundle.shop).select_related("bundle", "before", "by")
    return [
        Served(change.at, _came(change) if change.bundle_id == bundle.pk else _went(change))
        for change in changes
        if bundle.pk in (change.bundle_id, change.before_id)
    ]


def _came(change: LiveChange) -> str:
    return _("went live (%(way)s, by %(who)s)") % {"way": change.get_way_display(), "who": changed_by(change)}


def _went(change: LiveChange) -> str:
    words = _("%(bundle)s took over (%(way)s, by %(who)s)")
    return words % {"bundle": change.bundle, "way": change.get_way_display(), "who": changed_by(change)}


def taken_back(shop: Shop) -> str:
    """A warning where going back would bring back what staff have just taken away; else empty."""
    last = LiveChange.objects.of(shop).select_related("before", "by").first()
    if last is None or last.before is None or last.way != LiveChange.Way.ROLLED_BACK:
        return ""
    words = _("%(bundle)s was itself taken back, by %(who)s. Going on lets it serve once more.")
    return words % {"bundle": last.before, "who": changed_by(last)}
