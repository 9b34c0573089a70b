"""What staff decide about pages, compiled: knobs, rules, layout and experiments as the pure rooms read them."""

from dataclasses import dataclass, field
from enum import StrEnum

from users.segments import SegmentValue


class Diversity(StrEnum):
    """How a row is kept from showing the same thing over and over."""

    DPP = "dpp"  # determinantal point process: what a card adds to the volume that the row spans
    MMR = "mmr"  # maximal marginal relevance: how like the most similar card of the row it is


@dataclass(frozen=True)
class KnobValues:
    """The dials as numbers. ``EVALUATION_KNOBS`` is the named set accuracy is measured with."""

    exploration: float = 0.02
    temperature: float = 0.15
    diversity: float = 0.15
    policy_weight: float = 0.0
    freshness: float = 0.1
    popularity: float = 0.0
    calibration: float = 0.1
    brand_cap: int = 3  # per row, 0 none
    diversity_by: str = Diversity.DPP.value
    category_cap: int = 0  # per row, 0 none
    serendipity: float = 0.0  # nats of what is relevant and unlike the history
    fatigue: float = 0.2  # nats that each doubling of showings without a click costs
    replenish: float = 0.8  # share of the usual interval after which what is used up is shown again, 0 never
    provider_floor: float = 0.0  # least share of a row's slots for small providers
    section_appeal: float = 0.5  # weight of how often a section is clicked when it is seen
    ad_every: int = 0  # every so many-th slot of a row is for sponsored items and no other is; 0 none is set apart
    ad_cap: int = 0  # sponsored items per page, 0 no limit
    repeats: bool = False  # may show what the shopper has already met or bought
    one_list: bool = False  # a single list instead of sections


EVALUATION_KNOBS = KnobValues(
    exploration=0.0,
    temperature=0.0,
    diversity=0.0,
    policy_weight=0.0,
    freshness=0.0,
    calibration=0.0,
    brand_cap=0,
    replenish=0.0,
    one_list=True,
)


@dataclass(frozen=True)
class RuleValue:
    """One compiled rule. ``target_ids`` are item, brand, category or tag ids as ``target`` says.

    A quota counts all that it matches together, a cap what it matches of each brand, category or tag by itself; a cap
    without ``target_ids`` speaks of every one there is. Both count on a page, or per row where ``per_row``.
    """

    id: int
    name: str
    action: str  # pin, boost, bury, include, exclude, quota, cap
    target: str  # item, brand, category, tag
    target_ids: tuple[int, ...]
    factor: float = 1.0
    slot: int = 0  # 1 is the first; 0 none
    section: str = ""
    surface: str = ""
    segment: str = ""
    starts_us: int = 0
    ends_us: int = 0  # 0: open end
    priority: int = 0
    least: int = 0  # quota: at least so many
    most: int = 0  # quota and cap: at most so many, 0 no limit
    per_row: bool = False


@dataclass(frozen=True)
class SectionValue:
    """One section of a layout."""

    code: str
    n: int = 8
    minimum: int = 4
    surface: str = "homepage"


@dataclass(frozen=True)
class ArmValue:
    """One arm of an experiment: what share of the people gets it, and the dials that differ for them."""

    name: str  # "experiment/arm": no two experiments of a ruleset share an arm
    share: float
    knobs: dict[str, float | str] = field(default_factory=dict)  # fields of KnobValues


@dataclass(frozen=True)
class ExperimentValue:
    """Arms whose shares sum to one, and when they are drawn."""

    id: int
    arms: tuple[ArmValue, ...]
    starts_us: int = 0
    ends_us: int = 0  # 0: open end


@dataclass(frozen=True)
class RulesetValue:
    """Knobs, rules, layout and experiments as the pure rooms read them."""

    hash: str
    knobs: KnobValues
    rules: tuple[RuleValue, ...] = ()
    layout: tuple[SectionValue, ...] = ()
    experiments: tuple[ExperimentValue, ...] = ()  # by id; the first whose time it is counts
    plain_surfaces: tuple[str, ...] = ()  # switched to the unpersonalised list
    rules_off: bool = False  # switched off: ``rules`` is empty then, whatever was published
    segments: tuple[SegmentValue, ...] = ()  # that rules may be limited to
