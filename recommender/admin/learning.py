"""Admin of what was learned: bundles with their verdict, jobs with their progress."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from catalog.models import Shop
from recommender.admin.confirmation import confirmed
from recommender.admin.plots import Series, lines_chart
from recommender.jobs import job_ask, job_cancel, job_replay
from recommender.models import BundleVersion, JobRun
from recommender.store.bundles import bundle_promote, bundle_rollback
from recommender.training.gate_words import gate_words
from users.admin import FactAdmin
from users.models import User

_BUNDLE_TONES = {"live": "success", "ready": "info", "building": "warning", "refused": "danger", "broken": "danger"}
_JOB_TONES = {"succeeded": "success", "running": "info", "queued": "warning", "failed": "danger", "parked": "danger"}
_ENDED = (JobRun.Status.SUCCEEDED, JobRun.Status.FAILED, JobRun.Status.CANCELLED, JobRun.Status.PARKED)
_AGAIN = (JobRun.Status.FAILED, JobRun.Status.CANCELLED, JobRun.Status.PARKED)


def staff_of(request: HttpRequest) -> User | None:
    """The member of staff who asks."""
    return request.user if isinstance(request.user, User) else None


def shop_chosen(request: HttpRequest) -> Shop:
    """The shop named in the address, else the one that serves most recently changed its bundle, else the first."""
    code = request.GET.get("shop", "")
    shops = Shop.objects.order_by("pk")
    return get_object_or_404(shops, code=code) if code else get_object_or_404(shops[:1])


@admin.register(BundleVersion)
class BundleVersionAdmin(FactAdmin):
    """Trained generations: train, promote, roll back."""

    list_display = ("__str__", "shop", "state", "n_items", "measured", "created_at", "promoted_at", "promote_link")
    list_filter = ("shop", "status", ("created_at", RangeDateTimeFilter))
    list_select_related = ("shop",)
    actions_list = ("train_now", "roll_back")
    actions_detail = ("promote",)
    readonly_fields = ("verdict", "what_is_missing", "numbers")
    fieldsets = (
        (None, {"fields": ("shop", "status", "verdict", "what_is_missing", "n_items", "created_at", "promoted_at")}),
        (gettext_lazy("Measured"), {"fields": ("numbers",)}),
        (
            gettext_lazy("How it came to be"),
            {"fields": ("fingerprint", "path", "recipe", "window", "gate"), "classes": ["tab"]},
        ),
    )

    @display(description=gettext_lazy("state"), label=_BUNDLE_TONES, ordering="status")
    def state(self, bundle: BundleVersion) -> tuple[str, str]:
        """The status as a coloured word."""
        return bundle.status, bundle.get_status_display()

    @admin.display(description=gettext_lazy("NDCG@10"))
    def measured(self, bundle: BundleVersion) -> str:
        """How well it guesses what shoppers want next, beside best sellers."""
        pair = bundle.gate.get("popularity") or {}
        return f"{pair['ours']:.3f} ({_('best sellers')} {pair['theirs']:.3f})" if pair else "–"

    @admin.display(description=gettext_lazy("verdict"))
    def verdict(self, bundle: BundleVersion) -> str:
        """The gate's verdict in words."""
        return gate_words(bundle.gate) or _("Not judged yet.")

    @admin.display(description=gettext_lazy("parts that are missing"))
    def what_is_missing(self, bundle: BundleVersion) -> str:
        """Absent parts with their reason."""
        return "; ".join(f"{part}: {reason}" for part, reason in bundle.absent.items()) or _("none")

    @admin.display(description=gettext_lazy("evaluation"))
    def numbers(self, bundle: BundleVersion) -> str:
        """Every measured number, flat and readable."""
        rows = [format_html("<div>{}: {}</div>", name, value) for name, value in _flat("", bundle.evaluation)]
        return format_html("{}" * len(rows), *rows) if rows else "–"

    @admin.display(description="")
    def promote_link(self, bundle: BundleVersion) -> str:
        """The way to make a bundle live."""
        if bundle.status not in (
            BundleVersion.Status.READY,
            BundleVersion.Status.REFUSED,
            BundleVersion.Status.RETIRED,
        ):
            return ""
        address = reverse("admin:recommender_bundleversion_promote", args=[bundle.pk])
        return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', address, _("Promote"))

    @action(description=gettext_lazy("Train now"), url_path="train-now", icon="model_training", permissions=["steer"])
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Ask the training worker for a new bundle."""
        shop = shop_chosen(request)
        waiting = JobRun.objects.of(shop).filter(kind="train").exclude(status__in=_ENDED).first()
        if waiting:
            return HttpResponseRedirect(reverse("admin:recommender_jobrun_change", args=[waiting.pk]))
        if request.method == "POST":
            job = job_ask(shop=shop, kind="train", asked_by=staff_of(request))
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
        return confirmed(
            request,
            title=_("Roll %(shop)s back") % {"shop": shop},
            consequence=_("The bundle that served before serves again from the next request on."),
            button=_("Roll back"),
            back=reverse("admin:recommender_bundleversion_changelist"),
            do=lambda: _("%(bundle)s is live again.") % {"bundle": bundle_rollback(shop).bundle},
        )

    @action(description=gettext_lazy("Promote"), url_path="promote", icon="publish", permissions=["steer"])
    def promote(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Make a bundle live."""
        bundle = get_object_or_404(BundleVersion, pk=object_id)
        return confirmed(
            request,
            title=_("Make %(bundle)s live") % {"bundle": bundle},
            consequence=_("It serves %(shop)s from the next request on. You can roll back at any time.")
            % {"shop": bundle.shop},
            button=_("Promote"),
            back=reverse("admin:recommender_bundleversion_changelist"),
            do=lambda: _("%(bundle)s is live.") % {"bundle": bundle_promote(bundle).bundle},
            details=[(_("Verdict of the gate"), gate_words(bundle.gate) or _("Not judged yet."))],
        )

    def has_steer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change bundles may train and promote."""
        return request.user.has_perm("recommender.change_bundleversion")


def _flat(prefix: str, values: Any) -> list[tuple[str, str]]:
    """Nested numbers as ``part.name`` and text."""
    if isinstance(values, dict):
        return [
            row for name, value in values.items() for row in _flat(f"{prefix}.{name}" if prefix else str(name), value)
        ]
    return [(prefix, f"{values:.4g}" if isinstance(values, float) else str(values))]


@admin.register(JobRun)
class JobRunAdmin(FactAdmin):
    """Background work: progress, log, curves, cancel and try again."""

    list_display = ("kind", "shop", "state", "progress", "step", "created_at", "finished_at", "attempts")
    list_filter = ("shop", "kind", "status", ("created_at", RangeDateTimeFilter))
    list_select_related = ("shop",)
    search_fields = ("=id", "kind", "error")
    change_form_template = "operator/job.html"
    actions = ("try_again",)

    def get_urls(self) -> list[URLPattern]:
        """The live part of a job's page, and its buttons."""
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:job_id>/progress/", wrap(self.progress_view), name="recommender_jobrun_progress"),
            path("<uuid:job_id>/cancel/", wrap(self.cancel_view), name="recommender_jobrun_cancel"),
            path("<uuid:job_id>/again/", wrap(self.again_view), name="recommender_jobrun_again"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A job's page."""
        job = get_object_or_404(JobRun, pk=object_id)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **job_view(job)})

    def progress_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """The part that is fetched anew every second while the job runs."""
        return render(request, "operator/job_progress.html", job_view(get_object_or_404(JobRun, pk=job_id)))

    def cancel_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """Stop a job at its next report."""
        return self._act(request, job_id, job_cancel)

    def again_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """Give an ended job three new attempts."""
        return self._act(request, job_id, job_replay)

    def _act(self, request: HttpRequest, job_id: Any, do: Any) -> HttpResponse:
        if not request.user.has_perm("recommender.change_jobrun"):
            raise PermissionDenied
        if request.method == "POST":
            do(get_object_or_404(JobRun, pk=job_id))
        return HttpResponseRedirect(reverse("admin:recommender_jobrun_change", args=[job_id]))

    @display(description=gettext_lazy("state"), label=_JOB_TONES, ordering="status")
    def state(self, job: JobRun) -> tuple[str, str]:
        """The status as a coloured word."""
        return job.status, job.get_status_display()

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: JobRun) -> str:
        """A bar."""
        return format_html('<progress max="100" value="{}" aria-label="{}%"></progress>', percent(job), percent(job))

    @admin.action(description=gettext_lazy("Try again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        """Try the chosen jobs again."""
        jobs = list(queryset.filter(status__in=_AGAIN))
        for job in jobs:
            job_replay(job)
        self.message_user(request, _("%(count)d jobs will be tried again.") % {"count": len(jobs)})


def percent(job: JobRun) -> int:
    """How much of a job is done, 0–100."""
    return round(100 * min(1.0, job.done / job.total)) if job.total else 0


def job_view(job: JobRun) -> dict[str, Any]:
    """What a job's page shows."""
    return {
        "job": job,
        "percent": percent(job),
        "running": job.status not in _ENDED,
        "can_try_again": job.status in _AGAIN,
        "curves": [
            (name, lines_chart([f"{x:g}" for x, _y in points], [Series(name, [y for _x, y in points])]))
            for name, points in job.curves.items()
        ],
        "result": _flat("", job.result),
    }
