"""Admin of what staff decide: knobs, rules, layout and experiments as drafts, published together as a ruleset."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from catalog.models import Brand, Category, Item, Tag
from recommender.admin.confirmation import confirmed
from recommender.admin.learning import shop_chosen, staff_of
from recommender.admin.ruleset_changes import changes_of, live_content
from recommender.data.types import DataError
from recommender.models import Experiment, HomepageLayout, Knobs, Live, Rule, Ruleset
from recommender.store.rulesets import ruleset_publish, ruleset_restore
from users.admin import FactAdmin


class PublishingAdmin(ModelAdmin):
    """A draft: nothing that is saved here changes a page before it is published."""

    actions_list = ("publish",)

    @action(description=gettext_lazy("Publish"), url_path="publish", icon="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """Show what would change, then let the drafts serve from the next request on."""
        shop = shop_chosen(request)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            changes = changes_of(shop)
        except DataError as error:
            changes = [(_("cannot be published"), str(error))]
        return confirmed(
            request,
            title=_("Publish the drafts of %(shop)s") % {"shop": shop},
            consequence=_("The next request honours them. You can go back to any earlier ruleset.")
            if changes
            else _("Nothing differs from what serves now."),
            button=_("Publish"),
            back=back,
            do=lambda: (
                _("Published as ruleset %(ruleset)s.")
                % {"ruleset": ruleset_publish(shop=shop, published_by=staff_of(request))}
            ),
            details=changes,
        )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may add rulesets may publish."""
        return request.user.has_perm("recommender.add_ruleset")


@admin.register(Knobs)
class KnobsAdmin(PublishingAdmin):
    """The dials of a shop."""

    list_display = ("shop", "exploration", "temperature", "diversity", "policy_weight", "freshness", "updated_at")
    list_select_related = ("shop",)
    autocomplete_fields = ("shop",)
    readonly_fields = ("live_now",)
    fieldsets = (
        (None, {"fields": ("shop", "live_now")}),
        (gettext_lazy("How it dares"), {"fields": (("exploration", "temperature"),)}),
        (
            gettext_lazy("What it mixes"),
            {"fields": (("diversity", "calibration"), ("freshness", "popularity"), "brand_cap")},
        ),
        (gettext_lazy("How far it looks ahead"), {"fields": ("policy_weight",)}),
    )

    @admin.display(description=gettext_lazy("serving now"))
    def live_now(self, knobs: Knobs) -> str:
        """The published values."""
        content = live_content(knobs.shop)["knobs"] if knobs.shop_id else {}
        return ", ".join(f"{name} {value}" for name, value in content.items()) or "–"


