"""Plots of the admin: data for the charts that ship with its theme, in colours that colour-blind eyes tell apart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Okabe and Ito, 2008."""


@dataclass(frozen=True)
class Series:
    """One line: a value per label, None where there is none; ``lower`` and ``upper`` bound it where they are known."""

    name: str
    values: Sequence[float | None]
    lower: Sequence[float | None] = ()
    upper: Sequence[float | None] = ()


def lines_chart(labels: Sequence[str], series: Sequence[Series]) -> str:
    """Lines over labels as the JSON the chart component takes; intervals are thin dashed lines of the same colour."""
    datasets: list[dict[str, Any]] = []
    for number, line in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        datasets.append(
            {"label": line.name, "data": list(line.values), "borderColor": colour, "backgroundColor": colour}
        )
        datasets += [
            {
                "label": f"{line.name} {side}",
                "data": list(bound),
                "borderColor": colour,
                "borderWidth": 1,
                "borderDash": [3, 3],
            }
            for side, bound in (("−", line.lower), ("+", line.upper))
            if bound
        ]
    return json.dumps({"labels": list(labels), "datasets": datasets})


def bars_chart(labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars with one colour per series, side by side."""
    datasets = [
        {"label": bar.name, "data": list(bar.values), "backgroundColor": COLOURS[number % len(COLOURS)]}
        for number, bar in enumerate(series)
    ]
    return json.dumps({"labels": list(labels), "datasets": datasets})


def axis_options(y_title: str, *, stacked: bool = False) -> str:
    """Chart options: a labelled axis that starts at zero, and no animation."""
    scale = {"beginAtZero": True, "title": {"display": True, "text": y_title}, "stacked": stacked}
    return json.dumps(
        {
            "animation": False,
            "maintainAspectRatio": False,
            "elements": {"point": {"radius": 2}},
            "plugins": {"legend": {"display": True, "position": "bottom", "align": "start"}},
            "scales": {"x": {"stacked": stacked, "grid": {"display": False}}, "y": scale},
        }
    )
