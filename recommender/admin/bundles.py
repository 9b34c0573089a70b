"""Admin of trained generations: train, promote, roll back, and how good they are in figures one can read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from catalog.models import Shop
from recommender.admin.bundle_view import bundle_view
from recommender.admin.confirmation import confirmed
from recommender.admin.jobs import ENDED, curve_plots
from recommender.admin.live_changes import service_of, taken_back
from recommender.admin.publishing import shop_chosen, staff_of
from recommender.jobs import job_ask
from recommender.models import BundleVersion, JobRun, Live
from recommender.store.bundles import bundle_promote, bundle_rollback
from recommender.training.gate_words import gate_words
from users.admin import FactAdmin

_TONES = {  # all of them: a state without a tone would be shown by its key
    "live": "success", "ready": "info", "building": "warning", "refused": "danger", "retired": "", "broken": "danger",
}  # fmt: skip
CHANGE_PAGE = "recommender_bundleversion_change"
_PROMOTABLE = (BundleVersion.Status.READY, BundleVersion.Status.REFUSED, BundleVersion.Status.RETIRED)


@admin.register(BundleVersion)
class BundleVersionAdmin(FactAdmin):
    """Bundles, newest first."""

    list_display = ("__str__", "shop", "state", "n_items", "measured", "created_at", "promoted_at", "promote_link")
    list_filter = ("shop", "status", ("created_at", RangeDateTimeFilter))
    list_select_related = ("shop",)
    actions_list = ("train_now", "roll_back")
    actions_detail = ("promote",)
    change_form_template = "operator/bundle.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A bundle's page."""
        bundle = self.get_object(request, object_id)
        shown = bundle_view(bundle) | _training(bundle) | {"service": service_of(bundle)} if bundle else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    @display(description=gettext_lazy("state"), label=_TONES, ordering="status")
    def state(self, bundle: BundleVersion) -> tuple[str, str]:
        """The status as a coloured word."""
        return bundle.status, bundle.get_status_display()

    @admin.display(description=gettext_lazy("NDCG@10"))
    def measured(self, bundle: BundleVersion) -> str:
        """How well it guesses what shoppers want next, beside best sellers."""
        pair = bundle.gate.get("popularity") or {}
        return f"{pair['ours']:.3f} ({_('best sellers')} {pair['theirs']:.3f})" if pair else "–"

    @admin.display(description="")
    def promote_link(self, bundle: BundleVersion) -> str:
        """The way to make a bundle live."""
        if bundle.status not in _PROMOTABLE:
            return ""
        address = reverse("admin:recommender_bundleversion_promote", args=[bundle.pk])
        return format_html('<a href="{}" class="op-link">{}</a>', address, _("Promote"))

    @action(description=gettext_lazy("Train now"), url_path="train-now", icon="model_training", permissions=["steer"])
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Ask the training worker for a new bundle, or lead to the training that is under way."""
        shop = shop_chosen(request)
        job = _training_now(shop)
        if job is None and request.method == "POST":
            job = job_ask(shop=shop, kind="train", asked_by=staff_of(request))
        if job is not None:
            return HttpResponseRedirect(reverse("admin:recommender_jobrun_change", args=[job.pk]))
        return confirmed(
            request,
            title=_("Train %(shop)s now") % {"shop": shop},
            consequence=_(
                "A worker learns a new bundle from everything known until now. Shoppers notice nothing until it has "
                "passed the gate and is live."
            ),
            button=_("Train now"),
            back=reverse("admin:recommender_bundleversion_changelist"),
            do=str,
        )

    @action(description=gettext_lazy("Roll back"), url_path="roll-back", icon="undo", permissions=["steer"])
    def roll_back(self, request: HttpRequest) -> HttpResponse:
        """Let the bundle before the live one serve again."""
        shop = shop_chosen(request)
        live = Live.objects.select_related("bundle", "previous_bundle").filter(shop=shop).first()
        return confirmed(
            request,
            title=_("Roll %(shop)s back") % {"shop": shop},
            consequence=_("The bundle that served before serves again within a few seconds.")
            if live and live.previous_bundle
            else _("No bundle served before this one, so there is none to go back to."),
            button=_("Roll back") if live and live.previous_bundle else "",
            back=reverse("admin:recommender_bundleversion_changelist"),
            do=lambda: self._said(request, _("%(bundle)s is live again."), bundle_rollback(shop, by=staff_of(request))),
            details=[
                (_("serves now"), (live and live.bundle) or "–"),
                (_("served before"), (live and live.previous_bundle) or "–"),
            ],
            warnings=[words for words in (taken_back(shop), _under_way(shop)) if words],
        )

    @action(description=gettext_lazy("Promote"), url_path="promote", icon="publish", permissions=["promote"])
    def promote(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Make a bundle live."""
        bundle = get_object_or_404(BundleVersion, pk=object_id)
        may = bundle.status in _PROMOTABLE
        told = {"shop": bundle.shop, "bundle": bundle, "status": bundle.get_status_display()}
        return confirmed(
            request,
            title=_("Make %(bundle)s live") % told,
            consequence=_("It serves %(shop)s within a few seconds. You can roll back at any time.") % told
            if may
            else _("Nothing to do: the state of %(bundle)s is “%(status)s”.") % told,
            button=_("Promote") if may else "",
            back=reverse("admin:recommender_bundleversion_changelist"),
            do=lambda: self._said(request, _("%(bundle)s is live."), bundle_promote(bundle, by=staff_of(request))),
            details=[(_("Verdict of the gate"), gate_words(bundle.gate) or _("Not judged yet."))],
            warnings=[words] if may and (words := _under_way(bundle.shop)) else (),
        )

    def has_steer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change bundles may train and promote."""
        return request.user.has_perm("recommender.change_bundleversion")

    def has_promote_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may steer, except where the bundle on the page serves already or never may."""
        may = self.has_steer_permission(request)
        if may and object_id is not None and request.resolver_match and request.resolver_match.url_name == CHANGE_PAGE:
            return BundleVersion.objects.filter(pk=object_id, status__in=_PROMOTABLE).exists()
        return may

    def _said(self, request: HttpRequest, words: str, live: Live) -> str:
        """What was done, also written into the bundle's own log."""
        words %= {"bundle": live.bundle}
        self.log_change(request, live.bundle, words)
        return words


def _training_now(shop: Shop) -> JobRun | None:
    return JobRun.objects.of(shop).filter(kind="train").exclude(status__in=ENDED).first()


def _under_way(shop: Shop) -> str:
    """A warning where what staff are about to choose may soon be replaced; else empty."""
    if _training_now(shop) is None:
        return ""
    return _("A training is under way. If its bundle passes the gate, that one takes over; cancel it to keep this one.")


def _training(bundle: BundleVersion) -> dict[str, Any]:
    """The job that made a bundle and what it measured round by round; nothing where it was put away."""
    job = JobRun.objects.of(bundle.shop).filter(kind="train", result__bundle=bundle.pk).first()
    return {"training": job, "curves": curve_plots(job) if job else []}
