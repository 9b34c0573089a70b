"""What each stage of a decision makes of the same candidates: one ordering per stage, from retrieval to the page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from recommender.data.ruleset import EVALUATION_KNOBS, KnobValues, RulesetValue, SectionValue
from recommender.data.types import Context, Floats, Gathered, Ints, Section
from recommender.ranking.components import COMPONENTS
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.scores import base_scores
from recommender.trials.lists import best_of

LENGTH = 20
"""Cards per list: what is measured looks at ten."""

RETRIEVED, ENCODER, FUSION = "candidates by demand", "sequence encoder", "linear fusion"
RANKED, DIALS, CHANCE = "second stage or ranker", "dials of the shop, without chance", "dials of the shop"

Ordering = tuple[Ints, Floats]
"""(k,) candidate rows, best first, and (k,) what they were ordered by."""


@dataclass(frozen=True)
class Asked:
    """A request with its candidates."""

    context: Context
    gathered: Gathered
    bundle: Bundle
    history_index: Ints  # (h,)
    state: Floats  # (d,)

    def drawn(self, knobs: KnobValues, *, seed: int = 0) -> Ordering:
        """What ``decide`` shows as one list, in page order; a card counts as ordered by its place."""
        layout = (SectionValue(Section.TOP_PICKS, n=LENGTH, minimum=1),)
        ruleset = RulesetValue("benchmark", replace(knobs, one_list=True), layout=layout)
        rows = decide(self.context, self.gathered, ruleset, self.bundle, seed).rows
        return rows, -np.arange(len(rows), dtype=np.float32)


class Orderings(Protocol):
    """Several orderings of the candidates of a request, by name."""

    def __call__(self, asked: Asked) -> Iterator[tuple[str, Ordering]]:
        """All of them."""
        ...


@dataclass(frozen=True)
class Stages:
    """The candidates as each stage would show them, in the order of the stages."""

    repeats: bool = False  # whether items already met may be shown
    knobs: KnobValues = field(default_factory=KnobValues)

    def __call__(self, asked: Asked) -> Iterator[tuple[str, Ordering]]:
        """Each stage's ordering; the last is drawn with chance, from a seed of the shopper's own."""
        components, fused, _, told = base_scores(
            asked.context, asked.gathered, asked.bundle, asked.history_index, asked.state
        )
        yield RETRIEVED, best_of(asked.gathered.trend)
        yield ENCODER, best_of(components[:, COMPONENTS.index("encoder")])
        yield FUSION, best_of(fused)
        yield RANKED, best_of(told)
        dials = replace(self.knobs, repeats=self.repeats)
        yield DIALS, asked.drawn(replace(dials, temperature=0.0, exploration=0.0))
        yield CHANCE, asked.drawn(dials, seed=asked.context.shopper_id)


@dataclass(frozen=True)
class Dials:
    """The candidates under several sets of dials."""

    points: Mapping[str, KnobValues]

    def __call__(self, asked: Asked) -> Iterator[tuple[str, Ordering]]:
        """What each set shows."""
        for name, knobs in self.points.items():
            yield name, asked.drawn(knobs)


def diverse(weight: float, kind: str, *, repeats: bool) -> KnobValues:
    """The dials of accuracy runs with a diversity of ``weight`` by ``kind``."""
    return replace(EVALUATION_KNOBS, diversity=weight, diversity_by=kind, repeats=repeats)
