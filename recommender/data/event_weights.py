"""How much each kind of deed says: learned from what precedes purchases.

A case is the first deed of one kind by one shopper with one item. It is answered if the same shopper buys that item
within ``within_days`` afterwards; cases whose window had not closed when the facts end are left out.

    p(kind)      = (answered + shrink · p(any)) / (cases + shrink)
    weight(kind) = (p(kind) / p(any)) ** power,   so that an average deed before a purchase weighs 1

p(any) is the share answered among all cases. A purchase answers itself: its p is 1. Along view → favourite → cart a
surer sign never weighs less than a fainter one (pooled where the counts say otherwise). ``power`` below 1 keeps the
many faint signs from drowning. docs/algorithms/event_weights.md tells the whole.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.snapshot import InteractionTable
from recommender.data.types import DAY_US, DataError, Floats, Ints
from users.kinds import KIND_BY_WORD, POSITIVE_KINDS, Kind

LEARNED = tuple(sorted(POSITIVE_KINDS - {Kind.PURCHASE}))
FUNNEL = (Kind.VIEW, Kind.FAVOURITE, Kind.CART)
"""From the faint sign to the sure one."""

HIGHEST = 100.0
"""Largest weight that staff may give."""

_Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventWeightsConfig:
    """How weights are learned."""

    within_days: float = 14.0
    shrink: float = 50.0  # above 0: cases at the average rate that every kind is mixed with
    min_answered: int = 30  # purchases that must have followed something, else every kind weighs 1
    power: float = 0.5
    lowest: float = 0.1
    highest: float = 10.0
    in_popularity: float = 1.0  # exponent of the weights where popularity is counted,
    in_item_knn: float = 0.25  # where shoppers' common items are,
    in_rules: float = 0.0  # and where what follows what is; 0: only kinds that weigh nothing are left out


@dataclass(frozen=True)
class KindWeight:
    """What was learned of one kind; rates are NaN where nothing was."""

    kind: str  # users.kinds.Kind.word
    weight: float
    low: float  # 95 % interval of the weight, clustered by shopper
    high: float
    cases: int
    answered: int
    by_staff: bool = False  # ``weight`` was set by staff; ``learned`` is what it would be
    learned: float = float("nan")


@dataclass(frozen=True)
class EventWeights:
    """A weight for every positive kind."""

    kinds: tuple[KindWeight, ...]
    reason: str = ""  # why nothing could be learned, "" where it was

    def vector(self) -> Floats:
        """(max(Kind)+1,) weight by kind, 0 for kinds that do not speak for an item."""
        weights = np.zeros(max(Kind) + 1, np.float32)
        for one in self.kinds:
            weights[KIND_BY_WORD[one.kind]] = one.weight
        return weights

    def of(self, kind: npt.NDArray[np.int8], power: float = 1.0) -> Floats:
        """(m,) weight ** ``power`` of each entry, scaled so that entries weigh 1 on average: counts stay counts.

        What weighs nothing weighs nothing at any power.
        """
        if not len(kind):
            return np.zeros(0, np.float32)
        by_kind = self.vector()
        weights = np.where(by_kind > 0, by_kind**power, 0).astype(np.float32)[kind]
        mean = float(weights.mean(dtype=np.float64))
        return weights / np.float32(mean) if mean > 0 else np.ones(len(kind), np.float32)

    def overruled(self, by_staff: Mapping[str, float]) -> "EventWeights":
        """The same with the weights that staff gave.

        Args:
            by_staff: kind's word → weight in [0, ``HIGHEST``].

        Raises:
            DataError: a kind or a weight is none.
        """
        staff_weights_check(by_staff)
        return EventWeights(tuple(_overruled(one, by_staff.get(one.kind)) for one in self.kinds), self.reason)

    def to_json(self) -> dict[str, Any]:
        """For a manifest."""
        return {"kinds": [_plain(one) for one in self.kinds], "reason": self.reason}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "EventWeights":
        """The weights that ``to_json`` wrote."""
        return cls(tuple(KindWeight(**one) for one in content["kinds"]), content["reason"])


@dataclass(frozen=True)
class DeedWeights:
    """What deeds weigh, table by table: (m,) weights of entries of given kinds (m,)."""

    weights: EventWeights
    config: EventWeightsConfig

    def in_popularity(self, kind: npt.NDArray[np.int8]) -> Floats:
        """Where popularity is counted."""
        return self.weights.of(kind, self.config.in_popularity)

    def in_item_knn(self, kind: npt.NDArray[np.int8]) -> Floats:
        """Where shoppers' common items are."""
        return self.weights.of(kind, self.config.in_item_knn)

    def in_rules(self, kind: npt.NDArray[np.int8]) -> Floats:
        """Where what follows what is."""
        return self.weights.of(kind, self.config.in_rules)


