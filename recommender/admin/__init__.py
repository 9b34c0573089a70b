"""Admin of the recommender: one file per subject, all registered here."""

from django.contrib import admin

from recommender.admin import facts, learning, steering

__all__ = ["facts", "learning", "steering"]

admin.site.index_template = "operator/today.html"
