"""Experiments compiled into a ruleset: arms as the draw reads them, or a sentence on why they cannot be drawn."""

from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.knob_ranges import DIALS, knob_typed
from recommender.data.ruleset import ArmValue, ExperimentValue
from recommender.data.types import DataError
from recommender.models import Experiment, Impression

_NAME_LENGTH = Impression._meta.get_field("arm").max_length or 0


def experiments_compile(shop: Shop) -> list[dict[str, Any]]:
    """A shop's enabled experiments as the content of a ruleset, by id.

    Raises:
        DataError: an experiment cannot be drawn; the message names it.
    """
    return [_experiment(one) for one in Experiment.objects.of(shop).filter(enabled=True).order_by("id")]


def experiment_value(content: dict[str, Any]) -> ExperimentValue:
    """One entry of ``experiments_compile`` as a value."""
    return ExperimentValue(**{**content, "arms": tuple(ArmValue(**arm) for arm in content["arms"])})


def _experiment(experiment: Experiment) -> dict[str, Any]:
    _experiment_check(experiment)
    return {
        "id": experiment.pk,
        "arms": [_arm(experiment.name, arm) for arm in experiment.arms],
        "starts_us": microseconds(experiment.starts_at),
        "ends_us": microseconds(experiment.ends_at),
    }


def _arm(experiment: str, arm: dict[str, Any]) -> dict[str, Any]:
    knobs = {name: knob_typed(name, value) for name, value in arm.get("knobs", {}).items()}
    return {"name": _arm_name(experiment, arm), "share": arm["share"], "knobs": knobs}


def _arm_name(experiment: str, arm: dict[str, Any]) -> str:
    return f"{experiment}/{arm['name']}"


def _experiment_check(experiment: Experiment) -> None:
    arms, starts, ends = experiment.arms, experiment.starts_at, experiment.ends_at
    problems = {
        _("it has no arms"): not arms,
        _("the shares of its arms do not sum to 1"): abs(sum(arm["share"] for arm in arms) - 1) > 1e-6,
        _("an arm turns a knob that does not exist"): any(set(arm.get("knobs", {})) - {*DIALS} for arm in arms),
        _("two arms have the same name"): len({arm["name"] for arm in arms}) < len(arms),
        _("the names of experiment and arm are too long together"): any(
            len(_arm_name(experiment.name, arm)) > _NAME_LENGTH for arm in arms
        ),
        _("it ends before it starts"): bool(starts and ends and ends <= starts),
    }
    for problem, present in problems.items():
        if present:
            raise DataError(_("Experiment “%(name)s”: %(problem)s.") % {"name": experiment.name, "problem": problem})
