"""Reliability of a ranker's heads as drawings: what was said against what happened, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recommender.admin.inspector_cards import head_word
from recommender.data.reward import HEADS

WIDTH, HEIGHT = 260, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 26
"""Margins of the drawing area within the picture."""

_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Point:
    """A bin: its place in the picture, and its numbers for the table."""

    x: str
    y: str
    low: str  # y of the interval's ends
    high: str
    said: str
    happened: str
    interval: str
    rows: int


@dataclass(frozen=True)
class Tick:
    """A mark of both axes."""

    x: str
    y: str
    words: str


@dataclass(frozen=True)
class ReliabilityPlot:
    """One head."""

    head: str
    ece: str
    points: tuple[Point, ...]
    ticks: tuple[Tick, ...]


def reliability_plots(metrics: dict[str, Any]) -> list[ReliabilityPlot]:
    """A drawing per head that was judged; none for bundles of versions that kept no bins.

    Args:
        metrics: ``ranking.ranker_evaluation.ranker_metrics``.
    """
    heads = metrics.get("heads") or {}
    return [_plot(head, heads[head]) for head in HEADS if (heads.get(head) or {}).get("reliability")]


def _plot(head: str, metrics: dict[str, Any]) -> ReliabilityPlot:
    bins: Sequence[dict[str, float]] = metrics["reliability"]
    top = _ceiling(max(max(one["said"], one["happened"], one["high"]) for one in bins))
    points = tuple(
        Point(
            x=_x(one["said"] / top),
            y=_y(one["happened"] / top),
            low=_y(one["low"] / top),
            high=_y(one["high"] / top),
            said=_percent(one["said"]),
            happened=_percent(one["happened"]),
            interval=f"{_percent(one['low'])} … {_percent(one['high'])}",
            rows=int(one["rows"]),
        )
        for one in bins
    )
    ticks = tuple(Tick(_x(share), _y(share), _percent(share * top)) for share in (0.0, 0.5, 1.0))
    error = metrics.get("ece_explored", metrics.get("ece"))
    return ReliabilityPlot(head_word(head), "–" if error is None else f"{error:.4f}", points, ticks)


def _ceiling(value: float) -> float:
    """The next round number above a share, at most 1.

    >>> _ceiling(0.137)
    0.15
    """
    size = 1.0
    while value <= size / 10 and size > 1e-6:
        size /= 10
    return min(1.0, next(round(step * size / 10, 9) for step in _ROUND if value <= step * size / 10 + 1e-12))


def _x(share: float) -> str:
    return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"


def _y(share: float) -> str:
    return f"{HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM):.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
