"""The page of what ``benchmarks.decision`` has kept, with the curves as plots."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.decision.plot import Line, plot_svg
from recommender.evaluation.bootstrap import Interval

Found = dict[str, Any]
_KINDS = {"dpp": "determinantal point process", "mmr": "maximal marginal relevance"}


_INTRODUCTION = (
    "NDCG@10 of the same candidates of the same requests, ordered by each stage in turn; “adds” is the paired",
    "difference to the stage above, with its 95 % bootstrap interval over shoppers. On the demo shop the gain of a",
    "card is what its shopper truly wants (needs per day of the kind · pleasing aspects), and a ranker learned from",
    "logged pages; on the public sets, which log none, the second stage ranks. The dials trade accuracy for diversity,",
    "freshness, variety of brands, the shopper's mix of departments and, with chance, for learning.",
)


def page_write(results: Path) -> list[Path]:
    """Write ``decision.md`` and a plot per curve from ``decision.json``; returns what was written."""
    kept: dict[str, Found] = json.loads((results / "decision.json").read_text())
    page = results / "decision.md"
    page.write_text("\n".join(_lines(kept)) + "\n")
    written = [page]
    for problem, found in kept.items():
        if "curve" in found:
            file = results / _plot_name(problem)
            file.write_text(_plot(found["curve"]))
            written.append(file)
    return written


def _lines(kept: dict[str, Found]) -> Iterator[str]:
    yield "# The decision, stage by stage"
    yield ""
    yield from _INTRODUCTION
    for problem, found in kept.items():
        yield from _stages(problem, found)
        if "curve" in found:
            yield from _curve(problem, found["curve"])


def _stages(problem: str, found: Found) -> Iterator[str]:
    about = found["about"]
    yield from ("", f"## {problem}", "", "| stage | NDCG@10 | adds |", "|---|---|---|")
    for one in found["stages"]:
        gain = "–" if one["gain"] is None else _interval(one["gain"], signed=True)
        yield f"| {one['name']} | {_interval(one['ndcg'])} | {gain} |"
    yield ""
    yield f"`{about['command']}`, {about['hardware']}, {about['date']}, {about['seconds'] / 60:.1f} minutes in all."


def _curve(problem: str, curve: list[Found]) -> Iterator[str]:
    yield from ("", f"![Accuracy against diversity]({_plot_name(problem)})", "")
    yield "| diversity by | weight | NDCG@10 | change | diversity@10 | coverage@10 | novelty, bits |"
    yield "|---|---|---|---|---|---|---|"
    for one in curve:
        weight = f"**{one['weight']:g}** (default)" if one["is_default"] else f"{one['weight']:g}"
        change = "–" if one["weight"] == 0 else _interval(one["change"], signed=True)
        figures = f"{one['diversity']:.3f} | {one['coverage']:.3f} | {one['novelty']:.2f}"
        yield f"| {_KINDS[one['kind']]} | {weight} | {one['ndcg']:.4f} | {change} | {figures} |"


def _plot(curve: list[Found]) -> str:
    lines = []
    for kind, name in _KINDS.items():
        points = [one for one in curve if one["kind"] == kind]
        marked = next((place for place, one in enumerate(points) if one["is_default"]), -1)
        across, up = [one["diversity"] for one in points], [one["ndcg"] for one in points]
        lines.append(Line(name, across, up, marked))
    return plot_svg(lines, x_title="diversity@10 (1 − cosine of texts)", y_title="NDCG@10; the default is ringed")


def _plot_name(problem: str) -> str:
    return f"decision-diversity-{problem}.svg"


def _interval(plain: Found, *, signed: bool = False) -> str:
    found = Interval(**plain)
    sign = "+" if signed else ""
    words = f"{found.mean:{sign}.4f} [{found.low:{sign}.4f}, {found.high:{sign}.4f}]"
    return f"{words} {found.verdict}" if signed else words