UNIFORM = EventWeights(tuple(KindWeight(Kind(kind).word, 1.0, 1.0, 1.0, 0, 0) for kind in sorted(POSITIVE_KINDS)))
"""Every deed counts the same."""


def staff_weights_check(by_staff: Mapping[str, float]) -> None:
    """Refuse weights that are none.

    Raises: DataError that names the kind.
    """
    for word, weight in by_staff.items():
        if KIND_BY_WORD.get(word) not in POSITIVE_KINDS:
            known = ", ".join(Kind(kind).word for kind in sorted(POSITIVE_KINDS))
            raise DataError(f"there is no kind {word!r} to weigh; the kinds are {known}")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= HIGHEST:
            raise DataError(f"the weight of {word} is {weight!r}; it must be a number from 0 to {HIGHEST:g}")


def event_weights_learn(
    facts: InteractionTable, *, n_items: int, until_us: int, config: EventWeightsConfig | None = None
) -> EventWeights:
    """Weights of the positive kinds.

    Args:
        facts: sorted by (shopper, time), raw: views before a cart are still there.
        n_items: size of the vocabulary.
        until_us: when the facts end.
        config: window, shrinkage, strength.
    Reference: the shrinkage is the posterior mean under a beta prior at the shop's own rate; pooling follows Ayer,
        Brunk, Ewing, Reid, Silverman, 1955.
    """
    config = config or EventWeightsConfig()
    cases = _cases(facts, n_items, until_us, round(config.within_days * DAY_US))
    answered = int(cases.answered.sum())
    if answered < config.min_answered:
        reason = f"only {answered} deeds were followed by a purchase, {config.min_answered} are needed"
        return EventWeights(UNIFORM.kinds, reason)
    base = answered / len(cases.answered)
    rates = [_rate(cases, kind, base, config.shrink) for kind in LEARNED]
    rates = _monotone(rates)
    learned = [_weighed(rate, base, config) for rate in rates]
    weight = _weight(1.0, base, config)
    bought = int((facts.kind == Kind.PURCHASE).sum())
    return EventWeights((*learned, KindWeight(Kind.PURCHASE.word, weight, weight, weight, bought, bought)))


@dataclass(frozen=True)
class _Cases:
    kind: Ints  # (c,)
    shopper: Ints  # (c,)
    answered: npt.NDArray[np.bool_]  # (c,)


@dataclass(frozen=True)
class _Rate:
    kind: Kind
    cases: int
    answered: int
    mean: float
    error: float  # standard error


def _cases(facts: InteractionTable, n_items: int, until_us: int, within_us: int) -> _Cases:
    """First deeds of each (shopper, item, kind) whose window has closed, and whether a purchase followed."""
    weighed = np.isin(facts.kind, [*map(int, LEARNED)]) & (facts.item >= 0)
    pair = facts.shopper * np.int64(max(n_items, 1)) + facts.item
    rows = np.flatnonzero(weighed)
    _, first = np.unique(pair[rows] * np.int64(len(Kind) + 2) + facts.kind[rows], return_index=True)
    rows = rows[first]
    rows = rows[facts.at_us[rows] + within_us <= until_us]
    at = facts.at_us[rows]
    following = _next_purchase(pair, facts, rows)
    return _Cases(facts.kind[rows].astype(np.int64), facts.shopper[rows], following - at <= within_us)


