"""May a new bundle serve? A paired comparison on shoppers neither bundle has learned the answer from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy import stats

from recommender.data.types import Floats
from recommender.evaluation.online_fdr import lord_level


class Verdict(StrEnum):
    """What the gate says."""

    FIRST = "first"  # nothing serves yet, and it beats best sellers
    BETTER = "better"  # better than what serves
    REFRESH = "refresh"  # as good as the month's anchor, and newer
    WORSE = "worse"
    UNPROVEN = "unproven"  # not shown to be as good
    NOT_ABOVE_POPULARITY = "not_above_popularity"

    @property
    def passes(self) -> bool:
        """Whether the bundle may be promoted."""
        return self in (Verdict.FIRST, Verdict.BETTER, Verdict.REFRESH)


@dataclass(frozen=True)
class GateConfig:
    """Fixed before anything is looked at."""

    margin: float = 0.01  # δ: NDCG@10 that a refresh may be below the anchor, at the lower bound
    false_promotions: float = 0.05  # share of promotions as "better" that may be false
    min_shoppers: int = 20


@dataclass(frozen=True)
class Paired:
    """Paired comparison of two models on the same shoppers."""

    ours: float
    theirs: float
    difference: float
    lower: float  # of the 95 % interval
    upper: float
    p_value: float  # one-sided, of "not better"


@dataclass(frozen=True)
class GateResult:
    """Verdict and evidence."""

    verdict: Verdict
    shoppers: int
    popularity: Paired
    live: Paired | None  # against what serves now
    anchor: Paired | None  # against the month's anchor
    level: float  # significance level this attempt was given, NaN where it was not tested
    margin: float

    @property
    def deciding(self) -> Paired:
        """The comparison the verdict rests on."""
        if self.verdict is Verdict.REFRESH and self.anchor:
            return self.anchor
        return self.live or self.popularity

    def to_json(self) -> dict[str, Any]:
        """For ``BundleVersion.gate``."""
        pairs = {"popularity": self.popularity, "live": self.live, "anchor": self.anchor}
        return {
            "verdict": self.verdict.value,
            "passes": self.verdict.passes,
            "metric": "ndcg@10",
            "shoppers": self.shoppers,
            "level": None if np.isnan(self.level) else self.level,
            "margin": self.margin,
            **{name: None if pair is None else vars(pair) for name, pair in pairs.items()},
        }


def paired(ours: Floats, theirs: Floats) -> Paired:
    """Mean difference with its 95 % interval and one-sided p-value, by Student's t over shoppers.

    Two models that differ by the same amount for everybody, or a single shopper, prove nothing: p is then ½.

    Args:
        ours: (v,) metric per shopper.
        theirs: (v,) of the same shoppers.
    """
    difference = (ours - theirs).astype(np.float64)
    mean, n = float(difference.mean()), len(difference)
    error = float(difference.std(ddof=1) / np.sqrt(n)) if n > 1 else float("inf")
    reach = float(stats.t.ppf(0.975, max(n - 1, 1))) * error
    p = float(stats.t.sf(mean / error, n - 1)) if 0 < error < float("inf") else 0.5
    return Paired(float(ours.mean()), float(theirs.mean()), mean, mean - reach, mean + reach, p)


def gate_judge(
    ours: Floats,
    popular: Floats,
    *,
    live: Floats | None,
    anchor: Floats | None,
    ledger: Sequence[bool],
    config: GateConfig,
) -> GateResult:
    """Judge a new bundle.

    Without a live bundle it must beat best sellers. Otherwise it passes as better (p-value within the level that the
    ledger leaves) or as a refresh (lower bound above −δ against the anchor, so that small losses cannot add up).

    Args:
        ours: (v,) metric per held-out shopper.
        popular: (v,) of the list of best sellers.
        live: (v,) of the bundle that serves; None: there is none.
        anchor: (v,) of the month's anchor; None: the live one is it.
        ledger: earlier attempts in their order, True where one was found better.
        config: margin and error rate.
    """
    nan = float("nan")
    base = paired(ours, popular)
    if live is None:
        enough = len(ours) >= config.min_shoppers and base.lower > 0
        verdict = Verdict.FIRST if enough else Verdict.NOT_ABOVE_POPULARITY
        return GateResult(verdict, len(ours), base, None, None, nan, config.margin)
    against = paired(ours, live)
    fixed = paired(ours, live if anchor is None else anchor)
    level = lord_level(ledger, alpha=config.false_promotions)
    verdict = _verdict(base, against, fixed, level, config, len(ours))
    return GateResult(verdict, len(ours), base, against, fixed, level, config.margin)


def _verdict(base: Paired, live: Paired, anchor: Paired, level: float, config: GateConfig, n: int) -> Verdict:
    if n < config.min_shoppers:
        return Verdict.UNPROVEN
    if base.lower <= 0:
        return Verdict.NOT_ABOVE_POPULARITY
    if live.p_value <= level:
        return Verdict.BETTER
    if anchor.lower > -config.margin:
        return Verdict.REFRESH
    return Verdict.WORSE if live.upper < 0 else Verdict.UNPROVEN
