"""What a draft would have moved, counted so that the counts of two parts of a log add up to those of the whole."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.types import DataError
from recommender.evaluation.off_policy import Estimate, Sums, WeightTotals, difference_of_sums

MAX_WEIGHT = 20.0
OUTCOMES = ("clicks", "revenue")
_PER_SHOPPER = 3 + 8 * len(OUTCOMES)  # see ``SlotEvidence.sums``
_DIGITS = 9

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SlotEvidence:
    """Seen slots of one shopper that were drawn, with what draft and anchor think of them; anchor is what serves now.

    ``modelled`` and the two ``expected`` come from the ranker of the day, which was trained before any of these pages
    was shown; NaN where the bundle has none.
    """

    rewards: Doubles  # (n, 2) clicks, revenue in minor units
    propensities: Doubles  # (n,) as logged
    draft: Doubles  # (n,) probability of what was shown under the draft
    anchor: Doubles  # (n,) the same under what serves
    modelled: Doubles  # (n, 2) expected of what was shown
    expected_draft: Doubles  # (n, 2) expected under the draft
    expected_anchor: Doubles  # (n, 2) expected under what serves
    unsupported: Doubles  # (n,) mass of the draft on what the log could not show

    def totals(self) -> WeightTotals:
        """How far the draft's weights carry."""
        raw = self.draft / self.propensities
        cut = np.minimum(raw, MAX_WEIGHT)
        largest = float(raw.max(initial=0.0))
        clipped = int((raw > MAX_WEIGHT).sum())
        unsupported = float(self.unsupported.sum())
        return WeightTotals(len(raw), float(cut.sum()), float((cut**2).sum()), largest, clipped, unsupported)

    def sums(self) -> Doubles:
        """What the estimators need of one shopper: n, Σw, Σv, and per outcome Σr, Σwr, Σvr, Σq, Σwq, Σvq, Σq(π), Σq(ρ).

        w are the weights of the draft π, v those of the anchor ρ, r rewards, q modelled ones.
        """
        w = np.minimum(self.draft / self.propensities, MAX_WEIGHT)
        v = np.minimum(self.anchor / self.propensities, MAX_WEIGHT)
        found = [float(len(w)), w.sum(), v.sum()]
        for k in range(len(OUTCOMES)):
            r, q = self.rewards[:, k], self.modelled[:, k]
            found += [r.sum(), w @ r, v @ r, q.sum(), w @ q, v @ q]
            found += [self.expected_draft[:, k].sum(), self.expected_anchor[:, k].sum()]
        return np.array(found)


@dataclass(frozen=True)
class Earning:
    """What a slot that is seen would earn on average, now and with the draft."""

    now: float
    draft: float
    difference: Estimate
    doubly_robust: bool


@dataclass
class Tally:
    """What was counted of logged pages; ``+`` puts two parts together."""

    pages: int = 0
    different: int = 0  # pages with other items or another order
    cards: int = 0
    replaced: int = 0  # cards that would have been other items
    gone: int = 0  # pages whose bundle or rules are gone
    before: Counter[int] = field(default_factory=Counter)  # item → cards
    after: Counter[int] = field(default_factory=Counter)
    seen: int = 0  # cards that were drawn and seen on pages old enough to have earned
    apart: int = 0  # of these, cards in rows that the draft does not have
    weights: WeightTotals = field(default_factory=WeightTotals)
    shoppers: dict[str, Doubles] = field(default_factory=dict)  # person → ``SlotEvidence.sums``

    def count(self, before: Sequence[int], after: Sequence[int]) -> None:
        """A page as it was, or would be now, and as the draft would have made it."""
        self.pages += 1
        self.different += list(before) != list(after)
        self.cards += len(before)
        self.replaced += len(set(before) - set(after))
        self.before.update(before)
        self.after.update(after)

    def credit(self, shopper: str, evidence: SlotEvidence, apart: int) -> None:
        """What came of a page's seen slots; ``apart`` more were seen where the draft has no place."""
        self.seen += len(evidence.propensities) + apart
        self.apart += apart
        self.weights = self.weights + evidence.totals()
        if len(evidence.propensities):
            self.shoppers[shopper] = self.shoppers.get(shopper, np.zeros(_PER_SHOPPER)) + evidence.sums()

    def __add__(self, other: "Tally") -> "Tally":
        """Both parts of a log together."""
        shoppers = dict(self.shoppers)
        for shopper, sums in other.shoppers.items():
            shoppers[shopper] = shoppers.get(shopper, np.zeros(_PER_SHOPPER)) + sums
        numbers = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        before, after, weights = self.before + other.before, self.after + other.after, self.weights + other.weights
        return Tally(**numbers, before=before, after=after, weights=weights, shoppers=shoppers)

    def earning(self, outcome: str, *, seed: int = 0) -> Earning:
        """What a seen slot earns, by the doubly robust estimate where a ranker was there, else by SNIPS.

        The ranker's expectation is brought to the logged level by one factor.

        Args:
            outcome: one of ``OUTCOMES``.
            seed: of the bootstrap over shoppers.
        Raises: DataError where nothing can be estimated.
        """
        if not self.shoppers:
            raise DataError("no card that was drawn and seen is old enough to have earned anything")
        table = np.stack([self.shoppers[name] for name in sorted(self.shoppers)])  # (shoppers, 19)
        n, w, v = table[:, 0], table[:, 1], table[:, 2]
        at = 3 + 8 * OUTCOMES.index(outcome)
        r, wr, vr, q, wq, vq, draft, anchor = table[:, at : at + 8].T
        is_modelled = bool(np.isfinite(q).all())
        if is_modelled:
            rate = r.sum() / q.sum() if q.sum() > 0 else 1.0
            target = Sums(rate * draft + wr - rate * wq, n, w)
            against = Sums(rate * anchor + vr - rate * vq, n, v)
        else:
            target, against = Sums(wr, w, w), Sums(vr, v, v)
        difference = difference_of_sums(target, against, self.weights, seed=seed)
        return Earning(against.value(), target.value(), difference, is_modelled)

    def to_json(self) -> dict[str, Any]:
        """For a job's result."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _COUNTS}
        for name in ("before", "after"):
            plain[name] = {str(item): count for item, count in getattr(self, name).items()}
        rows = {who: [_plain(value) for value in sums.tolist()] for who, sums in self.shoppers.items()}
        return {**plain, "weights": asdict(self.weights), "shoppers": rows}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "Tally":
        """Back from ``to_json``."""
        before, after = (Counter({int(item): n for item, n in plain[name].items()}) for name in ("before", "after"))
        shoppers = {who: np.array(sums, np.float64) for who, sums in plain["shoppers"].items()}  # None becomes NaN
        numbers = {name: plain[name] for name in _COUNTS}
        weights = WeightTotals(**plain["weights"])
        return cls(**numbers, before=before, after=after, weights=weights, shoppers=shoppers)


_COUNTS = ("pages", "different", "cards", "replaced", "gone", "seen", "apart")


def _plain(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
