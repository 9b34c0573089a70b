"""Results as a table for people and as JSON for everything else."""

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recommender.data.types import Ints
from recommender.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from recommender.trials.measure import Measured

SHOWN = ("HR@10", "NDCG@10", "MRR")
BOOTSTRAP_SEED = 20_111_112


@dataclass(frozen=True)
class Row:
    """One model on one task."""

    model: str
    metrics: dict[str, Interval]
    coverage: float
    mean_popularity: float
    behind: Interval | None  # NDCG@10 of ours minus this model's, paired; None for ours


@dataclass(frozen=True)
class Table:
    """All models on one task."""

    title: str
    note: str
    users: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Report:
    """A run of ``manage.py evaluate`` on one data set."""

    dataset: str
    command: str
    seed: int
    seconds: float
    hardware: str
    tables: tuple[Table, ...]
    details: dict[str, Any] = field(default_factory=dict)


def table_make(title: str, note: str, ours: Measured, others: list[Measured], *, clusters: Ints | None = None) -> Table:
    """Metrics with intervals, and how far each baseline is behind.

    Args:
        title: of the table.
        note: what a reader must know.
        ours: our model.
        others: baselines on the same shoppers in the same order.
        clusters: (v,) shopper of each row where shoppers appear more than once.
    """
    reference = ours.metrics()["NDCG@10"]
    rows = []
    for measured in (ours, *others):
        metrics = measured.metrics()
        intervals = {
            name: bootstrap_mean(values, seed=BOOTSTRAP_SEED, clusters=clusters) for name, values in metrics.items()
        }
        behind = None
        if measured is not ours:
            behind = bootstrap_difference(reference, metrics["NDCG@10"], seed=BOOTSTRAP_SEED, clusters=clusters)
        rows.append(Row(measured.name, intervals, measured.coverage(), measured.mean_popularity(), behind))
    return Table(title, note, len(ours.ranks), tuple(rows))


def markdown(report: Report) -> str:
    """The report as a page."""
    lines = [f"# {report.dataset}", "", f"`{report.command}` · seed {report.seed} · {report.seconds / 60:.1f} minutes"]
    lines += [f"on {report.hardware}.", ""]
    for table in report.tables:
        lines += [f"## {table.title}", "", f"{table.users:,} rows. {table.note}".strip(), ""]
        lines += ["| model | " + " | ".join(SHOWN) + " | coverage@10 | ours ahead by (NDCG@10) |"]
        lines += ["|---|" + "---|" * (len(SHOWN) + 2)]
        lines += [_line(row) for row in table.rows]
        lines += [""]
    lines += ["Brackets: 95 % bootstrap intervals over shoppers; differences are paired.", ""]
    return "\n".join(lines)


def _line(row: Row) -> str:
    cells = [_interval(row.metrics[name]) for name in SHOWN]
    ahead = "" if row.behind is None else f"{_interval(row.behind)} {row.behind.verdict}"
    name = f"**{row.model}**" if row.behind is None else row.model
    return f"| {name} | " + " | ".join([*cells, f"{row.coverage:.3f}", ahead]) + " |"


def _interval(interval: Interval) -> str:
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def report_write(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write ``<dataset>.json`` and ``<dataset>.md`` into ``folder``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / f"{report.dataset}.json", folder / f"{report.dataset}.md"
    data.write_text(json.dumps(asdict(report), indent=1, sort_keys=True) + "\n")
    page.write_text(markdown(report))
    return data, page


def hardware_describe(threads: int) -> str:
    """Processor and threads in words."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return f"{names[0] if names else platform.processor() or platform.machine()}, {threads} threads"
