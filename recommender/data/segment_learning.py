"""Learning segments: k-means over interests, a number of groups that keep apart, keys that outlive a training.

How many there are is the number with the best silhouette. A training starts one of its tries at the segments that
serve, and keeps that one unless another is clearly better: what a rule is limited to should not wander for little. Each
new segment is paired with one that serves (Hungarian assignment by distance of centres) and takes over its key where
enough of their shoppers are the same.

Reference: Kuhn, 1955 (assignment).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from recommender.data.absent import Absent
from recommender.data.k_means import Doubles, Grouping, grouping_of, k_means, lloyd, silhouette, squared_distances
from recommender.data.learned_segments import (
    InterestSpace,
    LearnedSegment,
    LearnedSegments,
    Liking,
    Taste,
    liked_weight,
    log_price,
    shares_of,
)
from recommender.data.types import Bools, Ints

FEW_SHOPPERS = "of %(shoppers)d shoppers enough is known, and %(needed)d are needed to learn segments"
NO_GROUPS = "what shoppers like falls into no groups that keep apart"


@dataclass(frozen=True)
class SegmentsConfig:
    """What segments must be like."""

    least: int = 3  # segments
    most: int = 8
    least_shoppers: int = 20  # of a segment: what is told of it is nobody's own
    least_share: float = 0.03  # of all shoppers
    tags: int = 60  # that interests are compared by: those liked most
    max_shoppers: int = 10_000  # learned from, drawn at random
    sample: int = 1500  # shoppers the silhouette is measured on
    margin: float = 0.02  # silhouette that others must gain on the segments that serve
    same: float = 1 / 3  # least part of two segments' shoppers in both for them to be the same one


def segments_learn(
    tastes: Sequence[Taste],
    *,
    label: str,
    before: LearnedSegments | None,
    config: SegmentsConfig,
    seed: int,
) -> LearnedSegments | Absent:
    """The segments of a shop.

    Args:
        tastes: interest profiles.
        label: makes the keys of new segments unlike those of all other trainings.
        before: of the bundle that serves.
        config: what segments must be like.
        seed: of every draw.
    """
    random = np.random.default_rng(seed)
    known = [one for one in tastes if InterestSpace((), ()).place(one) is not None]
    needed = config.least * config.least_shoppers
    if len(known) < needed:
        return Absent(FEW_SHOPPERS, {"shoppers": len(known), "needed": needed})
    if len(known) > config.max_shoppers:
        known = [known[row] for row in sorted(random.choice(len(known), config.max_shoppers, replace=False))]
    space = _space_of(known, config.tags)
    points = np.array([space.place(one) for one in known])
    old = _old_groups(known, before)
    found = _grouped(points, old, config, random)
    if found is None:
        return Absent(NO_GROUPS)
    grouping, apart = found
    keys = _keys(points, grouping.group, old, before, label, config.same)
    segments = _portraits(known, space, grouping.group, keys)
    was = before.keys if before else ()
    return LearnedSegments(
        space,
        grouping.centres,
        segments,
        round(apart, 4),
        new=tuple(key for key in keys if key not in was),
        gone=tuple(key for key in was if key not in keys),
    )


def _space_of(tastes: Sequence[Taste], n_tags: int) -> InterestSpace:
    """Every liked department, the tags liked most, and how prices spread."""
    departments, tags = (_liked(tastes, facet) for facet in ("departments", "tags"))
    prices = [price for one in tastes if (price := log_price(one)) is not None]
    mean, sd = (float(np.mean(prices)), float(np.std(prices))) if prices else (0.0, 1.0)
    return InterestSpace(tuple(sorted(departments)), tuple(sorted(tags[:n_tags])), mean, sd or 1.0)


def _liked(tastes: Sequence[Taste], facet: str) -> list[int]:
    """Ids by the share that they have in what is liked, the largest first."""
    shares: dict[int, float] = {}
    for one in tastes:
        weights = one.get(facet, {})
        total = liked_weight(weights)
        for key, weight in weights.items() if total else ():
            if weight > 0:
                shares[int(key)] = shares.get(int(key), 0.0) + weight / total
    return sorted(shares, key=lambda key: (-shares[key], key))


def _old_groups(tastes: Sequence[Taste], before: LearnedSegments | None) -> Ints:
    """(n,) place among the segments that serve, -1 none."""
    place = {key: number for number, key in enumerate(before.keys)} if before else {}
    return np.array([place.get(before.key_of(one), -1) if before else -1 for one in tastes], np.int64)


def _grouped(
    points: Doubles, old: Ints, config: SegmentsConfig, random: np.random.Generator
) -> tuple[Grouping, float] | None:
    """The grouping that keeps apart best, and how well; None where none is good enough."""
    sample = np.sort(random.permutation(len(points))[: config.sample])
    tried = [k_means(points, k, random) for k in range(config.least, config.most + 1)]
    names = np.unique(old[old >= 0])
    again = lloyd(points, _means(points, old, names)) if len(names) >= config.least else None
    good = []
    for one in (*tried, *([again] if again else ())):
        kept = grouping_of(points, one.centres.round(5))  # as a manifest holds them: what serves is what was measured
        if _fits(kept, config) and (apart := silhouette(points[sample], kept.group[sample])) > 0:
            good.append((apart + (config.margin if one is again else 0.0), apart, kept))
    if not good:
        return None
    _, apart, best = max(good, key=lambda entry: entry[0])
    return best, apart


def _fits(grouping: Grouping, config: SegmentsConfig) -> bool:
    least = max(config.least_shoppers, math.ceil(config.least_share * len(grouping.group)))
    return bool(grouping.sizes.min() >= least)


def _means(points: Doubles, group: Ints, names: Ints) -> Doubles:
    return np.array([points[group == name].mean(axis=0) for name in names])


def _keys(
    points: Doubles, group: Ints, old: Ints, before: LearnedSegments | None, label: str, same: float
) -> list[str]:
    """A key for each group: that of the old segment it is paired with and alike, else a new one."""
    keys = [f"{label}-{number + 1}" for number in range(int(group.max()) + 1)]
    names = np.unique(old[old >= 0])
    if before is None or not len(names):
        return keys
    centres = _means(points, group, np.arange(len(keys)))
    for row, column in zip(*linear_sum_assignment(squared_distances(centres, _means(points, old, names))), strict=True):
        if _overlap(group == row, old == names[column]) >= same:
            keys[row] = before.keys[int(names[column])]
    return keys


def _overlap(these: Bools, those: Bools) -> float:
    """Part of the members of either that are in both."""
    return float((these & those).sum() / max((these | those).sum(), 1))


def _portraits(
    tastes: Sequence[Taste], space: InterestSpace, group: Ints, keys: Sequence[str]
) -> tuple[LearnedSegment, ...]:
    columns = {facet: {str(key): at for at, key in enumerate(ids)} for facet, ids in space.facets}
    shares = {facet: np.array([shares_of(one.get(facet, {}), columns[facet]) for one in tastes]) for facet in columns}
    prices = np.array([np.nan if (price := log_price(one)) is None else price for one in tastes])
    z = np.array([space.price_z(one) for one in tastes])

    def portrait(key: str, member: Bools) -> LearnedSegment:
        likings = [one for facet, ids in space.facets for one in _likings(facet, ids, shares[facet], member)]
        dear = round(float(z[member].mean()), 3)
        return LearnedSegment(key, int(member.sum()), tuple(likings), _quartiles(prices[member]), dear)

    return tuple(portrait(key, group == number) for number, key in enumerate(keys))


_TELLING_SHARE, _TELLING_LIFT, _TOLD = 0.1, 1.25, 3
"""Least share and lift of what is told of a segment, and how much of each facet."""


def _likings(facet: str, ids: tuple[int, ...], shares: Doubles, member: Bools) -> list[Liking]:
    """What members like more than others do: the largest share · log lift first, in nats of a liking."""
    if not ids:
        return []
    inside, everybody = shares[member].mean(axis=0), np.maximum(shares.mean(axis=0), 1e-9)
    lift = inside / everybody
    telling = np.flatnonzero((lift >= _TELLING_LIFT) & (inside >= _TELLING_SHARE))
    order = telling[np.argsort(-(inside * np.log(np.maximum(lift, 1e-9)))[telling], kind="stable")][:_TOLD]
    return [Liking(facet, ids[row], round(float(inside[row]), 3), round(float(lift[row]), 2)) for row in order]


def _quartiles(prices: Doubles) -> tuple[int, int, int] | None:
    known = prices[np.isfinite(prices)]
    if not len(known):
        return None
    low, middle, high = (round(math.exp(value)) for value in np.quantile(known, (0.25, 0.5, 0.75)))
    return low, middle, high
