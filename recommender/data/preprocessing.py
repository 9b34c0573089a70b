"""What is done about missing, impossible and extreme values before anything learns, and how often it was done.

Nothing is dropped without being counted: ``snapshot_prepare`` gives the treated snapshot and a report that the training
logs and staff read on the bundle's page. docs/algorithms/preprocessing.md tells each treatment.
"""

from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.snapshot import InteractionTable, ItemTable, Snapshot
from recommender.data.snapshot_files import snapshot_seal
from recommender.data.types import Bools, Ints
from users.kinds import Kind

MAD_TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

_LARGEST_LOG = 40.0  # of a number that 64 bits hold
_Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PreprocessingConfig:
    """From where on a value is impossible or extreme."""

    earliest: str = "1995-01-01"  # older times come from clocks that were never set
    bounce_seconds: float = 2.0  # a stay this short shows no interest
    longest_dwell_seconds: float = 1800.0  # beyond it somebody left the page open
    fence: float = 5.0  # robust standard deviations of logarithms beyond which a value is extreme
    narrowest: float = 0.5  # … which are taken for at least this wide: a factor of 1.6
    fewest: int = 8  # values that an item or a department needs for a fence of its own


@dataclass(frozen=True)
class Treated:
    """One treatment: how many of how many values."""

    code: str  # recommender.admin.preparation has the words
    count: int
    of: int


@dataclass(frozen=True)
class PreparationReport:
    """Everything that was done, in the order of doing."""

    treated: tuple[Treated, ...]

    def after(self, *first: Treated) -> "PreparationReport":
        """The report with what was done before it."""
        return PreparationReport((*first, *self.treated))

    def to_json(self) -> list[dict[str, Any]]:
        """For a manifest."""
        return [asdict(one) for one in self.treated]

    def lines(self) -> list[str]:
        """Those that happened, for a log."""
        return [f"{one.code.replace('_', ' ')}: {one.count} of {one.of}" for one in self.treated if one.count]


def snapshot_prepare(
    snapshot: Snapshot, config: PreprocessingConfig | None = None
) -> tuple[Snapshot, PreparationReport]:
    """The snapshot as everything that learns shall see it.

    Returns: a sealed snapshot with the same shoppers and vocabulary, and what was done. Treating it again does nothing.
    """
    config = config or PreprocessingConfig()
    items, of_items = _items_treat(snapshot.items, config)
    facts, of_facts = _facts_treat(snapshot.interactions, snapshot.until_us, len(items), config)
    prepared = snapshot_seal(
        shop_id=snapshot.shop_id,
        until_us=snapshot.until_us,
        items=items,
        shoppers=snapshot.shoppers,
        interactions=facts,
        impressions=snapshot.impressions,
        relations=snapshot.relations,
    )
    return prepared, PreparationReport((*of_items, *of_facts))


def _items_treat(items: ItemTable, config: PreprocessingConfig) -> tuple[ItemTable, list[Treated]]:
    n = len(items)
    nameless = (items.category <= 0) & (items.department > 0)
    category = np.where(nameless, items.department, items.category)
    unpriced = items.price_minor <= 0
    price = np.where(unpriced, -1, items.price_minor)
    price, extreme = _winsorised(price, np.where(items.department > 0, items.department, -1), config, only=~unpriced)
    no_discount = (items.list_price_minor >= 0) & (items.list_price_minor <= np.where(unpriced, 0, items.price_minor))
    list_price = np.where(no_discount | unpriced, -1, items.list_price_minor)
    treated = [
        Treated("price_unknown", int(unpriced.sum()), n),
        Treated("price_extreme", extreme, n),
        Treated("list_price_no_discount", int(no_discount.sum()), n),
        Treated("category_from_department", int(nameless.sum()), n),
        Treated("department_unknown", int((items.department <= 0).sum()), n),
        Treated("brand_unknown", int((items.brand <= 0).sum()), n),
        Treated("text_missing", sum(not text.strip() for text in items.texts), n),
    ]
    return replace(items, category=category, price_minor=price, list_price_minor=list_price), treated


