"""Admin of the knobs: sliders with plain words, what serves now beside the draft."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin
from django.db.models import Field
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from catalog.models import Shop
from recommender.admin.form_problems import form_problems
from recommender.admin.knobs_form import KnobsForm, weight_rows
from recommender.admin.publishing import PublishingAdmin, shop_chosen
from recommender.admin.ruleset_changes import live_content
from recommender.admin.what_if import trial_asked
from recommender.data.knob_ranges import CHOICES, DIALS, RANGES
from recommender.data.types import DataError
from recommender.models import Knobs


@dataclass(frozen=True)
class DialWords:
    """What turning a knob does."""

    less: Any
    more: Any
    explanation: Any
    step: str = "0.01"


@dataclass(frozen=True)
class Dial:
    """A knob as the page draws it."""

    field: BoundField
    words: DialWords
    low: float
    high: float  # where the slider ends
    most: float  # what the field takes
    live: Any  # what serves now, None unknown
    is_choice: bool = False


GROUPS: dict[Any, dict[str, DialWords]] = {
    gettext_lazy("How much it dares"): {
        "exploration": DialWords(
            gettext_lazy("only what it believes in"),
            gettext_lazy("half of all cards by lot"),
            gettext_lazy("So many cards are drawn evenly from all allowed items, so that it keeps learning."),
        ),
        "temperature": DialWords(
            gettext_lazy("always the best"),
            gettext_lazy("anything goes"),
            gettext_lazy("How loosely the best items are drawn. Low pages are strict, high ones surprise."),
        ),
    },
    gettext_lazy("What it mixes"): {
        "diversity": DialWords(
            gettext_lazy("alike is fine"),
            gettext_lazy("as unlike as can be"),
            gettext_lazy("How much a card gains by being unlike those already on the page."),
        ),
        "calibration": DialWords(
            gettext_lazy("follow the score"),
            gettext_lazy("keep the shopper's mix"),
            gettext_lazy("Pull towards the departments in the shares in which the shopper likes them."),
        ),
        "diversity_by": DialWords(
            "",
            "",
            gettext_lazy(
                "By the whole row each card adds something new; by its most similar card no two are nearly alike."
            ),
        ),
        "serendipity": DialWords(
            gettext_lazy("what they know"),
            gettext_lazy("pleasant surprises"),
            gettext_lazy("Bonus of items that fit the shopper and are unlike everything they have looked at."),
        ),
        "freshness": DialWords(
            gettext_lazy("age does not matter"),
            gettext_lazy("new things first"),
            gettext_lazy("Bonus of new items; it halves every 14 days."),
        ),
        "popularity": DialWords(
            gettext_lazy("the long tail"),
            gettext_lazy("best sellers"),
            gettext_lazy("Extra weight of what everybody buys. Below zero it favours what few know."),
        ),
        "section_appeal": DialWords(
            gettext_lazy("the order of the layout"),
            gettext_lazy("what is clicked goes up"),
            gettext_lazy("How much the order of rows follows how often their cards are clicked when they are seen."),
        ),
        "brand_cap": DialWords(
            gettext_lazy("no limit at 0"),
            gettext_lazy("many of one brand"),
            gettext_lazy("No row shows more items of one brand."),
            "1",
        ),
        "category_cap": DialWords(
            gettext_lazy("no limit at 0"),
            gettext_lazy("many of one category"),
            gettext_lazy("No row shows more items of one category."),
            "1",
        ),
        "replenish": DialWords(
            gettext_lazy("never at 0"),
            gettext_lazy("late"),
            gettext_lazy(
                "When what was bought and is used up may be shown again, as a share of the usual interval between"
                " purchases. What nobody buys twice never returns."
            ),
        ),
        "fatigue": DialWords(
            gettext_lazy("may come back at once"),
            gettext_lazy("tires quickly"),
            gettext_lazy("What an item loses each time the cards it was seen on in vain double."),
        ),
    },
    gettext_lazy("Who gets room"): {
        "provider_floor": DialWords(
            gettext_lazy("as it comes"),
            gettext_lazy("every other card"),
            gettext_lazy("At least this share of each row goes to providers that sell less than an equal share."),
        ),
        "ad_every": DialWords(
            gettext_lazy("no places of their own at 0"),
            gettext_lazy("rarely"),
            gettext_lazy(
                "Every so many-th card of a row is for sponsored items; elsewhere they stand only where nothing else is"
                " left."
            ),
            "1",
        ),
        "ad_cap": DialWords(
            gettext_lazy("no limit at 0"),
            gettext_lazy("many"),
            gettext_lazy("No page shows more sponsored items. Each bears the label “Sponsored”, wherever it stands."),
            "1",
        ),
    },
    gettext_lazy("How far it looks ahead"): {
        "policy_weight": DialWords(
            gettext_lazy("the next click only"),
            gettext_lazy("the long run"),
            gettext_lazy("Say of the policy's long-term value. A bundle's judge may hold it lower: see its page."),
        ),
    },
}
_CAP_SLIDER = 24.0
"""Where the slider of a count ends; the field beside it takes more."""


@admin.register(Knobs)
class KnobsAdmin(PublishingAdmin):
    """The dials of a shop."""

    form = KnobsForm
    change_form_template = "operator/knobs_form.html"
    list_display = ("shop", "exploration", "temperature", "diversity", "policy_weight", "freshness", "updated_at")
    list_select_related = ("shop",)
    list_display_links = ("shop", "exploration")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Straight to the dials where there is one shop."""
        shops = list(Shop.objects.all()[:2])
        if len(shops) != 1 or request.method != "GET":
            return super().changelist_view(request, extra_context)
        if Knobs.objects.filter(shop=shops[0]).exists():
            return HttpResponseRedirect(reverse("admin:recommender_knobs_change", args=[shops[0].pk]))
        if not self.has_add_permission(request):
            return super().changelist_view(request, extra_context)
        return HttpResponseRedirect(reverse("admin:recommender_knobs_add"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The chosen shop."""
        return {"shop": shop_chosen(request).pk, **super().get_changeform_initial_data(request)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """For a shop that has none yet: each has its knobs once."""
        return super().has_add_permission(request) and Shop.objects.filter(knobs=None).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Knobs | None = None) -> bool:
        """A shop has its knobs; they are turned, not removed."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The dials tried before they are saved."""
        view = self.admin_site.admin_view(self.try_view)
        return [path("<int:shop_id>/try/", view, name="recommender_knobs_try"), *super().get_urls()]

    def try_view(self, request: HttpRequest, shop_id: int) -> HttpResponse:
        """What the dials, as they stand in the form now, would have moved beside what serves; nothing is saved."""
        shop = get_object_or_404(Shop, pk=shop_id)

        def content() -> dict[str, Any]:
            knobs = Knobs.objects.filter(shop=shop).first() or Knobs(shop=shop)
            made = self.get_form(request, knobs, change=True)(request.POST, instance=knobs)
            if not made.is_valid():
                raise DataError(" ".join(form_problems(made)))
            live = live_content(shop)
            return live | {"knobs": live["knobs"] | {name: getattr(knobs, name) for name in DIALS}}

        return trial_asked(request, shop, content)

    def get_readonly_fields(self, request: HttpRequest, obj: Knobs | None = None) -> tuple[str, ...]:
        """Knobs stay with their shop."""
        return ("shop",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Knobs | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Numbers with the step of their slider."""
        form = super().get_form(request, obj, change, **kwargs)
        for dials in GROUPS.values():
            for name, words in dials.items():
                if name in form.base_fields and name not in CHOICES:
                    attrs = {"step": words.step, "min": RANGES[name].low, "max": RANGES[name].high}
                    form.base_fields[name].widget = UnfoldAdminDecimalFieldWidget(attrs=attrs)
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lay the form out as dials."""
        form, knobs = context["adminform"].form, context.get("original")
        shop = knobs.shop if knobs else shop_chosen(request)
        live = live_content(shop)["knobs"]
        context["groups"] = [
            (title, [_dial(form[name], words, live.get(name)) for name, words in dials.items() if name in form.fields])
            for title, dials in GROUPS.items()
        ]
        context["trial"] = reverse("admin:recommender_knobs_try", args=[shop.pk])
        context["weights"] = list(weight_rows(form, shop, locked=not self.has_change_permission(request, knobs)))
        return super().render_change_form(request, context, *args, **kwargs)


def knob_field(name: str) -> Field:
    """The model's field of a knob, with its range."""
    return cast(Field, Knobs._meta.get_field(name))


def _dial(field: BoundField, words: DialWords, live: Any) -> Dial:
    if field.name in CHOICES:
        names = dict(knob_field(field.name).flatchoices)
        return Dial(field, words, 0.0, 0.0, 0.0, names.get(live), is_choice=True)
    limits = RANGES[field.name]
    end = min(limits.high, _CAP_SLIDER) if limits.whole else limits.high
    return Dial(field, words, limits.low, end, limits.high, live)
