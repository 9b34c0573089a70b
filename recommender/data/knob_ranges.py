"""What each knob may be set to: the one place where ranges and choices stand, for forms, experiments and publishing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.data.ruleset import Diversity, KnobValues


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``, both included."""

    low: float
    high: float
    whole: bool = False


RANGES: dict[str, Range] = {
    "exploration": Range(0.0, 0.5),
    "temperature": Range(0.01, 5.0),
    "diversity": Range(0.0, 2.0),
    "policy_weight": Range(0.0, 2.0),
    "freshness": Range(0.0, 2.0),
    "popularity": Range(-1.0, 1.0),
    "calibration": Range(0.0, 2.0),
    "brand_cap": Range(0, 100, whole=True),
    "category_cap": Range(0, 100, whole=True),
    "serendipity": Range(0.0, 4.0),
    "fatigue": Range(0.0, 2.0),
    "replenish": Range(0.0, 2.0),
    "section_appeal": Range(0.0, 3.0),
    "provider_floor": Range(0.0, 0.5),
    "ad_every": Range(0, 24, whole=True),
    "ad_cap": Range(0, 24, whole=True),
}
CHOICES: dict[str, tuple[str, ...]] = {"diversity_by": tuple(one.value for one in Diversity)}

BEFORE: dict[str, float] = {"replenish": 0.0}
"""What rulesets mean that were published before a knob existed, where that is not its default."""

DIALS = tuple(name for name in vars(KnobValues()) if name in RANGES or name in CHOICES)
"""Fields of ``KnobValues`` that staff turn; the rest is for runs of our own."""


def knob_problem(name: str, value: Any) -> str:
    """What is wrong with a knob's value, as a code; "" where nothing is.

    Returns: ``unknown`` (no such knob), ``choice`` (none of its choices), ``number`` (no number), ``whole`` (no whole
        number) or ``range`` (outside its range).
    """
    if name in CHOICES:
        return "" if value in CHOICES[name] else "choice"
    if name not in RANGES:
        return "unknown"
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        return "number"
    if RANGES[name].whole and value != int(value):
        return "whole"
    return "" if RANGES[name].low <= value <= RANGES[name].high else "range"


def knob_typed(name: str, value: Any) -> Any:
    """A valid value in the type that ``KnobValues`` has it in."""
    return int(value) if name in RANGES and RANGES[name].whole else value


def knobs_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Knobs with an impossible value and what is wrong with each, as ``knob_problem`` says."""
    return {name: problem for name, value in values.items() if (problem := knob_problem(name, value))}