class RuleForm(forms.ModelForm):
    """A rule in the shop's words: what it is about is chosen by name, not by number."""

    brands = forms.ModelMultipleChoiceField(
        Brand.objects.order_by("name"),
        required=False,
        label=gettext_lazy("brands"),
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    categories = forms.ModelMultipleChoiceField(
        Category.objects.order_by("name"),
        required=False,
        label=gettext_lazy("categories"),
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.order_by("name"),
        required=False,
        label=gettext_lazy("tags"),
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    items = forms.CharField(
        required=False,
        label=gettext_lazy("items"),
        help_text=gettext_lazy("External ids, one per line or apart by commas."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = Rule
        fields = (
            "shop",
            "name",
            "action",
            "target",
            "factor",
            "slot",
            "section",
            "surface",
            "segment",
            "starts_at",
            "ends_at",
            "priority",
            "enabled",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show what the rule is about by name."""
        super().__init__(*args, **kwargs)
        rule: Rule = self.instance
        if not rule.pk:
            return
        named = {Rule.Target.BRAND: "brands", Rule.Target.CATEGORY: "categories", Rule.Target.TAG: "tags"}
        if rule.target in named:
            self.initial[named[Rule.Target(rule.target)]] = rule.target_ids
        else:
            ids = Item.objects.filter(pk__in=rule.target_ids).values_list("external_id", flat=True)
            self.initial["items"] = "\n".join(ids)

    def clean(self) -> dict[str, Any]:
        """Collect the targets and check that action, slot and window go together."""
        data = super().clean() or {}
        targets = self._targets(data)
        if not targets and "items" not in self.errors:
            self.add_error(
                None,
                _("Choose what the rule is about: at least one entry for “%(target)s”.")
                % {"target": data.get("target")},
            )
        if data.get("action") == Rule.Action.PIN and not data.get("slot"):
            self.add_error("slot", _("A pin needs a slot: 1 is the first."))
        if data.get("starts_at") and data.get("ends_at") and data["starts_at"] >= data["ends_at"]:
            self.add_error("ends_at", _("The rule would end before it starts."))
        self.instance.target_ids = targets
        return data

    def _targets(self, data: dict[str, Any]) -> list[int]:
        chosen = {Rule.Target.BRAND: "brands", Rule.Target.CATEGORY: "categories", Rule.Target.TAG: "tags"}
        target = data.get("target")
        if target in chosen:
            return [row.pk for row in data.get(chosen[target]) or []]
        wanted = [word.strip() for word in str(data.get("items", "")).replace(",", "\n").splitlines() if word.strip()]
        found = dict(
            Item.objects.filter(shop=data.get("shop"), external_id__in=wanted).values_list("external_id", "id")
        )
        unknown = [word for word in wanted if word not in found]
        if unknown:
            self.add_error("items", _("The shop has no item %(ids)s.") % {"ids": ", ".join(unknown[:10])})
        return [found[word] for word in wanted if word in found]


@admin.register(Rule)
class RuleAdmin(PublishingAdmin):
    """Pin, boost, bury, exclude."""

    form = RuleForm
    list_display = ("name", "doing", "about", "reach", "window", "segment", "priority", "enabled", "serving")
    list_editable = ("enabled",)
    list_filter = ("shop", "action", "enabled")
    list_select_related = ("shop",)
    search_fields = ("name",)
    autocomplete_fields = ("shop",)
    readonly_fields = ("reach", "contradictions")
    fieldsets = (
        (None, {"fields": ("shop", "name", ("action", "factor", "slot"), "enabled")}),
        (gettext_lazy("What it is about"), {"fields": ("target", "brands", "categories", "tags", "items", "reach")}),
        (
            gettext_lazy("When, where and for whom"),
            {"fields": (("starts_at", "ends_at"), ("surface", "section"), "segment", "priority", "contradictions")},
        ),
    )

    def save_model(self, request: HttpRequest, obj: Rule, form: forms.ModelForm, change: bool) -> None:
        """Remember who made the rule."""
        if not change:
            obj.created_by = staff_of(request)
        super().save_model(request, obj, form, change)

    @display(
        description=gettext_lazy("action"),
        label={"pin": "info", "boost": "success", "bury": "warning", "exclude": "danger"},
    )
    def doing(self, rule: Rule) -> tuple[str, str]:
        """The action as a coloured word."""
        return rule.action, rule.get_action_display()

    @admin.display(description=gettext_lazy("what"))
    def about(self, rule: Rule) -> str:
        """Kind and number of what it is about."""
        return f"{rule.get_target_display()}: {len(rule.target_ids)}"

    @admin.display(description=gettext_lazy("reach"))
    def reach(self, rule: Rule) -> str:
        """How many items it matches now."""
        return _("%(count)d items") % {"count": matched(rule).count()} if rule.pk else "–"

    @admin.display(description=gettext_lazy("window"))
    def window(self, rule: Rule) -> str:
        """From when to when."""
        if not rule.starts_at and not rule.ends_at:
            return _("always")
        ends = [f"{at:%Y-%m-%d %H:%M}" if at else "…" for at in (rule.starts_at, rule.ends_at)]
        return " – ".join(ends)

    @admin.display(description=gettext_lazy("serving"), boolean=True)
    def serving(self, rule: Rule) -> bool:
        """Whether the published ruleset holds it."""
        return rule.pk in {entry["id"] for entry in live_content(rule.shop)["rules"]}

    @admin.display(description=gettext_lazy("contradicts"))
    def contradictions(self, rule: Rule) -> str:
        """Other enabled rules that pull the same items the other way."""
        if not rule.pk:
            return "–"
        names = [other.name for other in contradicting(rule)]
        return "; ".join(names) or _("nothing")


_OPPOSITES = {
    Rule.Action.PIN: (Rule.Action.BURY, Rule.Action.EXCLUDE),
    Rule.Action.BOOST: (Rule.Action.BURY, Rule.Action.EXCLUDE),
    Rule.Action.BURY: (Rule.Action.PIN, Rule.Action.BOOST),
    Rule.Action.EXCLUDE: (Rule.Action.PIN, Rule.Action.BOOST),
}


def matched(rule: Rule) -> Any:
    """Items a rule is about."""
    items = Item.objects.of(rule.shop)
    lookup = {
        Rule.Target.ITEM: "pk__in",
        Rule.Target.BRAND: "brand_id__in",
        Rule.Target.TAG: "tags__in",
    }
    if rule.target == Rule.Target.CATEGORY:
        return (
            items.filter(category_id__in=rule.target_ids) | items.filter(department_id__in=rule.target_ids)
        ).distinct()
    return items.filter(**{lookup[Rule.Target(rule.target)]: rule.target_ids}).distinct()


def contradicting(rule: Rule) -> list[Rule]:
    """Enabled rules of the same shop that would do the opposite to some of the same items."""
    others = (
        Rule.objects.of(rule.shop)
        .filter(enabled=True, action__in=_OPPOSITES[Rule.Action(rule.action)])
        .exclude(pk=rule.pk)
    )
    mine = set(matched(rule).values_list("pk", flat=True))
    return [other for other in others if mine & set(matched(other).values_list("pk", flat=True))]


@admin.register(HomepageLayout)
class HomepageLayoutAdmin(PublishingAdmin):
    """Which sections a page may have."""

    list_display = ("section", "surface", "position", "n", "minimum", "enabled", "shop")
    list_editable = ("position", "n", "minimum", "enabled")
    list_filter = ("shop", "surface")
    list_select_related = ("shop",)
    search_fields = ("section",)
    autocomplete_fields = ("shop",)


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    """Arms that differ in their knobs."""

    list_display = ("name", "shop", "enabled", "starts_at", "ends_at")
    list_filter = ("shop", "enabled")
    list_select_related = ("shop",)
    search_fields = ("name",)
    autocomplete_fields = ("shop",)


@admin.register(Ruleset)
class RulesetAdmin(FactAdmin):
    """What was published, and the way back."""

    list_display = ("hash_short", "shop", "serving", "published_at", "published_by", "note")
    list_filter = ("shop",)
    list_select_related = ("shop", "published_by")
    search_fields = ("hash", "note")
    actions_detail = ("make_live_again",)

    @admin.display(description=gettext_lazy("ruleset"))
    def hash_short(self, ruleset: Ruleset) -> str:
        """The first twelve digits of the hash."""
        return str(ruleset)

    @admin.display(description=gettext_lazy("serving"), boolean=True)
    def serving(self, ruleset: Ruleset) -> bool:
        """Whether it is live."""
        return Live.objects.filter(shop=ruleset.shop_id, ruleset=ruleset).exists()

    @action(description=gettext_lazy("Make live again"), url_path="again", icon="history", permissions=["publish"])
    def make_live_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Go back to this ruleset."""
        ruleset = get_object_or_404(Ruleset, pk=object_id)
        return confirmed(
            request,
            title=_("Go back to ruleset %(ruleset)s") % {"ruleset": ruleset},
            consequence=_("It serves from the next request on. The drafts stay as they are."),
            button=_("Make live again"),
            back=reverse("admin:recommender_ruleset_changelist"),
            do=lambda: _("Ruleset %(ruleset)s is live again.") % {"ruleset": ruleset_restore(ruleset)},
        )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may add rulesets may publish."""
        return request.user.has_perm("recommender.add_ruleset")
