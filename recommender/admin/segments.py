"""Admin of segments: who belongs now, how much of what happens is theirs, what they want most."""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from catalog.models import Category, ItemText, Shop
from recommender.admin.publishing import PublishingAdmin, shop_chosen
from recommender.models import Segment
from users.kinds import Kind
from users.models import Interaction, Shopper
from users.segment_members import members_count, members_read
from users.segments import Conditions

CLICKS_OF = timedelta(days=30)
TOP, LISTED = 5, 12
_COUNTS = ("price_from", "price_to", "quiet_from", "quiet_to", "purchases_from", "purchases_to", "deeds_to")
_LABELS = {
    "price_from": gettext_lazy("usual price from (minor units)"),
    "price_to": gettext_lazy("usual price to (minor units)"),
    "quiet_from": gettext_lazy("days since the last visit, at least"),
    "quiet_to": gettext_lazy("days since the last visit, at most"),
    "purchases_from": gettext_lazy("things bought, at least"),
    "purchases_to": gettext_lazy("things bought, at most"),
    "deeds_to": gettext_lazy("deeds so far, at most"),
}


class SegmentForm(forms.ModelForm):
    """Conditions as fields; an empty one asks for nothing."""

    department = forms.TypedChoiceField(
        label=gettext_lazy("leans towards"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )
    share = forms.IntegerField(
        label=gettext_lazy("with at least so many percent of what they like"),
        required=False,
        min_value=1,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    who = forms.ChoiceField(
        label=gettext_lazy("who"),
        required=False,
        choices=[
            ("", gettext_lazy("everybody")),
            ("guest", gettext_lazy("guests")),
            ("member", gettext_lazy("shoppers with a login")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.ChoiceField(label=gettext_lazy("language"), required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Segment
        fields = ("shop", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the departments; show what the segment asks for."""
        super().__init__(*args, **kwargs)
        shop = self.instance.shop if self.instance.shop_id else self.data.get("shop") or self.initial.get("shop")
        departments = Category.objects.filter(shop=shop, parent=None).order_by("position", "name")
        language = get_language() or "en"
        named = [(one.pk, one.names.get(language) or one.name) for one in departments]
        spoken = Shopper.objects.filter(shop=shop).exclude(language="").order_by("language")
        languages = spoken.values_list("language", flat=True).distinct()
        offered = {
            "department": [("", _("any department")), *named],
            "language": [("", _("any language")), *((one, _language_name(one)) for one in languages)],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name in _COUNTS:
            self.fields[name] = forms.IntegerField(
                label=_LABELS[name], required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
            )
        if self.instance.pk:
            asked = self.instance.asked
            self.initial = {**self.initial, **asdict(asked), "share": round(100 * asked.share)}

    def clean(self) -> dict[str, Any]:
        """A segment asks for something, and no least is above its greatest."""
        data = super().clean() or {}
        for name in ("price", "quiet", "purchases"):
            least, most = data.get(f"{name}_from"), data.get(f"{name}_to")
            if least is not None and most is not None and least > most:
                self.add_error(f"{name}_to", _("Nobody can belong: the least is above the greatest."))
        share = (data.get("share") or 30) / 100
        words = {name: data.get(name) or "" for name in ("who", "language")}
        asked = {name: data.get(name) for name in _COUNTS} | words | {"department": data.get("department") or 0}
        self.instance.conditions = Conditions.from_json({**asked, "share": share}).to_json()
        if not self.instance.conditions and not self.errors:
            raise forms.ValidationError(_("Say what its members have in common: without a condition it is everybody."))
        return data


@admin.register(Segment)
class SegmentAdmin(PublishingAdmin):
    """Segments with their sizes."""

    form = SegmentForm
    list_display = ("name", "shop", "size", "clicks")
    list_filter = ("shop",)
    list_select_related = ("shop",)
    search_fields = ("name",)
    readonly_fields = ("size", "clicks", "top_items", "members")
    fieldsets = (
        (None, {"fields": ("shop", "name")}),
        (
            gettext_lazy("Who belongs"),
            {"fields": ("department", "share", "who", "language", *_COUNTS)},
        ),
        (gettext_lazy("Now"), {"fields": ("size", "clicks", "top_items", "members")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """What is counted comes once there is something to count."""
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_form(self, request: HttpRequest, obj: Segment | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Only fields of the model are looked up by name; the others are the form's own."""
        return super().get_form(request, obj, change, **{**kwargs, "fields": ("shop", "name")})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The chosen shop."""
        return {"shop": shop_chosen(request).pk, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        """Save, and say how many belong."""
        super().save_model(request, obj, form, change)
        self.message_user(request, self.size(obj))

    @admin.display(description=gettext_lazy("size"))
    def size(self, segment: Segment) -> str:
        """How many belong now."""
        n = members_count(segment.shop, segment.asked, timezone.now())
        return ngettext("%(n)s shopper now", "%(n)s shoppers now", n) % {"n": f"{n:,}"}

    @admin.display(description=gettext_lazy("share of clicks in 30 days"))
    def clicks(self, segment: Segment) -> str:
        """How much of what is clicked is theirs."""
        clicks = _clicks(segment.shop)
        whole = clicks.count()
        theirs = clicks.filter(shopper__in=members_read(segment.shop, segment.asked, timezone.now())).count()
        return f"{theirs / whole:.1%} ({theirs:,} / {whole:,})" if whole else "–"

    @admin.display(description=gettext_lazy("what they click most"))
    def top_items(self, segment: Segment) -> str:
        """The items that members opened most in thirty days."""
        members = members_read(segment.shop, segment.asked, timezone.now())
        opened = _clicks(segment.shop).filter(shopper__in=members, item__isnull=False)
        top = Counter(opened.values_list("item", flat=True)).most_common(TOP)
        texts = ItemText.objects.filter(item__in=[item for item, _n in top]).values_list("item", "language", "title")
        titles = {item: title for item, _l, title in sorted(texts, key=lambda row: row[1] == get_language())}
        return " · ".join(f"{titles.get(item, item)} ({n})" for item, n in top) or "–"

    @admin.display(description=gettext_lazy("members"))
    def members(self, segment: Segment) -> SafeString | str:
        """The latest to do something, each with the way to their page."""
        ids = members_read(segment.shop, segment.asked, timezone.now(), LISTED)
        found = Shopper.objects.in_bulk(ids)
        links = ((reverse("admin:inspector"), one, str(found[one])) for one in ids)
        return format_html_join(" · ", '<a class="op-link" href="{}?shopper={}">{}</a>', links) or format_html("–")


def _language_name(code: str) -> str:
    """A language in itself; its code where nobody knows it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def _clicks(shop: Shop) -> Any:
    since = timezone.now() - CLICKS_OF
    return Interaction.objects.of(shop).filter(kind__in=(Kind.VIEW, Kind.CLICK), occurred_at__gte=since)
