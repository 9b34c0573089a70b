"""The form of a rule: what it is about is chosen by name, times are the shop's own."""

import math
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.models import Brand, Category, Item, Shop, Tag
from recommender.admin.choices import sections, segments, surfaces
from recommender.models import Rule

FIELD_OF = {
    Rule.Target.ITEM: "items",
    Rule.Target.BRAND: "brands",
    Rule.Target.CATEGORY: "categories",
    Rule.Target.TAG: "tags",
}
ACTIONS_OF = {
    "factor": (Rule.Action.BOOST, Rule.Action.BURY),
    "slot": (Rule.Action.PIN,),
    "least": (Rule.Action.QUOTA,),
    "most": (Rule.Action.QUOTA, Rule.Action.CAP),
    "per_row": (Rule.Action.QUOTA, Rule.Action.CAP),
}
"""Which actions a field is for; the page hides it for the others."""
_TIME = "%Y-%m-%dT%H:%M"
_UNKNOWN_SHOWN = 10


class Moment(UnfoldAdminTextInputWidget):
    """A date and time in one field of the browser's own."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str:
        """As the browser wants it."""
        return value.strftime(_TIME) if hasattr(value, "strftime") else str(value or "")


class NamedChoice(forms.ModelMultipleChoiceField):
    """Rows of one shop, chosen by name."""

    def __init__(self, model: Any, label: Any) -> None:
        """Choices are set once the shop is known."""
        super().__init__(model.objects.none(), required=False, label=label, widget=UnfoldAdminSelect2MultipleWidget())


class RuleForm(forms.ModelForm):
    """A rule of ``shop`` (set by the admin on a subclass)."""

    shop: Shop

    brands = NamedChoice(Brand, gettext_lazy("brands"))
    categories = NamedChoice(Category, gettext_lazy("departments and categories"))
    tags = NamedChoice(Tag, gettext_lazy("tags"))
    starts_at = forms.DateTimeField(required=False, label=gettext_lazy("from"), widget=Moment)
    ends_at = forms.DateTimeField(required=False, label=gettext_lazy("until"), widget=Moment)
    items = forms.CharField(
        required=False,
        label=gettext_lazy("items"),
        help_text=gettext_lazy("Their numbers in the shop, one per line or apart by commas."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = Rule
        fields = (
            "name", "action", "factor", "slot", "least", "most", "per_row", "target", "starts_at", "ends_at", "surface",
            "section", "segment", "priority", "enabled",
        )  # fmt: skip
        help_texts = {"factor": gettext_lazy("The score is multiplied by it; to bury, divided by it.")}
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "factor": UnfoldAdminDecimalFieldWidget(attrs={"step": "0.1", "min": "0"}),
            "slot": UnfoldAdminIntegerFieldWidget(attrs={"min": "1"}),
            "least": UnfoldAdminIntegerFieldWidget(attrs={"min": "1"}),
            "most": UnfoldAdminIntegerFieldWidget(attrs={"min": "1"}),
            "priority": UnfoldAdminIntegerFieldWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what the shop has, and show what the rule is about by name."""
        super().__init__(*args, **kwargs)
        rule: Rule = self.instance
        rule.shop = self.shop
        self.fields["name"].required = False
        for name, model in (("brands", Brand), ("categories", Category), ("tags", Tag)):
            field = cast(NamedChoice, self.fields[name])
            field.queryset = model._default_manager.filter(shop=self.shop).order_by("name")
        self._choices()
        if rule.pk:
            self.initial[FIELD_OF[Rule.Target(rule.target)]] = self._chosen(rule)

    def _choices(self) -> None:
        offered = {
            "surface": surfaces(_("every page")),
            "section": sections(_("every row")),
            "segment": segments(self.shop),
        }
        for name, choices in offered.items():
            label = self.fields[name].label
            widget = UnfoldAdminSelectWidget()
            self.fields[name] = forms.ChoiceField(choices=choices, required=False, label=label, widget=widget)
        for name, values, first in (("action", Rule.Action, "boost"), ("target", Rule.Target, "brand")):
            self.fields[name] = forms.ChoiceField(choices=values.choices, initial=first, widget=forms.RadioSelect())

    @staticmethod
    def _chosen(rule: Rule) -> Any:
        if rule.target != Rule.Target.ITEM:
            return rule.target_ids
        return "\n".join(Item.objects.filter(pk__in=rule.target_ids).values_list("external_id", flat=True))

    def full_clean(self) -> None:
        """Pass over fields that the action has no use for: they are hidden, where an error would not be seen."""
        action = self.data.get("action", "")
        hidden = [self.fields[name] for name, actions in ACTIONS_OF.items() if action not in actions]
        for field in hidden:
            field.disabled = True
        super().full_clean()
        for field in hidden:
            field.disabled = False

    def clean(self) -> dict[str, Any]:
        """Collect the targets and check that action, slot and window go together."""
        data = super().clean() or {}
        self.instance.target_ids = self._targets(data)
        field = FIELD_OF.get(data.get("target", ""), "items")
        counts_each = data.get("action") == Rule.Action.CAP and field in ("brands", "categories")
        if not self.instance.target_ids and field not in self.errors and not counts_each:
            self.add_error(field, _("Choose what the rule is about."))
        if data.get("action") == Rule.Action.PIN:
            self._pin_check(data)
        if data.get("action") in (Rule.Action.QUOTA, Rule.Action.CAP):
            self._count_check(data)
        if data.get("starts_at") and data.get("ends_at") and data["starts_at"] >= data["ends_at"]:
            self.add_error("ends_at", _("The rule would end before it starts."))
        return data

    def _pin_check(self, data: dict[str, Any]) -> None:
        if not data.get("slot"):
            self.add_error("slot", _("A pin needs a slot: 1 is the first."))
        if data.get("target") != Rule.Target.ITEM:
            self.add_error("target", _("A pin needs single items: choose “items”."))

    def _count_check(self, data: dict[str, Any]) -> None:
        least, most = data.get("least"), data.get("most")
        if data["action"] == Rule.Action.CAP:
            if not most:
                self.add_error("most", _("Say how many cards of each there may be."))
            if data.get("target") == Rule.Target.ITEM:
                self.add_error("target", _("“At most of each” counts brands, categories or tags: choose one of these."))
        elif not least and not most:
            self.add_error("least", _("Say how many cards at least, how many at most, or both."))
        elif least and most and least > most:
            self.add_error("most", _("The rule would ask for more cards than it allows."))

    def _targets(self, data: dict[str, Any]) -> list[int]:
        target = data.get("target")
        if target and target != Rule.Target.ITEM:
            return [row.pk for row in data.get(FIELD_OF[target]) or []]
        words = str(data.get("items", "")).replace(",", "\n").splitlines()
        wanted = list(dict.fromkeys(word.strip() for word in words if word.strip()))
        found = dict(Item.objects.filter(shop=self.shop, external_id__in=wanted).values_list("external_id", "id"))
        unknown = [word for word in wanted if word not in found]
        if unknown:
            named = ", ".join(unknown[:_UNKNOWN_SHOWN])
            self.add_error("items", _("The shop has no item %(ids)s.") % {"ids": named})
        return [found[word] for word in wanted if word in found]

    def draft(self) -> Rule | None:
        """The rule as far as it is typed, for a preview; None before it says what it does to what.

        What cannot be read is absent: a strength is NaN then.
        """
        self.is_valid()
        data = self.cleaned_data
        if not data.get("action") or not data.get("target"):
            return None
        for name in ("starts_at", "ends_at", "segment", "surface", "section", "slot", "least", "most", "per_row"):
            setattr(self.instance, name, data.get(name, self._meta.model._meta.get_field(name).get_default()))
        self.instance.factor = data.get("factor", math.nan)
        self.instance.action, self.instance.target = data["action"], data["target"]
        return self.instance
