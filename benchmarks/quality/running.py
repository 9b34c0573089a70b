"""Runs one cell in a process of its own."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.processes import command_run
from benchmarks.quality.cells import Cell

GRACE = 3.0
"""A cell is ended after so many times the minutes that its learning may take: lists have to be made as well."""


def cell_run(data: Path, cell: Cell, results: Path) -> bool:
    """Measure a cell; whether it was stored."""
    command = [sys.executable, "-m", "benchmarks.quality.cell", json.dumps(asdict(cell))]
    command += ["--data", str(data), "--results", str(results)]
    return command_run(command, limit_seconds=60 * GRACE * cell.max_minutes).status == 0