def _facts_treat(
    facts: InteractionTable, until_us: int, n_items: int, config: PreprocessingConfig
) -> tuple[InteractionTable, list[Treated]]:
    total = len(facts)
    dwell = facts.kind == Kind.DWELL
    value = np.where(np.isfinite(facts.value), facts.value, np.nan).astype(np.float32)
    left_out = {
        "kind_unknown": ~np.isin(facts.kind, [*map(int, Kind)]),
        "item_unknown": (facts.item < 0) | (facts.item >= n_items),
        "time_ancient": facts.at_us < _microseconds(config.earliest),
        "time_future": facts.at_us > until_us,
        "dwell_bounce": dwell & (value < config.bounce_seconds),
    }
    keep = ~np.logical_or.reduce([*left_out.values()]) if total else np.zeros(0, np.bool_)
    treated = [Treated(code, int(bad.sum()), total) for code, bad in left_out.items()]
    kept = _selected(replace(facts, value=value), keep) if not keep.all() else replace(facts, value=value)
    long = (kept.kind == Kind.DWELL) & (kept.value > config.longest_dwell_seconds)
    kept = replace(kept, value=np.where(long, np.float32(config.longest_dwell_seconds), kept.value))
    bought = kept.kind == Kind.PURCHASE
    uncounted = kept.quantity < 1
    quantity, extreme = _winsorised(np.where(uncounted, 1, kept.quantity), kept.item, config, only=bought)
    treated += [
        Treated("dwell_long", int(long.sum()), int(dwell.sum())),
        Treated("quantity_missing", int(uncounted.sum()), len(kept)),
        Treated("quantity_extreme", extreme, int(bought.sum())),
    ]
    return replace(kept, quantity=quantity), treated


def _microseconds(day: str) -> int:
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1e6)


def _selected(facts: InteractionTable, keep: Bools) -> InteractionTable:
    return InteractionTable(**{one.name: getattr(facts, one.name)[keep] for one in fields(facts)})


def _winsorised(values: Ints, group: Ints, config: PreprocessingConfig, *, only: Bools) -> tuple[Ints, int]:
    """Values beyond their group's fence moved onto it, and how many were.

        fence = exp( median ± fence · max(1.4826 · MAD, narrowest) ) of the logarithms

    Groups with few values, and what is in none (-1), are held to the fence of all.
    """
    rows = np.flatnonzero(only)
    if len(rows) < config.fewest:
        return values, 0
    logs = np.log(values[rows].astype(np.float64))
    _, place, size = np.unique(group[rows], return_inverse=True, return_counts=True)
    own = (size >= config.fewest)[place] & (group[rows] >= 0)
    middle, width = (
        np.where(own, ours, everybodys)
        for ours, everybodys in zip(_spread(place, logs), _spread(np.zeros_like(place), logs), strict=True)
    )
    reach = config.fence * np.maximum(width, config.narrowest)
    highest = np.floor(np.exp(np.minimum(middle + reach, _LARGEST_LOG)))
    lowest = np.ceil(np.exp(middle - reach))
    bound = np.clip(values[rows], lowest, np.maximum(highest, 1)).astype(np.int64)
    moved = bound != values[rows]
    treated = values.copy()
    treated[rows] = bound
    return treated, int(moved.sum())


def _spread(place: Ints, logs: _Doubles) -> tuple[_Doubles, _Doubles]:
    """(r,) median of each value's group and its robust standard deviation; groups are numbered without gaps."""
    middle = _medians(place, logs)[place]
    return middle, MAD_TO_SIGMA * _medians(place, np.abs(logs - middle))[place]


def _medians(place: Ints, values: _Doubles) -> _Doubles:
    """(g,) median of each group's values."""
    ordered = values[np.lexsort((values, place))]
    size = np.bincount(place)
    first = np.cumsum(size) - size
    return np.asarray((ordered[first + (size - 1) // 2] + ordered[first + size // 2]) / 2, np.float64)
