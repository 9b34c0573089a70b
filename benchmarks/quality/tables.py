"""Tables from stored cells: means over seeds, intervals over shoppers, and who is ahead of whom."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality.cells import TEST, TRIAL, Record, ranks_read, records_read, slug
from benchmarks.quality.models import MODELS, OURS, model_named
from benchmarks.quality.plan import TIED, is_current
from recommender.data.types import DataError, Floats, Ints
from recommender.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean
from recommender.evaluation.metrics import TargetRanks, hit_rate, ndcg, reciprocal_rank
from recommender.trials.problems import VALIDATION

BOOTSTRAP_SEED = 20_111_112
METRICS: dict[str, Callable[[TargetRanks], Floats]] = {
    "HR@10": lambda ranks: hit_rate(ranks, 10),
    "NDCG@10": lambda ranks: ndcg(ranks, 10),
    "MRR": reciprocal_rank,
}
LEADING = "NDCG@10"
BESIDE = {
    "coverage@10": ("coverage@10", 1),
    "popularity@10, ‰": ("mean_popularity@10", 1000),
    "diversity@10": ("diversity@10", 1),
}
"""Heading → figure of a record beside accuracy, and its unit's multiple; popularity is a shown item's share of all
interactions."""
HEADINGS = (
    "model",
    *METRICS,
    *BESIDE,
    "validation C",
    "cells",
    "minutes",
    "GB",
    f"{OURS} ahead by",
)
OLD = "†"
CUT_SHORT = "‡"


@dataclass(frozen=True)
class Line:
    """One model's row on one question."""

    name: str
    values: dict[str, Floats]  # (v,) per metric, mean over cells of each row of the question
    leading: dict[int, Floats]  # (v,) of the metric that leads, by seed, which the order of tied times goes with
    same_always: bool  # no chance in the model, and no tied times: its one cell stands for every seed
    users: Ints  # (v,)
    records: tuple[Record, ...]
    current: bool

    @property
    def marks(self) -> str:
        """What the legend has to say of this row."""
        return ("" if self.current else OLD) + (CUT_SHORT if any(map(_is_cut_short, self.records)) else "")

    def mean(self, question: str, name: str) -> float:
        """Mean of one of the stored figures over the cells."""
        return float(np.mean([record.rows[self.name][question][name] for record in self.records]))


def tables_write(folder: Path) -> list[Path]:
    """Write a page per problem; returns their paths."""
    records = list(records_read(folder, TEST))
    trials = list(records_read(folder, TRIAL))
    pages = []
    for problem in dict.fromkeys(record.cell.problem for record in records):
        page = folder / f"{slug(problem)}.md"
        page.write_text(page_of(folder, problem, records, trials))
        pages.append(page)
    return pages


def page_of(folder: Path, problem: str, records: list[Record], trials: list[Record]) -> str:
    """The page of a problem."""
    lines = [f"# {problem}", ""]
    for (mode, question), found in _questions(problem, records).items():
        table = lines_of(folder, question, found)
        users = len(np.unique(table[0].users))
        lines += [f"## {question}, {mode}", "", f"{len(table[0].users):,} rows of {users:,} shoppers.", ""]
        lines += [*markdown(table, question), ""]
    lines += _parts(problem, records)
    lines += _tuning(problem, trials)
    return "\n".join(lines + list(_legend(records))) + "\n"


def lines_of(folder: Path, question: str, records: list[Record]) -> list[Line]:
    """Every row of a table, the best first."""
    rows: dict[str, list[Record]] = {}
    for record in records:
        for row, by_question in record.rows.items():
            if question in by_question:
                rows.setdefault(row, []).append(record)
    lines = [_line(folder, row, question, found) for row, found in rows.items()]
    return sorted(lines, key=lambda line: -float(line.values[LEADING].mean()))


def markdown(lines: list[Line], question: str) -> Iterator[str]:
    """A table in Markdown; differences are paired, row by row."""
    ours = next((line for line in lines if line.name == OURS), None)
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    for line in lines:
        figures = [
            _interval(bootstrap_mean(values, seed=BOOTSTRAP_SEED, clusters=line.users))
            for values in line.values.values()
        ]
        cost = [sum(r.wall_seconds for r in line.records) / 60 / len(line.records)]
        cost.append(max(record.peak_memory_mb for record in line.records) / 1000)
        name = f"**{line.name}**" if line is ours else line.name
        yield (
            "| "
            + " | ".join(
                [
                    name + line.marks,
                    *figures,
                    *(f"{times * line.mean(question, figure):.3f}" for figure, times in BESIDE.values()),
                    f"{line.mean(VALIDATION, LEADING):.4f}",
                    str(len(line.records)),
                    *(f"{number:.1f}" for number in cost),
                    _ahead(ours, line),
                ]
            )
            + " |"
        )


