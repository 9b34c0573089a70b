"""What another policy would have earned, estimated from logged slots of the one that ran.

Valid for one-slot deviations: everything else on the page stays as it was logged. Every estimator here is a ratio of
sums over shoppers, ``Σ numerator / Σ denominator``, so one cluster bootstrap serves them all.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.types import DataError, Ints

Doubles = npt.NDArray[np.float64]

MIN_EFFECTIVE_CLUSTERS = 200.0
REPLICATIONS = 1000


@dataclass(frozen=True)
class LoggedSlots:
    """Slots that were drawn with known probability, and what a target policy thinks of them.

    ``model_logged`` and ``model_target`` come from a reward model fitted on other shoppers; they are needed for the
    doubly robust estimate only.
    """

    rewards: Doubles  # (n,) reward units
    propensities: Doubles  # (n,) in (0, 1], logged probability of what was shown
    target: Doubles  # (n,) in [0, 1], probability of the same item under the target policy
    clusters: Ints  # (n,) shopper of each slot
    model_logged: Doubles | None = None  # (n,) modelled reward of what was shown
    model_target: Doubles | None = None  # (n,) modelled reward expected under the target policy
    unsupported: Doubles | None = None  # (n,) target mass on items that the log could not show

    def __post_init__(self) -> None:
        """Refuse arrays that would give a wrong number quietly."""
        if len(self.rewards) == 0:
            raise DataError("no logged slots: log pages with propensities first")
        bad = ~np.isfinite(self.propensities) | (self.propensities <= 0) | (self.propensities > 1)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise DataError(
                f"slot {row}: propensity {self.propensities[row]} is not in (0, 1]; leave out slots that were not drawn"
            )
        if not (np.isfinite(self.rewards).all() and np.isfinite(self.target).all()):
            raise DataError(
                "rewards and target probabilities must be finite; leave out slots whose outcome is not known yet"
            )

    def weights(self, max_weight: float = np.inf) -> Doubles:
        """(n,) importance weights π/μ, cut at ``max_weight``."""
        return np.minimum(self.target / self.propensities, max_weight)


@dataclass(frozen=True)
class Sums:
    """Numerator and denominator of an estimator, summed by cluster."""

    numerator: Doubles  # (c,)
    denominator: Doubles  # (c,)
    weight: Doubles  # (c,) importance weight

    def value(self) -> float:
        """The estimate itself."""
        return float(self.numerator.sum() / self.denominator.sum())


@dataclass(frozen=True)
class WeightTotals:
    """How far importance weights carry, as sums: the totals of two logs are the totals of both together."""

    n: int = 0
    total: float = 0.0  # of weights that were cut at the largest allowed
    squares: float = 0.0
    largest: float = 0.0  # before cutting
    clipped: int = 0
    unsupported: float = 0.0  # target mass on items that the log could not show

    def __add__(self, other: "WeightTotals") -> "WeightTotals":
        """Both logs as one."""
        return WeightTotals(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            max(self.largest, other.largest),
            self.clipped + other.clipped,
            self.unsupported + other.unsupported,
        )


@dataclass(frozen=True)
class Estimate:
    """A value with what is needed to distrust it."""

    value: float
    standard_error: float
    low: float
    high: float
    n: int
    effective_sample: float  # slots: (Σw)² / Σw²
    effective_clusters: float  # shoppers: the same over sums of weights by shopper
    unsupported: float  # mean target mass on items that the log could not show
    weight_max: float
    weight_p99: float  # NaN where only sums of the weights are known
    clipped: float  # share of slots whose weight was cut

    @property
    def conclusive(self) -> bool:
        """False where fewer than 200 effective shoppers carry the number: then the answer is "cannot conclude"."""
        return self.effective_clusters >= MIN_EFFECTIVE_CLUSTERS


def ips(log: LoggedSlots, *, max_weight: float = np.inf, level: float = 0.95, seed: int = 0) -> Estimate:
    """Value of a target policy from logs of another, by inverse propensities.

        V = mean( w · r ),   w = π(a|s) / μ(a|s)

    Unbiased where the log supports the target; large weights make it vary.

    Args:
        log: (n,) slots.
        max_weight: weights are cut here, which biases towards the logged policy.
        level: of the interval, a cluster bootstrap over shoppers.
        seed: of the bootstrap.
    Returns: Estimate in reward units per slot.
    Reference: Horvitz, Thompson, 1952; Strehl, Langford, Li, Kakade, 2010.
    """
    return _estimate(log, ips_sums(log, max_weight), max_weight, level, seed)


def snips(log: LoggedSlots, *, max_weight: float = np.inf, level: float = 0.95, seed: int = 0) -> Estimate:
    """Value of a target policy, by inverse propensities normalised with their own sum.

        V = Σ w · r / Σ w

    Slightly biased (order 1/n) and far steadier than ``ips``; invariant to a constant added to every reward.

    Args, Returns: as for ``ips``.
    Raises: DataError if the target policy never shows what was logged.
    Reference: Swaminathan, Joachims, 2015.
    """
    return _estimate(log, snips_sums(log, max_weight), max_weight, level, seed)


def dr(log: LoggedSlots, *, max_weight: float = np.inf, level: float = 0.95, seed: int = 0) -> Estimate:
    """Value of a target policy from logs of another, doubly robust.

        V = mean( q(s, π) + w · (r − q(s, a)) )

    Unbiased if the propensities or the reward model q is right, given that q was fitted on other shoppers.

    Args, Returns: as for ``ips``.
    Raises: DataError if the log carries no reward model.
    Reference: Dudík, Langford, Li, 2011.
    """
    return _estimate(log, dr_sums(log, max_weight), max_weight, level, seed)


def difference(
    log: LoggedSlots, target: Sums, anchor: Sums, *, max_weight: float = np.inf, level: float = 0.95, seed: int = 0
) -> Estimate:
    """Paired difference of two estimates over the same slots: ``V(target) − V(anchor)``.

    Both are resampled with the same shoppers, so what they share cancels.

    Args:
        log: of the target; the diagnostics are its own.
        target: sums of an estimator over it.
        anchor: sums of the same estimator over the same slots under the policy it is compared with.
        max_weight: that the sums were made with.
        level: of the interval.
        seed: of the bootstrap.
    """
    draws = _replicate(target, seed) - _replicate(anchor, seed)
    return _described(log, target, target.value() - anchor.value(), draws, max_weight, level)


def difference_of_sums(
    target: Sums, anchor: Sums, weights: WeightTotals, *, level: float = 0.95, seed: int = 0
) -> Estimate:
    """``difference`` where the slots are no longer there and their sums by shopper are.

    Args:
        target: of the estimator under the target policy.
        anchor: of the same shoppers under the policy it is compared with.
        weights: of the target.
        level: of the interval.
        seed: of the bootstrap.
    Raises: DataError if either policy carries no weight.
    """
    if not weights.n or target.denominator.sum() <= 0 or anchor.denominator.sum() <= 0:
        raise DataError("neither policy ever shows what was logged: nothing can be estimated from this log")
    draws = _replicate(target, seed) - _replicate(anchor, seed)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=target.value() - anchor.value(),
        standard_error=float(draws.std(ddof=1)),
        low=float(low),
        high=float(high),
        n=weights.n,
        effective_sample=weights.total**2 / weights.squares if weights.squares else 0.0,
        effective_clusters=effective_size(target.weight),
        unsupported=weights.unsupported / weights.n,
        weight_max=weights.largest,
        weight_p99=float("nan"),
        clipped=weights.clipped / weights.n,
    )


def ips_sums(log: LoggedSlots, max_weight: float = np.inf) -> Sums:
    """Numerators and denominators of ``ips`` by shopper."""
    weights = log.weights(max_weight)
    return _by_cluster(log.clusters, weights * log.rewards, np.ones_like(weights), weights)


def snips_sums(log: LoggedSlots, max_weight: float = np.inf) -> Sums:
    """Numerators and denominators of ``snips`` by shopper."""
    weights = log.weights(max_weight)
    return _by_cluster(log.clusters, weights * log.rewards, weights, weights)


def dr_sums(log: LoggedSlots, max_weight: float = np.inf) -> Sums:
    """Numerators and denominators of ``dr`` by shopper.

    Raises: DataError if the log carries no reward model.
    """
    if log.model_logged is None or log.model_target is None:
        raise DataError("a doubly robust estimate needs a reward model: give model_logged and model_target")
    weights = log.weights(max_weight)
    terms = log.model_target + weights * (log.rewards - log.model_logged)
    return _by_cluster(log.clusters, terms, np.ones_like(weights), weights)


def effective_size(weights: Doubles) -> float:
    """Number of equal weights that vary as much as these: (Σw)² / Σw², 0 where all are 0."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _by_cluster(clusters: Ints, numerator: Doubles, denominator: Doubles, weight: Doubles) -> Sums:
    _, row = np.unique(clusters, return_inverse=True)

    def total(values: Doubles) -> Doubles:
        return np.bincount(row, values).astype(np.float64)

    return Sums(total(numerator), total(denominator), total(weight))


