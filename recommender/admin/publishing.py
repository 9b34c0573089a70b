"""Drafts and what serves: nothing that staff save changes a page before it is published, and every way leads back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action

from catalog.models import Shop
from recommender.admin.confirmation import confirmed
from recommender.admin.rule_words import warning_words
from recommender.admin.ruleset_changes import changes_back, changes_of, changes_told
from recommender.admin.switches import switch_context, switch_view
from recommender.admin.what_if import progress_page, trial_asked, trial_page
from recommender.data.types import DataError
from recommender.models import Live, Rule, Ruleset
from recommender.store.rule_warnings import rule_warnings
from recommender.store.rulesets import AS_DELIVERED, rules_compile, ruleset_compile, ruleset_publish, ruleset_restore
from users.admin import FactAdmin
from users.models import User

PUBLISH = "_publish"
WARNINGS_TOLD = 20


def staff_of(request: HttpRequest) -> User | None:
    """The member of staff who asks."""
    return request.user if isinstance(request.user, User) else None


def shop_chosen(request: HttpRequest) -> Shop:
    """The shop named in the address, else the first."""
    code = request.GET.get("shop", "")
    shops = Shop.objects.order_by("pk")
    return get_object_or_404(shops, code=code) if code else get_object_or_404(shops[:1])


class PublishingAdmin(ModelAdmin):
    """A draft: what differs from what serves stands above it, with the way to publish it beside."""

    empty_words: Any = ""  # what such drafts are good for, told where there are none
    actions_list = ("publish",)
    list_before_template = "operator/drafts.html"
    change_form_outer_before_template = "operator/drafts.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, below what waits to be published."""
        return super().changelist_view(request, {**drafts(request), **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, below what waits to be published; its Publish button saves first."""
        more = {"publish_button": PUBLISH if self.has_publish_permission(request) else ""}
        return super().changeform_view(
            request, object_id, form_url, {**drafts(request), **more, **(extra_context or {})}
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Saved; on to publishing where that was asked for."""
        return self._to_publishing(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Saved; on to publishing where that was asked for."""
        return self._to_publishing(request, obj) or super().response_change(request, obj)

    def _to_publishing(self, request: HttpRequest, obj: Any) -> HttpResponse | None:
        if PUBLISH not in request.POST:
            return None
        return HttpResponseRedirect(f"{publish_address(self.opts.model_name or '')}?shop={obj.shop.code}")

    @action(description=gettext_lazy("Publish"), url_path="publish", icon="publish", permissions=["publish"])
    def publish(self, request: HttpRequest) -> HttpResponse:
        """Show what would change, then let the drafts serve from the next request on."""
        shop = shop_chosen(request)
        changes, problem = _changes(shop)
        if problem:
            messages.error(request, _("The drafts cannot be published yet. %(cause)s") % {"cause": problem})
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        return confirmed(
            request,
            title=_("Publish the drafts of %(shop)s") % {"shop": shop},
            consequence=_("The next request honours them. You can go back to any earlier ruleset.")
            if changes
            else _("Nothing differs from what serves now."),
            button=_("Publish") if changes else "",
            back=reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
            do=lambda: _published(shop, staff_of(request)),
            details=changes_told(changes),
            warnings=_warnings(shop) if changes else (),
            trial=f"{reverse('admin:ruleset_try')}?shop={shop.code}" if changes else "",
        )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may add rulesets may publish."""
        return request.user.has_perm("recommender.add_ruleset")


def publish_address(model_name: str) -> str:
    """Address of the page that publishes, reached from drafts of ``model_name``."""
    return reverse(f"admin:recommender_{model_name}_publish")


def drafts(request: HttpRequest) -> dict[str, Any]:
    """What waits to be published, for the strip above drafts."""
    shop = Shop.objects.filter(code=request.GET.get("shop", "")).first() or Shop.objects.order_by("pk").first()
    if shop is None:
        return {}
    changes, problem = _changes(shop)
    return {"draft_shop": shop, "draft_changes": changes, "draft_problem": problem, **switch_context(shop)}


def _changes(shop: Shop) -> tuple[list[tuple[str, str]], str]:
    try:
        return changes_of(shop), ""
    except DataError as error:
        return [], str(error)


def _warnings(shop: Shop) -> list[str]:
    """What staff should know about the rules that they are about to publish."""
    words = warning_words(rule_warnings(shop, rules_compile(Rule.objects.of(shop).filter(enabled=True))))
    more = len(words) - WARNINGS_TOLD
    if more <= 0:
        return words
    return [*words[:WARNINGS_TOLD], ngettext("%(n)d more warning", "%(n)d more warnings", more) % {"n": more}]


def _published(shop: Shop, by: User | None) -> str:
    before = Live.objects.filter(shop=shop).values_list("ruleset", flat=True).first()
    ruleset = ruleset_publish(shop=shop, published_by=by)
    words = _("Published as ruleset %(ruleset)s; the next request honours it.") % {"ruleset": ruleset}
    if before is None or before == ruleset.pk:
        return words
    address = reverse("admin:recommender_ruleset_make_live_again", args=[before])
    return format_html('{} <a class="op-link" href="{}">{}</a>', words, address, _("Undo"))


@admin.register(Ruleset)
class RulesetAdmin(FactAdmin):
    """What was published, and the way back, which says what it would change."""

    list_display = ("hash_short", "shop", "serving", "published_at", "published_by", "holds", "said", "again")
    list_filter = ("shop",)
    list_select_related = ("shop__live", "published_by")
    search_fields = ("hash", "note")
    actions_detail = ("make_live_again",)
    list_before_template = "operator/switches.html"
    exclude = ("note",)
    readonly_fields = ("said",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, below the emergency switches."""
        return super().changelist_view(request, {**drafts(request), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """Drafts tried on pages of the last day."""
        wrap = self.admin_site.admin_view
        own = [
            path("switch/", wrap(switch_view), name="ruleset_switch"),
            path("try/", wrap(self.try_view), name="ruleset_try"),
            path("try/<uuid:trial>/", wrap(trial_page), name="what_if_trial"),
            path("try/<uuid:trial>/progress/", wrap(progress_page), name="what_if_progress"),
        ]
        return own + super().get_urls()

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What publishing all drafts would have moved; nothing is changed."""
        if not self.has_publish_permission(request):
            raise PermissionDenied
        shop = shop_chosen(request)
        return trial_asked(request, shop, lambda: ruleset_compile(shop))

    @admin.display(description=gettext_lazy("ruleset"))
    def hash_short(self, ruleset: Ruleset) -> str:
        """The first twelve digits of the hash."""
        return str(ruleset)

    @admin.display(description=gettext_lazy("serving"), boolean=True)
    def serving(self, ruleset: Ruleset) -> bool:
        """Whether it is live."""
        live: Live | None = getattr(ruleset.shop, "live", None)
        return live is not None and live.ruleset_id == ruleset.pk

    @admin.display(description=gettext_lazy("holds"))
    def holds(self, ruleset: Ruleset) -> str:
        """How many rules and sections."""
        counts = {"rules": len(ruleset.content["rules"]), "sections": len(ruleset.content["layout"])}
        return _("%(rules)d rules, %(sections)d sections") % counts

    @admin.display(description=gettext_lazy("note"), ordering="note")
    def said(self, ruleset: Ruleset) -> str:
        """The note; the shop's own first one in the language of the page."""
        return _(AS_DELIVERED) if ruleset.note == AS_DELIVERED else ruleset.note

    @admin.display(description="")
    def again(self, ruleset: Ruleset) -> str:
        """The way back."""
        if self.serving(ruleset):
            return ""
        address = reverse("admin:recommender_ruleset_make_live_again", args=[ruleset.pk])
        return format_html('<a class="op-link" href="{}">{}</a>', address, _("Make live again"))

    @action(description=gettext_lazy("Make live again"), url_path="again", icon="history", permissions=["publish"])
    def make_live_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Go back to this ruleset."""
        ruleset = get_object_or_404(Ruleset, pk=object_id)
        changes = changes_back(ruleset)
        return confirmed(
            request,
            title=_("Go back to ruleset %(ruleset)s") % {"ruleset": ruleset},
            consequence=_("It serves from the next request on. The drafts stay as they are.")
            if changes
            else _("Nothing differs from what serves now."),
            button=_("Make live again"),
            back=reverse("admin:recommender_ruleset_changelist"),
            do=lambda: _("Ruleset %(ruleset)s is live again.") % {"ruleset": ruleset_restore(ruleset)},
            details=changes_told(changes),
        )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may add rulesets may publish."""
        return request.user.has_perm("recommender.add_ruleset")
