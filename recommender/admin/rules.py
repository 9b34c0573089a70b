"""Admin of rules, with a preview while one types."""

from dataclasses import asdict, replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from catalog.models import Shop
from recommender.admin.form_problems import form_problems
from recommender.admin.publishing import PublishingAdmin, shop_chosen, staff_of
from recommender.admin.rule_form import RuleForm
from recommender.admin.rule_names import about_words, rule_title
from recommender.admin.rule_words import (
    RuleLine,
    matched,
    reach_words,
    rule_lines,
    warnings_of,
    where_words,
    window_words,
    windows,
)
from recommender.admin.ruleset_changes import live_content
from recommender.admin.what_if import trial_asked
from recommender.data.types import DataError
from recommender.models import Live, Rule
from recommender.store.rulesets import rule_compile
from recommender.store.segments import segments_with
from recommender.store.switches import Switches

UNSAVED = -1
"""Id of a rule that is tried before it has one."""
_TONES = {
    "pin": "info", "boost": "success", "bury": "warning", "include": "info", "exclude": "danger", "quota": "info",
    "cap": "warning",
}  # fmt: skip


@admin.register(Rule)
class RuleAdmin(PublishingAdmin):
    """Rules as drafts."""

    form = RuleForm
    empty_words = gettext_lazy("No rule yet: pages follow the models alone. A rule pins, promotes or holds back items.")
    change_form_template = "operator/rule_form.html"
    list_display = ("title", "doing", "about", "reach", "window", "place", "priority", "enabled", "serving")
    list_editable = ("enabled",)
    list_filter = ("shop", "action", "enabled")
    list_select_related = ("shop__live__ruleset",)
    list_per_page = 25
    search_fields = ("name",)

    def get_form(self, request: HttpRequest, obj: Rule | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of one shop's rules."""
        made = super().get_form(request, obj, change, **kwargs)
        return type("RuleForm", (made,), {"shop": obj.shop if obj else shop_chosen(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        """All fields; the template lays them out."""
        return [(None, {"fields": ("brands", "categories", "tags", "items", *RuleForm.Meta.fields)})]

    def get_urls(self) -> list[URLPattern]:
        """The preview that is fetched while one types, and the rule tried before it is saved."""
        wrap = self.admin_site.admin_view
        own = [
            path("preview/", wrap(self.preview_view), name="recommender_rule_preview"),
            path("try/", wrap(self.try_view), name="recommender_rule_try"),
        ]
        return own + super().get_urls()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A rule's form; its times are the shop's."""
        rule = self.get_object(request, object_id) if object_id else None
        shop: Shop = rule.shop if rule else shop_chosen(request)
        with timezone.override(shop.time_zone):
            more = {
                "rule_shop": shop,
                "shops": Shop.objects.order_by("pk") if rule is None else (),
                "windows": windows(shop, timezone.now()),
                "lines": rule_lines(rule) if rule else (),
                "trial": _trial_address(shop, rule),
            }
            response = super().changeform_view(request, object_id, form_url, {**more, **(extra_context or {})})
            return response.render() if hasattr(response, "render") else response

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the rule would do as it is typed now; nothing is saved."""
        number = request.GET.get("rule", "")
        rule = Rule.objects.filter(pk=int(number)).first() if number.isdecimal() else None
        shop = rule.shop if rule else shop_chosen(request)
        with timezone.override(shop.time_zone):
            form = type("RuleForm", (RuleForm,), {"shop": shop})(request.GET, instance=rule)
            draft = form.draft()
            lines = rule_lines(draft) if draft else []
            if draft:
                lines += [RuleLine(_("but"), words, "bad") for words in form_problems(form, typed_only=True)]
            return render(request, "operator/rule_preview.html", {"lines": lines})

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What this rule, as it is typed now, would have moved beside what serves; nothing is saved."""
        number = request.GET.get("rule", "")
        rule = Rule.objects.filter(pk=int(number)).first() if number.isdecimal() else None
        shop = rule.shop if rule else shop_chosen(request)

        def content() -> dict[str, Any]:
            with timezone.override(shop.time_zone):
                form = type("RuleForm", (RuleForm,), {"shop": shop})(request.POST, instance=rule)
                draft = form.draft()
            if draft is None:
                raise DataError(_("Choose first what the rule does and to what."))
            if form.errors:
                raise DataError(" ".join(form_problems(form)))
            live, name = live_content(shop), draft.name
            draft.name = draft.name or _("this rule")
            tried = asdict(replace(rule_compile(draft), id=draft.pk or UNSAVED, name=name))
            rules = [*(one for one in live["rules"] if one["id"] != tried["id"]), tried]
            return segments_with(shop, live, tried["segment"]) | {"rules": rules}

        return trial_asked(request, shop, content)

    def save_model(self, request: HttpRequest, obj: Rule, form: forms.ModelForm, change: bool) -> None:
        """Remember who made the rule, and warn of contradictions."""
        if not change:
            obj.created_by = staff_of(request)
        super().save_model(request, obj, form, change)
        for words in warnings_of(obj) if obj.enabled else ():
            messages.warning(request, words)

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def title(self, rule: Rule) -> str:
        """Its name, or what it does where staff gave it none."""
        return rule_title(rule)

    @display(description=gettext_lazy("action"), label=_TONES, ordering="action")
    def doing(self, rule: Rule) -> tuple[str, str]:
        """The action as a coloured word."""
        return rule.action, rule.get_action_display()

    @admin.display(description=gettext_lazy("what"))
    def about(self, rule: Rule) -> str:
        """What it is about, by name."""
        return about_words(rule)

    @admin.display(description=gettext_lazy("reach"))
    def reach(self, rule: Rule) -> str:
        """How many items it matches now."""
        return reach_words(matched(rule))

    @admin.display(description=gettext_lazy("when"), ordering="starts_at")
    def window(self, rule: Rule) -> str:
        """From when to when, in the shop's time."""
        with timezone.override(rule.shop.time_zone):
            return window_words(rule)

    @admin.display(description=gettext_lazy("where and for whom"))
    def place(self, rule: Rule) -> str:
        """Pages, rows and segment."""
        return f"{where_words(rule)} · {rule.segment or _('everybody')}"

    @admin.display(description=gettext_lazy("serving"), boolean=True)
    def serving(self, rule: Rule) -> bool:
        """Whether the published ruleset holds it, and rules are on."""
        live: Live | None = getattr(rule.shop, "live", None)
        content = live.ruleset.content if live and live.ruleset else {"rules": []}
        if Switches.of(content).rules_off:
            return False
        return rule.pk in {entry["id"] for entry in content["rules"]}


def _trial_address(shop: Shop, rule: Rule | None) -> str:
    """Where the rule is tried before it is saved."""
    address = f"{reverse('admin:recommender_rule_try')}?shop={shop.code}"
    return f"{address}&rule={rule.pk}" if rule else address