def _replicate(sums: Sums, seed: int) -> Doubles:
    """(REPLICATIONS,) the estimate with shoppers drawn again; equal seeds draw equal shoppers."""
    n = len(sums.numerator)
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=REPLICATIONS)  # (REPLICATIONS, c)
    below = times @ sums.denominator
    return np.divide(times @ sums.numerator, below, out=np.zeros(REPLICATIONS), where=below != 0)


def _estimate(log: LoggedSlots, sums: Sums, max_weight: float, level: float, seed: int) -> Estimate:
    if sums.denominator.sum() == 0:
        raise DataError("the target policy never shows what was logged: nothing can be estimated from this log")
    return _described(log, sums, sums.value(), _replicate(sums, seed), max_weight, level)


def _described(log: LoggedSlots, sums: Sums, value: float, draws: Doubles, max_weight: float, level: float) -> Estimate:
    raw = log.weights()
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=value,
        standard_error=float(draws.std(ddof=1)),
        low=float(low),
        high=float(high),
        n=len(raw),
        effective_sample=effective_size(np.minimum(raw, max_weight)),
        effective_clusters=effective_size(sums.weight),
        unsupported=0.0 if log.unsupported is None else float(log.unsupported.mean()),
        weight_max=float(raw.max()),
        weight_p99=float(np.quantile(raw, 0.99)),
        clipped=float((raw > max_weight).mean()),
    )
