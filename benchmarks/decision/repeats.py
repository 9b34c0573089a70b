"""The same measurement several times over, and what one may say of it: medians of the repeats, and their spread."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import Goal, Measure, percentile

SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Repeats:
    """Seconds that something took, one list per repeat."""

    seconds: Sequence[Sequence[float]]

    def percentiles(self, share: float) -> list[float]:
        """The percentile of each repeat, in seconds."""
        return [percentile(one, share) for one in self.seconds]

    def measure(self, name: str) -> Measure:
        """Medians of the repeats' percentiles, told in milliseconds; n counts what was measured in all of them."""
        told = {name: 1000 * statistics.median(self.percentiles(share)) for name, share in SHARES.items()}
        return Measure(name, "ms", sum(map(len, self.seconds)), **told)


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing took as another that was measured in turn with it."""

    name: str
    ratios: Mapping[str, Sequence[float]]  # of each statistic, one per repeat

    @classmethod
    def of(cls, name: str, ours: Repeats, other: Repeats) -> "Ratio":
        """Percentile by percentile, repeat by repeat."""
        ratios = {
            statistic: [a / b for a, b in zip(ours.percentiles(share), other.percentiles(share), strict=True)]
            for statistic, share in SHARES.items()
        }
        return cls(name, ratios)

    def measure(self, *goals: Goal) -> Measure:
        """Medians of the repeats; n is how many there were."""
        middle = {statistic: statistics.median(each) for statistic, each in self.ratios.items()}
        return Measure(self.name, "×", len(self.ratios["p50"]), goals=goals, **middle)

    @property
    def words(self) -> str:
        """Medians with the least and the greatest of the repeats."""
        told = (
            f"{statistic} {_told(statistics.median(each))} ({_told(min(each))}–{_told(max(each))})"
            for statistic, each in self.ratios.items()
        )
        return f"{self.name}: {', '.join(told)}"


def _told(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}"