def _next_purchase(pair: Ints, facts: InteractionTable, rows: Ints) -> Ints:
    """(c,) time of the same shopper's first purchase of the item from each case on; far away where there is none."""
    never = np.int64(np.iinfo(np.int64).max // 2)
    bought = np.flatnonzero(facts.kind == Kind.PURCHASE)
    order = bought[np.lexsort((facts.at_us[bought], pair[bought]))]
    key = np.concatenate([pair[order], pair[rows]])
    time = np.concatenate([facts.at_us[order], facts.at_us[rows]])
    is_case = np.concatenate([np.zeros(len(order), np.int8), np.ones(len(rows), np.int8)])
    merged = np.lexsort((-is_case, time, key))  # a case stands before a purchase of the same moment
    place = np.flatnonzero(is_case[merged])
    bought_at = np.where(is_case[merged] == 0, np.arange(len(merged)), len(merged))
    following = np.minimum.accumulate(bought_at[::-1])[::-1][place]
    safe = np.minimum(following, len(merged) - 1)
    same = (following < len(merged)) & (key[merged[safe]] == key[merged[place]])
    found = np.empty(len(rows), np.int64)
    found[merged[place] - len(order)] = np.where(same, time[merged[safe]], never)
    return found


def _rate(cases: _Cases, kind: Kind, base: float, shrink: float) -> _Rate:
    """Shrunk share answered; its error takes a shopper's cases as one draw, plus the prior's own."""
    mine = cases.kind == kind
    count, answered = int(mine.sum()), int(cases.answered[mine].sum())
    mean = (answered + shrink * base) / (count + shrink)
    shopper, place = np.unique(cases.shopper[mine], return_inverse=True)
    off = np.bincount(place, weights=cases.answered[mine] - mean, minlength=len(shopper))
    prior = shrink * base * (1 - base)
    return _Rate(kind, count, answered, mean, float(np.sqrt((off**2).sum() + prior)) / (count + shrink))


def _monotone(rates: list[_Rate]) -> list[_Rate]:
    """Rates along ``FUNNEL`` never fall: neighbours that do are given their common mean (pool adjacent violators)."""
    by_kind = {rate.kind: rate for rate in rates}
    blocks: list[list[_Rate]] = []
    for kind in FUNNEL:
        blocks.append([by_kind[kind]])
        while len(blocks) > 1 and _pooled(blocks[-2]) > _pooled(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    for block in blocks:
        for rate in block:
            by_kind[rate.kind] = _Rate(rate.kind, rate.cases, rate.answered, _pooled(block), rate.error)
    return [by_kind[rate.kind] for rate in rates]


def _pooled(block: list[_Rate]) -> float:
    return float(np.average([rate.mean for rate in block], weights=[rate.cases + 1 for rate in block]))


def _weighed(rate: _Rate, base: float, config: EventWeightsConfig) -> KindWeight:
    low, mean, high = (_weight(rate.mean + step * rate.error, base, config) for step in (-1.96, 0.0, 1.96))
    return KindWeight(rate.kind.word, mean, low, high, rate.cases, rate.answered)


def _weight(rate: float, base: float, config: EventWeightsConfig) -> float:
    lift = min(max(rate, 0.0), 1.0) / base
    return round(float(np.clip(lift**config.power, config.lowest, config.highest)), 4)


def _overruled(one: KindWeight, given: float | None) -> KindWeight:
    if given is None:
        return one
    return KindWeight(one.kind, float(given), one.low, one.high, one.cases, one.answered, True, one.weight)


def _plain(one: KindWeight) -> dict[str, Any]:
    content = asdict(one)
    if not one.by_staff:
        content.pop("learned")
    return content
