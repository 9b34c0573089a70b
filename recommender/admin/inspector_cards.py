"""A card of the inspector: its road through the stages, measured against everything that was a candidate with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from recommender.admin.choices import plain
from recommender.data.reward import HEADS
from recommender.replay import InspectedCard

STRONGEST = 4


@dataclass(frozen=True)
class Measure:
    """A number, and how far up among all candidates it stands."""

    name: str
    value: str
    percent: int  # of the candidates are below it, 0–100


@dataclass(frozen=True)
class CardView:
    """A card as the inspector draws it."""

    card: InspectedCard
    picture: str
    causes: list[str]
    sources: list[str]
    strongest: list[Measure]  # components
    others: list[Measure]
    heads: list[Measure]
    deviation: Measure | None
    disagreement: Measure | None
    second_stage: Measure | None
    base: Measure | None
    q: Measure | None
    rules: list[str]
    score: str
    propensity: str
    drawn: Sequence[str] = ()  # what else happened in the draw


_SCORES = ("second_stage", "deviation", "disagreement", "base", "q")


class Field:
    """All candidates of a decision, to measure one against."""

    def __init__(self, candidates: list[dict[str, Any]]) -> None:
        """Sort each number once."""
        self._columns: dict[tuple[str, str], list[float]] = {}
        for candidate in candidates:
            for group, name, value in _numbers(candidate):
                self._columns.setdefault((group, name), []).append(value)

    def measure(self, group: str, name: str, value: float | None, *, label: str = "") -> Measure:
        """A candidate's number beside all others' of the same kind."""
        others = self._columns.get((group, name), [])
        if value is None or not others:
            return Measure(label or name, "–", 0)
        below = sum(other < value for other in others) / len(others)
        return Measure(label or name, number_words(value), round(100 * below))


def _numbers(candidate: dict[str, Any]) -> list[tuple[str, str, float]]:
    found = [
        (group, name, value)
        for group in ("components", "probabilities")
        for name, value in candidate.get(group, {}).items()
    ]
    found += [
        ("score", name, candidate.get(name)) for name in ("second_stage", "deviation", "disagreement", "base", "q")
    ]
    return [(group, name, value) for group, name, value in found if value is not None]


def number_words(value: float | None) -> str:
    """A number of three digits, a dash for one that is not known."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.1e}"


def card_view(
    card: InspectedCard, field: Field, pictures: dict[int, str], titles: dict[int, str], rules: dict[int, str]
) -> CardView:
    """Lay a card open."""
    road = card.road
    parts = [
        field.measure("components", name, value, label=plain(name))
        for name, value in road.get("components", {}).items()
    ]
    parts.sort(key=lambda part: (part.value == "–", -part.percent))
    said = road.get("probabilities", {})
    return CardView(
        card=card,
        picture=pictures.get(card.item_id, ""),
        causes=[titles.get(item, str(item)) for item in card.reason_items],
        sources=[plain(source) for source in road.get("sources", [])],
        strongest=parts[:STRONGEST],
        others=parts[STRONGEST:],
        heads=[_head(field, name, said[name]) for name in HEADS if name in said],
        deviation=_measure(field, "deviation", road, _("uncertainty of the log value")),
        disagreement=_measure(field, "disagreement", road, _("disagreement of the encoders")),
        second_stage=_measure(field, "second_stage", road, plain("second_stage")),
        base=_measure(field, "base", road, _("base score")),
        q=_measure(field, "q", road, "Q"),
        rules=_rules(road, rules),
        score=number_words(card.score),
        propensity="–" if math.isnan(card.propensity) else _percent(card.propensity),
    )


def _head(field: Field, name: str, value: float | None) -> Measure:
    measure = field.measure("probabilities", name, value, label=head_word(name))
    return measure if value is None else replace(measure, value=_percent(value))


def _measure(field: Field, name: str, road: dict[str, Any], label: str) -> Measure | None:
    return field.measure("score", name, road[name], label=label) if road.get(name) is not None else None


def _rules(road: dict[str, Any], names: dict[int, str]) -> list[str]:
    """Each rule once, however many rows it acts in."""
    effects = {(effect["rule"], effect["factor"], effect["excluded"]) for effect in road.get("rules", {}).values()}
    return [
        _("%(rule)s: excluded") % {"rule": names.get(rule, rule)}
        if excluded
        else f"{names.get(rule, rule)}: × {number_words(factor)}"
        for rule, factor, excluded in sorted(effects)
    ]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "< 0.1%"


def head_word(head: str) -> str:
    """What the ranker foresees."""
    words = {"click": _("click"), "cart": _("basket"), "purchase": _("purchase"), "dislike": _("dislike")}
    return {**words, "dwell": _("long stay")}[head]
