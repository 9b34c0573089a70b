"""Admin of the layout: which rows a page may have."""

from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import ChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from recommender.admin.choices import section_word, sections, surface_word, surfaces
from recommender.admin.publishing import PublishingAdmin, shop_chosen
from recommender.models import HomepageLayout


@admin.register(HomepageLayout)
class HomepageLayoutAdmin(PublishingAdmin):
    """Rows as drafts."""

    list_display = ("row", "on", "position", "n", "minimum", "enabled", "shop")
    list_editable = ("position", "n", "minimum", "enabled")
    list_filter = ("shop", "surface")
    list_select_related = ("shop",)
    search_fields = ("section",)
    fields = ("shop", "surface", "section", "position", "n", "minimum", "enabled")

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Sections and surfaces are chosen by name."""
        offered = {"section": sections, "surface": surfaces}
        if db_field.name not in offered:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        initial = None if db_field.name == "section" else "homepage"
        return ChoiceField(
            choices=offered[db_field.name](),
            label=db_field.verbose_name,
            initial=initial,
            widget=UnfoldAdminSelectWidget(),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The next place of the chosen shop."""
        shop = shop_chosen(request)
        last = HomepageLayout.objects.of(shop).order_by("-position").first()
        return {
            "shop": shop.pk,
            "position": last.position + 1 if last else 1,
            **super().get_changeform_initial_data(request),
        }

    @admin.display(description=gettext_lazy("section"), ordering="section")
    def row(self, layout: HomepageLayout) -> str:
        """The section by name."""
        return section_word(layout.section)

    @admin.display(description=gettext_lazy("surface"), ordering="surface")
    def on(self, layout: HomepageLayout) -> str:
        """The surface by name."""
        return surface_word(layout.surface)
