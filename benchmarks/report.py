"""Measured numbers beside their goals: as a table in the terminal, as Markdown and as JSON."""

import json
import math
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import Machine, machine_read
from dpe_site.environment import REPOSITORY

RESULTS = REPOSITORY / "docs" / "results"
MET, MISSED, NO_GOAL = "met", "missed", "–"
_HEADINGS = ("Measure", "n", "Goal", "p50", "p95", "p99", "Value", "Verdict")


@dataclass(frozen=True)
class Goal:
    """A number that must not be exceeded."""

    statistic: str  # p50, p95, p99 or value
    limit: float


@dataclass(frozen=True)
class Measure:
    """One line of the report: the spread of many measurements, or a single value."""

    name: str
    unit: str
    n: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    value: float | None = None
    value_unit: str = ""  # where it differs from ``unit``
    goals: tuple[Goal, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether every goal is met; a goal for a number that is missing is missed."""
        if not self.goals:
            return NO_GOAL
        found = [(getattr(self, goal.statistic), goal.limit) for goal in self.goals]
        return MET if all(number is not None and number <= limit for number, limit in found) else MISSED

    @property
    def cells(self) -> list[str]:
        """The line in words."""
        goals = [
            f"{'' if goal.statistic == 'value' else goal.statistic + ' '}≤ {goal.limit:g} {self.unit}"
            for goal in self.goals
        ]
        spread = [_number(each, self.unit) for each in (self.p50, self.p95, self.p99)]
        value = _number(self.value, self.value_unit or self.unit)
        return [self.name, f"{self.n:,}", ", ".join(goals) or NO_GOAL, *spread, value, self.verdict]


Measured = tuple[Sequence[Measure], Sequence[str]]
"""Lines of a report and the notes below them."""


@dataclass(frozen=True)
class Report:
    """A run of the benchmark."""

    title: str
    command: str
    date: str
    machine: Machine
    seed: int
    wall_seconds: float
    measures: tuple[Measure, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Everything, with verdicts."""
        plain = asdict(self)
        plain["measures"] = [asdict(one) | {"verdict": one.verdict} for one in self.measures]
        return plain


def percentile(numbers: Sequence[float], share: float) -> float:
    """The smallest measured number that ``share`` of all do not exceed (nearest rank); NaN of nothing.

    Args:
        numbers: in any order.
        share: in (0, 1].
    """
    if not numbers:
        return math.nan
    return sorted(numbers)[math.ceil(share * len(numbers)) - 1]


def spread(name: str, seconds: Sequence[float], *goals: Goal, value: float | None = None, unit: str = "") -> Measure:
    """A measure of latencies, told in milliseconds."""
    p50, p95, p99 = (round(1000 * percentile(seconds, share), 1) for share in (0.50, 0.95, 0.99))
    return Measure(name, "ms", len(seconds), p50, p95, p99, value, unit, goals)


def report_publish(
    found: Measured, *, title: str, command: Sequence[str], seed: int, began: float, file: Path, console: Console
) -> None:
    """Tell what a run found, and where, when and how long: in the terminal, as Markdown and as JSON.

    Args:
        found: what was measured.
        title: of the page.
        command: words that measure the same again.
        seed: of everything drawn.
        began: ``time.perf_counter()`` when the run began.
        file: to write, without its ending.
        console: to print on.
    """
    measures, notes = found
    report = Report(
        title=title,
        command=shlex.join(command),
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=machine_read(),
        seed=seed,
        wall_seconds=time.perf_counter() - began,
        measures=tuple(measures),
        notes=tuple(notes),
    )
    table_print(report, console)
    report_write(report, file.parent, file.name)


def table_print(report: Report, console: Console) -> None:
    """Show the report in the terminal."""
    table = Table(title=report.title, title_justify="left")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in ("Measure", "Goal", "Verdict") else "right")
    colours = {MET: "[green]", MISSED: "[red]", NO_GOAL: ""}
    for measure in report.measures:
        *cells, verdict = measure.cells
        table.add_row(*cells, colours[verdict] + verdict)
    console.print(table)
    for note in report.notes:
        console.print(f"  {note}", highlight=False)


def report_write(report: Report, folder: Path, name: str) -> None:
    """Write ``name.json`` and ``name.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n")
    (folder / f"{name}.md").write_text(markdown(report))


def markdown(report: Report) -> str:
    """The report as a page of its own."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *(measure.cells for measure in report.measures)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    facts = [
        f"Command: `{report.command}`",
        f"Hardware: {report.machine.words}",
        f"Seed {report.seed}, {report.wall_seconds:.0f} s in all, {report.date}",
        *report.notes,
    ]
    return f"# {report.title}\n\n{table}\n\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"


def _number(number: float | None, unit: str) -> str:
    return "" if number is None else f"{number:,.1f} {unit}".strip()