def _questions(problem: str, records: list[Record]) -> dict[tuple[str, str], list[Record]]:
    """Records of a problem by mode and question, strict first, in the order of the problem's questions."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.cell.mode, reverse=True):
        if record.cell.problem == problem:
            for question in next(iter(record.rows.values())):
                if question != VALIDATION:
                    found.setdefault((record.cell.mode, question), []).append(record)
    return found


def _line(folder: Path, row: str, question: str, records: list[Record]) -> Line:
    """Means over cells; each cell has asked the same shoppers.

    Raises: DataError if it has not.
    """
    ranks = [ranks_read(folder, record.cell, row, question) for record in records]
    if any(not np.array_equal(one.users, ranks[0].users) for one in ranks):
        raise DataError(f"the cells of {row} asked different shoppers ({question}); run them again on the same data")
    values = {name: np.mean([metric(one.ranks) for one in ranks], axis=0) for name, metric in METRICS.items()}
    leading = {record.cell.seed: METRICS[LEADING](one.ranks) for record, one in zip(records, ranks, strict=True)}
    cell, models = records[0].cell, {model.name: model for model in MODELS}
    same_always = cell.model in models and not models[cell.model].seeded and cell.problem not in TIED
    current = all(map(_is_current, records))
    return Line(row, values, leading, same_always, ranks[0].users, tuple(records), current)


def _is_current(record: Record) -> bool:
    known = record.cell.model in {model.name for model in MODELS}
    return known and is_current(record, record.cell, model_named(record.cell.model))


def _is_cut_short(record: Record) -> bool:
    """Whether a peer's minutes ended its learning; ``curve`` has (seconds, NDCG@10) of each of its validations."""
    choosing = record.details.get("chosen on", record.details)
    curve = choosing.get("curve") or [(0.0, 0.0)]
    return bool(curve[-1][0] > 60 * record.cell.max_minutes)


def _ahead(ours: Line | None, line: Line) -> str:
    """The paired difference over the seeds that both have.

    Variants of ours share the encoder of a seed, and another order of tied times asks for other items.
    """
    if ours is None or line is ours:
        return ""
    if not np.array_equal(ours.users, line.users):
        return "other shoppers"
    mine, theirs = ours.values[LEADING], line.values[LEADING]
    if not line.same_always:
        both = sorted(ours.leading.keys() & line.leading.keys())
        if not both:
            return "other seeds"
        mine, theirs = (np.mean([one.leading[seed] for seed in both], axis=0) for one in (ours, line))
    gap = bootstrap_difference(mine, theirs, seed=BOOTSTRAP_SEED, clusters=ours.users)
    return f"{_interval(gap)} {gap.verdict}"


def _interval(interval: Interval) -> str:
    return f"{interval.mean:.4f} [{interval.low:.4f}, {interval.high:.4f}]"


def _parts(problem: str, records: list[Record]) -> Iterator[str]:
    """What the whole stack's cell of seed 0 says of its parts."""
    found = [one for one in records if one.cell.problem == problem and "recall" in _examined(one)]
    for record in found[:1]:
        told = _examined(record)
        yield from (
            "## Parts of the stack",
            "",
            f"{record.cell.model}, {record.cell.mode}, seed {record.cell.seed}.",
            "",
        )
        if gains := told.get("ablation"):
            yield "| part | gain in NDCG@10 on validation C when it joins the others (linear fusion fitted anew) |"
            yield "|---|---|"
            for part, gain in sorted(gains.items(), key=lambda item: -item[1]["mean"]):
                yield f"| {part} | {_interval(Interval(**gain))} {Interval(**gain).verdict} |"
            yield ""
        yield "| question | candidates | recall of the union | of its first 200 | of each source |"
        yield "|---|---|---|---|---|"
        for question, recall in told["recall"].items():
            each = ", ".join(f"{name} {share:.3f}" for name, share in recall["of_source"].items())
            figures = f"{recall['candidates']:.0f} | {recall['union']:.4f} | {recall['at']['200']:.4f}"
            yield f"| {question} | {figures} | {each} |"
        yield ""


def _examined(record: Record) -> dict[str, Any]:
    """Details of the fit that validation shoppers decided, then of the last one."""
    return {**record.details.get("chosen on", {}), **record.details}


def _tuning(problem: str, trials: list[Record]) -> Iterator[str]:
    found = [record for record in trials if record.cell.problem == problem]
    if not found:
        return
    yield from ("## Trials", "", "One seed; the best on validation C is used above.", "")
    yield "| model | options | NDCG@10 on validation C | minutes |"
    yield "|---|---|---|---|"
    for record in found:
        row = next(iter(record.rows))
        told = ", ".join(f"{key} {value}" for key, value in record.cell.options.items()) or "defaults"
        figure = record.rows[row][VALIDATION][LEADING]
        yield f"| {row} | {told} | {figure:.4f} | {record.wall_seconds / 60:.1f} |"
    yield ""


def _legend(records: list[Record]) -> Iterator[str]:
    hardware = "; ".join(sorted({f"{record.hardware}, {record.threads} threads" for record in records}))
    yield "Brackets: 95 % bootstrap intervals over shoppers of the mean over cells (seeds, orders of tied times);"
    yield "“ahead by” is the paired difference in NDCG@10 over the seeds that both rows have, and"
    yield "“inconclusive” is a verdict. Lists have 100 items, what is not in them is a miss. Minutes are the mean of"
    yield "whole cells and depend on what else the machine did, GB is the largest peak of the larger process."
    yield f"{OLD} marks cells measured by older code, {CUT_SHORT} peers whose minutes ended before their validation"
    yield "NDCG@10 had stopped rising. After a change that moved no rank of a cell measured anew, others of its problem"
    yield "count as today's."
    yield f"Measured by `make bench-quality` on {hardware}."
