"""Admin of the recommender: one file per subject, all registered here."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recommender.admin import (
    bundles,
    experiments,
    facts,
    jobs,
    knobs,
    layout,
    live_changes,
    publishing,
    rules,
    segments,
)

__all__ = [
    "bundles",
    "experiments",
    "facts",
    "jobs",
    "knobs",
    "layout",
    "live_changes",
    "publishing",
    "rules",
    "segments",
]

admin.site.index_template = "operator/today.html"
admin.site.index_title = _("Today")
