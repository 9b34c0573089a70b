"""A shopper's interests as people can read and check them: weights, and the deeds that made each. Pure.

Everything is told from the state alone, by the functions that fold it (``taste``). A weight is what the recent deeds
that are shown with it weigh now, each by itself, plus a rest that all others left; the parts add up to the whole.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from catalog.facets import ItemFacets
from users.kinds import POSITIVE_KINDS, Kind
from users.state import DAY_US, Recent, StateValue
from users.taste import FACETS, NOVELTY, PRICE, Taste, TasteDeed, amounts, deed_weight, facet_keys, faded, is_new

SHOWN_EVIDENCE = 6
LEAST_WEIGHT = 3.0  # of the deeds behind a price band or an appetite for new things: three looks today
STAGE_DAYS = 14
BOUGHT_DAYS = 3
COMPARED = 4  # things of one department looked at: no longer a glance

Facets = Mapping[int, ItemFacets]


@dataclass(frozen=True)
class Evidence:
    """A recent deed and what it weighs now."""

    item_id: int
    kind: int
    at_us: int
    weight: float


@dataclass(frozen=True)
class Lean:
    """What one department, brand, tag or colour weighs, and why."""

    facet: str
    key: str
    weight: float  # now
    share: float  # of what the facet's liked keys weigh together; 0 for what is disliked
    evidence: tuple[Evidence, ...]  # strongest first
    rest: float  # what all other deeds, older or weaker, left of the weight


@dataclass(frozen=True)
class PriceBand:
    """Where the prices of what a shopper likes lie: the middle, and one standard deviation of log price around it."""

    low_minor: int
    middle_minor: int
    high_minor: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Novelty:
    """How much of what a shopper likes was new in the shop when they met it."""

    share: float
    evidence: tuple[Evidence, ...]  # the new things


class Stage(StrEnum):
    """How near to buying."""

    AWAY = "away"  # nothing for a fortnight
    LOOKING = "looking"
    COMPARING = "comparing"  # several things of one department, or one that is kept
    DECIDING = "deciding"  # something lies in the basket
    BOUGHT = "bought"  # lately


@dataclass(frozen=True)
class BuyingStage:
    """The stage, the department it is about (0: none) and the deeds that say so."""

    stage: Stage
    department: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class InterestProfile:
    """Everything that can be read from a state."""

    leans: tuple[Lean, ...]  # by facet, strongest first; those against come last
    price: PriceBand | None  # None: too little is known
    novelty: Novelty | None
    stage: BuyingStage


def interest_profile(state: StateValue, facets: Facets, now_us: int, *, n: int = 10) -> InterestProfile:
    """Read a state.

    Args:
        state: as it is folded.
        facets: of the items of ``state.recent``; what is gone from the shop may be missing.
        now_us: weights are told as of now.
        n: leans per facet.
    """
    leans = tuple(lean for name in FACETS for lean in _leans(state, facets, now_us, name, n))
    return InterestProfile(
        leans,
        _price_band(state, facets, now_us),
        _novelty(state, facets, now_us),
        buying_stage(state.recent, facets, now_us),
    )


def lean_of(state: StateValue, facets: Facets, now_us: int, facet: str, key: str) -> Lean:
    """One lean with its evidence."""
    weights = _weights(state.taste, facet, now_us)
    liked = sum(weight for weight in weights.values() if weight > 0)
    weight = weights.get(key, 0.0)
    evidence = _evidence(state.recent, facets, now_us, lambda item, _deed: key in facet_keys(item, facet))
    rest = weight - sum(one.weight for one in evidence)
    return Lean(facet, key, weight, max(weight, 0.0) / liked if liked else 0.0, evidence, rest)


def buying_stage(recent: Sequence[Recent], facets: Facets, now_us: int) -> BuyingStage:
    """How near to buying the deeds of the last fortnight are.

    The first that holds: something carted and not taken out or bought since; a purchase within three days; a like,
    something kept or ``COMPARED`` things of one department; any look; nothing.
    """
    lately = [deed for deed in recent if now_us - deed.at_us < STAGE_DAYS * DAY_US]
    last = {deed.item_id: deed for deed in lately if deed.kind in (Kind.CART, Kind.REMOVE, Kind.PURCHASE, Kind.RETURN)}
    carted = [deed for deed in last.values() if deed.kind == Kind.CART]
    bought = [deed for deed in last.values() if deed.kind == Kind.PURCHASE]
    bought = [deed for deed in bought if now_us - deed.at_us < BOUGHT_DAYS * DAY_US]
    looked = [deed for deed in lately if deed.kind in POSITIVE_KINDS]
    for stage, deeds in (
        (Stage.DECIDING, carted),
        (Stage.BOUGHT, bought),
        (Stage.COMPARING, _compared(looked, facets)),
    ):
        if deeds:
            return _stage(stage, deeds, facets, now_us)
    return _stage(Stage.LOOKING if looked else Stage.AWAY, looked, facets, now_us)


def _compared(looked: Sequence[Recent], facets: Facets) -> list[Recent]:
    kept = [deed for deed in looked if deed.kind in (Kind.LIKE, Kind.FAVOURITE)]
    met: dict[int, set[int]] = {}
    for deed in looked:
        if deed.item_id in facets:
            met.setdefault(facets[deed.item_id].department, set()).add(deed.item_id)
    among = {department for department, items in met.items() if department and len(items) >= COMPARED}
    return kept or [deed for deed in looked if deed.item_id in facets and facets[deed.item_id].department in among]


def _stage(stage: Stage, deeds: Sequence[Recent], facets: Facets, now_us: int) -> BuyingStage:
    newest = sorted(deeds, key=lambda deed: -deed.at_us)
    department = facets[newest[0].item_id].department if newest and newest[0].item_id in facets else 0
    return BuyingStage(stage, department, tuple(_weighed(deed, now_us) for deed in newest[:SHOWN_EVIDENCE]))


def _leans(state: StateValue, facets: Facets, now_us: int, facet: str, n: int) -> list[Lean]:
    weights = _weights(state.taste, facet, now_us)
    order = sorted(weights, key=lambda key: (-weights[key], key))[:n]
    return [lean_of(state, facets, now_us, facet, key) for key in order]


def _weights(taste: Taste, facet: str, now_us: int) -> dict[str, float]:
    fade = faded(max(0, now_us - taste.get("at", now_us)))
    return {key: weight * fade for key, weight in taste.get(facet, {}).items()}


def _price_band(state: StateValue, facets: Facets, now_us: int) -> PriceBand | None:
    weight, total, squares = _sums(state, facets, now_us, PRICE) or (0.0, 0.0, 0.0)
    if weight < LEAST_WEIGHT:
        return None
    middle = total / weight
    spread = math.sqrt(max(0.0, squares / weight - middle * middle))
    low, mid, high = (round(math.exp(middle + step * spread)) for step in (-1, 0, 1))
    counted = _counted(state)
    evidence = _evidence(counted, facets, now_us, lambda item, deed: item.price_minor > 0 and _speaks_for(deed))
    return PriceBand(low, mid, high, evidence)


def _novelty(state: StateValue, facets: Facets, now_us: int) -> Novelty | None:
    new, weight = _sums(state, facets, now_us, NOVELTY) or (0.0, 0.0)
    if weight < LEAST_WEIGHT:
        return None

    def counts(item: ItemFacets, deed: Recent) -> bool:
        return bool(item.published_us) and is_new(item, deed.at_us) and _speaks_for(deed)

    return Novelty(new / weight, _evidence(_counted(state), facets, now_us, counts))


def _sums(state: StateValue, facets: Facets, now_us: int, name: str) -> list[float]:
    """Sums of the taste as they weigh now, without what recent deeds with items that are left out brought.

    Rounded, so that taking out again what was added leaves what was there before.
    """
    fade = faded(max(0, now_us - state.taste.get("at", now_us)))
    sums = [value * fade for value in state.taste.get(name, ())]
    for deed in state.recent if state.ignored else ():
        if deed.item_id not in state.ignored or deed.item_id not in facets or not _speaks_for(deed):
            continue
        brought = amounts(TasteDeed(facets[deed.item_id], deed.kind, deed.value, deed.at_us)).get(name, ())
        weight = _weighed(deed, now_us).weight
        sums = [before - weight * value for before, value in zip(sums, brought, strict=True)] if brought else sums
    return [round(value, 9) for value in sums]


def _counted(state: StateValue) -> list[Recent]:
    """Recent deeds whose items their owner has not left out."""
    return [deed for deed in state.recent if deed.item_id not in state.ignored]


def _speaks_for(deed: Recent) -> bool:
    return deed_weight(deed.kind, deed.value) > 0


def _evidence(
    recent: Iterable[Recent], facets: Facets, now_us: int, counts: Callable[[ItemFacets, Recent], bool]
) -> tuple[Evidence, ...]:
    """The strongest recent deeds that count."""
    telling = (deed for deed in recent if deed.item_id in facets and counts(facets[deed.item_id], deed))
    weighed = [one for one in (_weighed(deed, now_us) for deed in telling) if one.weight]
    return tuple(sorted(weighed, key=lambda one: (-abs(one.weight), -one.at_us, one.item_id))[:SHOWN_EVIDENCE])


def _weighed(deed: Recent, now_us: int) -> Evidence:
    return Evidence(
        deed.item_id, deed.kind, deed.at_us, deed_weight(deed.kind, deed.value) * faded(now_us - deed.at_us)
    )
