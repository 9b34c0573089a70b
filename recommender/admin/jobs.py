"""Admin of background work: progress, log, curves, cancel and try again."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from recommender.admin.parts import part_names
from recommender.admin.plots import Series, axis_options, lines_chart
from recommender.jobs import job_cancel, job_replay
from recommender.models import JobRun
from recommender.training.absent_words import absent_words
from recommender.training.gate_words import gate_words
from users.admin import FactAdmin

_TONES = {  # all of them: a state without a tone would be shown by its key
    "succeeded": "success", "running": "info", "queued": "warning", "failed": "danger", "cancelled": "",
    "parked": "danger",
}  # fmt: skip
ENDED = (JobRun.Status.SUCCEEDED, JobRun.Status.FAILED, JobRun.Status.CANCELLED, JobRun.Status.PARKED)
AGAIN = (JobRun.Status.FAILED, JobRun.Status.CANCELLED, JobRun.Status.PARKED)


@admin.register(JobRun)
class JobRunAdmin(FactAdmin):
    """Jobs, newest first."""

    list_display = ("work", "shop", "state", "progress", "at", "created_at", "took", "attempts")
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
        job = self.get_object(request, object_id)
        shown = job_view(job) | {"may_act": _may_act(request)} if job else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def progress_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """The part that is fetched anew every second; once the job has ended the whole page is fetched."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = job_view(get_object_or_404(JobRun, pk=job_id))
        context["curves_grew"] = request.GET.get("rounds", "") != str(context["rounds"])
        response = render(request, "operator/job_progress.html", context)
        if not context["running"]:
            response["HX-Refresh"] = "true"
        return response

    def cancel_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """Stop a job at its next report."""
        return self._act(request, job_id, job_cancel)

    def again_view(self, request: HttpRequest, job_id: Any) -> HttpResponse:
        """Give an ended job three new attempts."""
        return self._act(request, job_id, job_replay)

    def _act(self, request: HttpRequest, job_id: Any, do: Any) -> HttpResponse:
        if not _may_act(request):
            raise PermissionDenied
        if request.method == "POST":
            do(get_object_or_404(JobRun, pk=job_id))
        return HttpResponseRedirect(reverse("admin:recommender_jobrun_change", args=[job_id]))

    @admin.display(description=gettext_lazy("work"), ordering="kind")
    def work(self, job: JobRun) -> str:
        """The kind in words."""
        return job.kind_words

    @display(description=gettext_lazy("state"), label=_TONES, ordering="status")
    def state(self, job: JobRun) -> tuple[str, str]:
        """The status as a coloured word."""
        return job.status, job.get_status_display()

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: JobRun) -> str:
        """A bar."""
        return format_html(
            '<span class="op-whole"><progress class="op-progress" max="100" value="{0}" aria-label="{0}%"></progress>'
            "&nbsp;{0}&nbsp;%</span>",
            percent(job),
        )

    @admin.display(description=gettext_lazy("step"), ordering="step")
    def at(self, job: JobRun) -> str:
        """The step it has come to."""
        return step_word(job.step)

    @admin.display(description=gettext_lazy("took"))
    def took(self, job: JobRun) -> str:
        """From start to end, or until now."""
        return duration_words(_seconds(job))

    @admin.action(description=gettext_lazy("Try again"), permissions=["again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> None:
        """Try the chosen jobs again."""
        jobs = list(queryset.filter(status__in=AGAIN))
        for job in jobs:
            job_replay(job)
        self.message_user(request, _("%(count)d jobs will be tried again.") % {"count": len(jobs)})

    def has_again_permission(self, request: HttpRequest) -> bool:
        """Whoever may change jobs may try them again."""
        return _may_act(request)


def _may_act(request: HttpRequest) -> bool:
    return request.user.has_perm("recommender.change_jobrun")


def step_word(step: str) -> str:
    """A step as its job names it, in the language of the page."""
    return _(step) if step else ""


def log_words(log: str) -> str:
    """A log with its steps in the language of the page; what the steps say in between stays as it was written."""
    lines = [line.partition(" ") for line in log.splitlines()]
    return "\n".join(f"{time}{gap}{step_word(said)}" for time, gap, said in lines)


_PARAMS = {
    "shard": gettext_lazy("shard"),
    "shards": gettext_lazy("shards"),
    "update": gettext_lazy("teaches what is new to bundle"),
    "until": gettext_lazy("learns what happened up to"),
    "promote": gettext_lazy("serves if the gate lets it"),
    "name": gettext_lazy("name"),
    "format": gettext_lazy("format"),
}
_RESULTS = {
    "made": gettext_lazy("lists made"),
    "shards": gettext_lazy("shards"),
    "bundle": gettext_lazy("bundle"),
    "lines": gettext_lazy("lines in the file"),
    "imported": gettext_lazy("lines imported"),
    "new_interactions": gettext_lazy("new interactions"),
    "aside_file": gettext_lazy("lines set aside are kept in"),
}
_RESULT_GROUPS = {"repaired": gettext_lazy("repaired"), "aside": gettext_lazy("set aside")}


def result_word(name: str) -> str:
    """What a number of a job's result is; its name in the job's own words where there are none."""
    group, _dot, what = name.partition(".")
    if group in _RESULT_GROUPS and what:
        return f"{_RESULT_GROUPS[group]}: {what}"
    return str(_RESULTS.get(name, name))


_OF_A_TRIAL = ("content", "trial", "at", "part")  # and what begins so: a trial's own page tells of it


def _is_told(name: str) -> bool:
    """Whether a parameter is for people: not a draft's content, nor the job whose part this one is."""
    return not name.startswith(_OF_A_TRIAL)


def param_word(name: str) -> str:
    """What a job was asked for with; the parameter's name where there are no words."""
    return str(_PARAMS.get(name, name))


def result_rows(result: dict[str, Any]) -> list[tuple[str, str]]:
    """A job's result in words; a training's is its verdict and what could not be learned."""
    if "tally" in result:
        return [(_("pages"), str(result["tally"]["pages"])), (_("would differ"), str(result["tally"]["different"]))]
    if "gate" not in result:
        return [(result_word(name), value) for name, value in flat("", result)]
    names = part_names()
    return [
        (_("bundle"), str(result["bundle"])),
        (_("verdict"), gate_words(result["gate"])),
        *(
            (_("without: %(part)s") % {"part": names.get(part, part)}, absent_words(absent))
            for part, absent in result["absent"].items()
        ),
    ]


def percent(job: JobRun) -> int:
    """How much of a job is done, 0–100."""
    return round(100 * min(1.0, job.done / job.total)) if job.total else 0


def duration_words(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return _("%(n)d s") % {"n": round(seconds)}
    if seconds < 5400:
        return _("%(n)d min") % {"n": round(seconds / 60)}
    return _("%(n).1f h") % {"n": seconds / 3600}


def _seconds(job: JobRun) -> float | None:
    if job.started_at is None:
        return None
    return max(0.0, ((job.finished_at or timezone.now()) - job.started_at).total_seconds())


def job_view(job: JobRun) -> dict[str, Any]:
    """What a job's page shows."""
    running = job.status not in ENDED
    return {
        "job": job,
        "kind": job.kind_words,
        "step": step_word(job.step),
        "log": log_words(job.log),
        "error": step_word(job.error),
        "percent": percent(job),
        "running": running,
        "can_try_again": job.status in AGAIN,
        "left": duration_words(job.eta_seconds) if running and job.eta_seconds is not None else "",
        "took": duration_words(_seconds(job)),
        "curves": curve_plots(job),
        "rounds": sum(map(len, job.curves.values())),
        "made": job.result.get("bundle") if job.kind == "train" else None,
        "result": result_rows(job.result),
        "params": [(param_word(name), value) for name, value in flat("", job.params) if _is_told(name)],
        "parts": [(part.pk, part.get_status_display(), percent(part)) for part in job.parts()],
        "part_of": job.params.get("part_of", ""),
        "trial": job.params.get("trial", ""),
    }


def curve_plots(job: JobRun) -> list[dict[str, Any]]:
    """What a job measured round by round, a plot each."""
    return [_curve(name, points) for name, points in job.curves.items() if points]


def _curve(name: str, points: list[list[float]]) -> dict[str, Any]:
    title, values = step_word(name), [y for _x, y in points]
    return {
        "title": title,
        "data": lines_chart([f"{x:g}" for x, _y in points], [Series(title, values)]),
        "options": axis_options(title, x_title=_("epoch"), from_zero=False),
        "first": _("epoch"),
        "columns": [title],
        "table": [(f"{x:g}", f"{y:.5g}") for x, y in points],
    }


def flat(prefix: str, values: Any) -> list[tuple[str, str]]:
    """Nested numbers as ``part.name`` and text."""
    if isinstance(values, dict):
        return [
            row for name, value in values.items() for row in flat(f"{prefix}.{name}" if prefix else str(name), value)
        ]
    return [(prefix, f"{values:.4g}" if isinstance(values, float) else str(values))]
