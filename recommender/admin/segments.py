"""Admin of segments: who belongs now, how much of what happens is theirs, what they want most."""

from dataclasses import asdict
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

from catalog.models import Category, Shop
from recommender.admin.money_field import MoneyField
from recommender.admin.publishing import PublishingAdmin, shop_chosen
from recommender.admin.segment_figures import Deeds, deeds_read, portrait_words, top_items_read
from recommender.models import Rule, Segment
from recommender.store.segment_members import portrait_of, segment_members, segment_size
from users.models import Shopper
from users.segments import Conditions

LISTED = 12
_COUNTS = ("price_from", "price_to", "quiet_from", "quiet_to", "purchases_from", "purchases_to", "deeds_to")
_LABELS = {
    "price_from": gettext_lazy("usual price from (%(currency)s)"),
    "price_to": gettext_lazy("usual price to (%(currency)s)"),
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
        """Offer the departments; show what the segment asks for. A learned one has nothing but its name."""
        super().__init__(*args, **kwargs)
        if self.instance.learned:
            for name in ("department", "share", "who", "language"):
                del self.fields[name]
            return
        self._conditions_offer()

    def _shop(self) -> Shop | None:
        """Whose segment it is, as far as it is known."""
        if self.instance.shop_id:
            return self.instance.shop
        chosen = str(self.data.get("shop") or self.initial.get("shop") or "")
        return Shop.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() else None

    def _conditions_offer(self) -> None:
        shop = self._shop()
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
        currency = shop.currency if shop else ""
        for name in _COUNTS:
            self.fields[name] = (
                MoneyField(currency, label=_LABELS[name] % {"currency": currency}, required=False)
                if name.startswith("price")
                else forms.IntegerField(
                    label=_LABELS[name], required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
                )
            )
        if self.instance.pk:
            asked = self.instance.asked
            self.initial = {**self.initial, **asdict(asked), "share": round(100 * asked.share)}

    def clean(self) -> dict[str, Any]:
        """A segment asks for something, and no least is above its greatest."""
        data = super().clean() or {}
        if self.instance.learned:
            return data
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
    empty_words = gettext_lazy("No segment yet. A segment is a group of shoppers that rules can speak of.")
    list_display = ("name", "shop", "made", "size", "clicks", "click_through")
    list_filter = ("shop", ("learned", admin.EmptyFieldListFilter))
    list_select_related = ("shop",)
    search_fields = ("name",)
    readonly_fields = ("made", "size", "likes", "clicks", "click_through", "top_items", "members")
    fieldsets = (
        (None, {"fields": ("shop", "name")}),
        (
            gettext_lazy("Who belongs"),
            {"fields": ("department", "share", "who", "language", *_COUNTS)},
        ),
        (gettext_lazy("Now"), {"fields": ("size", "clicks", "click_through", "top_items", "members")}),
    )
    learned_fieldsets = (
        (None, {"fields": ("shop", "name", "made")}),
        (gettext_lazy("Now"), {"fields": ("size", "likes", "clicks", "click_through", "top_items", "members")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """What is counted comes once there is something to count; a learned segment has no conditions."""
        if obj is not None and obj.learned:
            return self.learned_fieldsets
        return self.fieldsets if obj else self.fieldsets[:2]

    def get_readonly_fields(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """A learned segment stays in its shop."""
        learned = obj is not None and bool(obj.learned)
        return (*self.readonly_fields, "shop") if learned else self.readonly_fields

    def get_form(self, request: HttpRequest, obj: Segment | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Only fields of the model are looked up by name; the others are the form's own."""
        own = ("name",) if obj is not None and obj.learned else ("shop", "name")
        return super().get_form(request, obj, change, **{**kwargs, "fields": own})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The chosen shop."""
        return {"shop": shop_chosen(request).pk, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: bool) -> None:
        """Save, and say how many belong; rules that name the segment follow where it gets another name."""
        before = form.initial.get("name")
        super().save_model(request, obj, form, change)
        if change and before != obj.name:
            Rule.objects.of(obj.shop).filter(segment=before).update(segment=obj.name)
        self.message_user(request, self.size(obj))

    @admin.display(description=gettext_lazy("made by"), ordering="learned")
    def made(self, segment: Segment) -> str:
        """Who said that there is such a segment."""
        return _("training") if segment.learned else _("staff")

    @admin.display(description=gettext_lazy("size"))
    def size(self, segment: Segment) -> str:
        """How many belong now."""
        if segment.learned and portrait_of(segment) is None:
            return _("nobody: the last training did not find it again, and rules for it act on nobody")
        n = segment_size(segment, timezone.now())
        return ngettext("%(n)s shopper now", "%(n)s shoppers now", n) % {"n": f"{n:,}"}

    @admin.display(description=gettext_lazy("what they like"))
    def likes(self, segment: Segment) -> SafeString | str:
        """What sets a learned segment apart."""
        portrait = portrait_of(segment)
        words = portrait_words(portrait, segment.shop.currency) if portrait else ()
        return format_html_join("", "<div>{}</div>", ((one,) for one in words)) or "–"

    @admin.display(description=gettext_lazy("share of clicks in 30 days"))
    def clicks(self, segment: Segment) -> str:
        """How much of what is clicked is theirs."""
        deeds = self._deeds(segment)
        return f"{deeds.theirs / deeds.looks:.1%} ({deeds.theirs:,} / {deeds.looks:,})" if deeds.looks else "–"

    @admin.display(description=gettext_lazy("click-through in 30 days"))
    def click_through(self, segment: Segment) -> str:
        """How many of the cards that they saw they opened."""
        deeds = self._deeds(segment)
        return f"{deeds.clicked / deeds.seen:.1%} ({deeds.clicked:,} / {deeds.seen:,})" if deeds.seen else "–"

    @admin.display(description=gettext_lazy("what they click most"))
    def top_items(self, segment: Segment) -> str:
        """The items that members opened most in thirty days."""
        now = timezone.now()
        top = top_items_read(segment.shop, segment_members(segment, now), now)
        return " · ".join(f"{title} ({n})" for title, n in top) or "–"

    @admin.display(description=gettext_lazy("members"))
    def members(self, segment: Segment) -> SafeString | str:
        """The latest to do something, each with the way to their page."""
        ids = segment_members(segment, timezone.now(), LISTED)
        found = Shopper.objects.in_bulk(ids)
        links = ((reverse("admin:inspector"), one, str(found[one])) for one in ids if one in found)
        return format_html_join(" · ", '<a class="op-link" href="{}?shopper={}">{}</a>', links) or format_html("–")

    @staticmethod
    def _deeds(segment: Segment) -> Deeds:
        """Counts that two columns show, read once per row."""
        if not hasattr(segment, "deeds_kept"):
            now = timezone.now()
            segment.deeds_kept = deeds_read(segment.shop, segment_members(segment, now), now)  # type: ignore[attr-defined]
        return segment.deeds_kept  # type: ignore[attr-defined]


def _language_name(code: str) -> str:
    """A language in itself; its code where nobody knows it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
