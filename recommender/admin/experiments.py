"""Admin of experiments: arms that differ in their knobs."""

import math
from typing import Any, TypeGuard

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommender.admin.arms_field import ArmsField
from recommender.admin.knobs import knob_field
from recommender.admin.publishing import PublishingAdmin, shop_chosen
from recommender.data.knob_ranges import DIALS, knob_problem
from recommender.models import Experiment
from recommender.store.knob_words import knob_problem_words

_RUNS = gettext_lazy(
    "Everybody draws one arm and keeps it, once the experiment is published and its time has come. "
    "One experiment runs at a time: of those enabled, the first. A knob that is left empty serves as it does for all."
)
_PARTS = {"name", "share", "knobs"}


class ExperimentForm(forms.ModelForm):
    """An experiment whose arms can be drawn."""

    arms = ArmsField(label=gettext_lazy("arms"))

    class Meta:
        model = Experiment
        fields = ("shop", "name", "arms", "starts_at", "ends_at", "enabled")

    def clean_arms(self) -> list[dict[str, Any]]:
        """Arms with names, shares that sum to one, and knobs that exist and are in range."""
        arms = self.cleaned_data["arms"]
        arms_check(arms)
        return list(arms)


def arms_check(arms: Any) -> None:
    """Refuse arms that could not be drawn.

    Raises: ValidationError naming each arm and what is wrong with it.
    """
    if not isinstance(arms, list) or len(arms) < 2 or not all(isinstance(arm, dict) for arm in arms):
        raise ValidationError(_("An experiment has at least two arms: one as it serves now, one that differs."))
    problems = [
        _("Arm %(number)d: %(problem)s.") % {"number": number, "problem": problem}
        for number, arm in enumerate(arms, start=1)
        for problem in _arm_problems(arm)
    ]
    names = [arm.get("name") for arm in arms]
    if len({str(name) for name in names}) < len(names):
        problems.append(_("Two arms have the same name."))
    shares = [arm.get("share") for arm in arms]
    if not problems and abs(sum(shares) - 1) > 1e-6:
        problems.append(_("The shares sum to %(sum).3g; they must sum to 1.") % {"sum": sum(shares)})
    if problems:
        raise ValidationError(problems)


def _arm_problems(arm: dict[str, Any]) -> list[str]:
    name, share, knobs = arm.get("name"), arm.get("share"), arm.get("knobs", {})
    problems = [_("“%(part)s” is not a part of an arm") % {"part": part} for part in sorted(set(arm) - _PARTS)]
    if not isinstance(name, str) or not name.strip():
        problems.append(_("it needs a name"))
    if not _is_number(share) or not 0 < share <= 1:
        problems.append(_("its share must be above 0 and at most 1"))
    if not isinstance(knobs, dict):
        return [*problems, _("its knobs must be pairs of name and value")]
    return [*problems, *(problem for knob, value in knobs.items() for problem in _knob_problems(knob, value))]


def _knob_problems(knob: str, value: Any) -> list[str]:
    if knob not in DIALS:
        return [_("there is no knob “%(knob)s”; there are %(knobs)s") % {"knob": knob, "knobs": ", ".join(DIALS)}]
    problem = knob_problem(knob, value)
    return [f"{knob_field(knob).verbose_name} {knob_problem_words(knob, problem)}"] if problem else []


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@admin.register(Experiment)
class ExperimentAdmin(PublishingAdmin):
    """Experiments as drafts."""

    form = ExperimentForm
    empty_words = gettext_lazy("No experiment yet. An experiment gives each of its arms a share of the shoppers.")
    list_display = ("name", "arms_in_words", "shop", "enabled", "starts_at", "ends_at")
    list_filter = ("shop", "enabled")
    list_select_related = ("shop",)
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("shop", "name", "enabled", "starts_at", "ends_at")}),
        (gettext_lazy("Arms"), {"fields": ("arms",), "description": _RUNS}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The chosen shop, and two arms to start from."""
        arms = [{"name": "control", "share": 0.5, "knobs": {}}, {"name": "changed", "share": 0.5, "knobs": {}}]
        return {"shop": shop_chosen(request).pk, "arms": arms, **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("arms"))
    def arms_in_words(self, experiment: Experiment) -> str:
        """Names and shares."""
        return ", ".join(f"{arm['name']} {arm['share']:.0%}" for arm in experiment.arms) or "–"
