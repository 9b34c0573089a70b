"""Plots of the admin: data for the charts that ship with its theme, in colours that colour-blind eyes tell apart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Okabe and Ito, 2008."""
_PALE = ("#0072B266", "#D55E0066", "#009E7366", "#CC79A766")
_BAND = ("#0072B226", "#D55E0026", "#009E7326", "#CC79A726")
_INK = "#757d8a"  # of axes; readable on the light ground and on the dark one
_TICKS = {"color": _INK, "maxRotation": 0, "autoSkip": True, "autoSkipPadding": 12}
_STILL = {
    "animation": False,
    "maintainAspectRatio": False,
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {"legend": {"display": False}},
}

Values = Sequence[float | None]


@dataclass(frozen=True)
class Series:
    """One line: a value per label, None where there is none; ``lower`` and ``upper`` bound it where they are known."""

    name: str
    values: Values
    lower: Values = ()
    upper: Values = ()


def lines_chart(labels: Sequence[str], series: Sequence[Series], *, last_is_partial: bool = False) -> str:
    """Lines over labels as the JSON the chart component takes; an interval is a pale band.

    Args:
        labels: of the horizontal axis.
        series: at most as many as there are colours.
        last_is_partial: the last value is of a span that goes on; the way to it is dashed.
    """
    datasets: list[dict[str, Any]] = []
    for number, line in enumerate(series):
        colour = COLOURS[number]
        style = {"label": line.name, "borderColor": colour, "backgroundColor": colour, "borderWidth": 2}
        if last_is_partial and len(line.values) > 1:
            datasets.append({**style, "data": [*line.values[:-1], None]})
            lead = [None] * (len(line.values) - 2)
            partial = {"borderDash": [4, 4], "pointStyle": "rectRot", "pointRadius": 5}
            datasets.append({**style, **partial, "data": [*lead, *line.values[-2:]]})
        else:
            datasets.append({**style, "data": list(line.values)})
        if line.lower and line.upper:
            edge = {"label": line.name, "borderWidth": 0, "pointRadius": 0, "backgroundColor": _BAND[number]}
            datasets.append({**edge, "data": list(line.lower), "fill": False})
            datasets.append({**edge, "data": list(line.upper), "fill": "-1"})
    return json.dumps({"labels": list(labels), "datasets": datasets})


def bars_chart(labels: Sequence[str], series: Sequence[Series], *, last_is_partial: bool = False) -> str:
    """Bars with one colour per series, side by side; a last bar that still grows is pale."""
    datasets = []
    for number, bar in enumerate(series):
        colours = [COLOURS[number]] * len(bar.values)
        if last_is_partial:
            colours[-1:] = [_PALE[number]]
        datasets.append({"label": bar.name, "data": list(bar.values), "backgroundColor": colours, "borderRadius": 2})
    return json.dumps({"labels": list(labels), "datasets": datasets})


def axis_options(y_title: str, *, x_title: str = "", from_zero: bool = True) -> str:
    """Chart options: axes with their titles, from zero where zero matters, no animation; the legend is the page's."""
    scales = {
        "x": {"grid": {"display": False}, "ticks": _TICKS, "title": _title(x_title)},
        "y": {"beginAtZero": from_zero, "ticks": {**_TICKS, "maxTicksLimit": 6}, "title": _title(y_title), "grid": {}},
    }
    return json.dumps(_STILL | {"elements": {"point": {"radius": 2, "hoverRadius": 5}}, "scales": scales})


def lying_options(x_title: str) -> str:
    """Chart options of bars that lie, so that each has room for its name: values run to the right from zero."""
    scales = {
        "x": {"beginAtZero": True, "ticks": {**_TICKS, "maxTicksLimit": 6}, "title": _title(x_title), "grid": {}},
        "y": {"grid": {"display": False}, "ticks": {"color": _INK, "autoSkip": False}},
    }
    along = {"mode": "index", "intersect": False, "axis": "y"}
    return json.dumps(_STILL | {"indexAxis": "y", "interaction": along, "scales": scales})


def _title(text: str) -> dict[str, Any]:
    return {"display": bool(text), "text": text, "color": _INK}


def spark_points(values: Values, *, width: int = 120, height: int = 32) -> str:
    """Points of a small line drawing, from zero up; what is not known is left out."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    top = max(value for _place, value in known) or 1.0
    step = (width - 8) / max(len(values) - 1, 1)
    return " ".join(f"{4 + place * step:.1f},{height - 4 - (height - 8) * value / top:.1f}" for place, value in known)
