"""What staff decide about pages, compiled: knobs, rules, layout and experiments as the pure rooms read them."""

from dataclasses import dataclass, field


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
    brand_cap: int = 3
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
    one_list=True,
)


@dataclass(frozen=True)
class RuleValue:
    """One compiled rule. ``target_ids`` are item, brand, category or tag ids as ``target`` says."""

    id: int
    name: str
    action: str  # pin, boost, bury, exclude
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
    knobs: dict[str, float] = field(default_factory=dict)  # fields of KnobValues


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
