"""Accuracy on the real data sets, one after the other.

    make bench-quality        or        python -m benchmarks.quality [--only NAME] [--again] [--data DIR] [--seed 0]

Runs `manage.py evaluate` per data set, which writes its page and its JSON when it is done. A set whose results are from
the same seed and the same configuration is not run again unless `--again` says so, so a run that was stopped goes on
with the sets it had not finished. A failed set does not stop the others, and the exit status tells of it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from dpe_site.environment import REPOSITORY
from recommender.encoders.config import SHOP_DEFAULTS

DATASETS = ("online-retail", "ml-100k", "beauty")  # the quickest first


def main(words: Sequence[str]) -> int:
    """Run what is wanted and not there yet.

    Returns: exit status, 1 where a set failed.
    """
    options = _options(words)
    console = Console()
    failed = []
    for name in options.only or DATASETS:
        there = None if options.again else finished(options.results / f"{name}.json", options.seed)
        if there:
            console.print(f"{name}: not run, {there}; --again runs it", soft_wrap=True)
        elif not _evaluated(name, options):
            failed.append(name)
    if failed:
        console.print(f"Failed: {', '.join(failed)}. Their older results, if any, stand unchanged.")
    return 1 if failed else 0


def finished(file: Path, seed: int) -> str:
    """Where results of this seed and of today's configuration lie, and how long they took; empty if nowhere."""
    if not file.exists():
        return ""
    report = json.loads(file.read_text())
    same = report["seed"] == seed and report["details"].get("config") == json.loads(json.dumps(SHOP_DEFAULTS.to_json()))
    return f"{file} holds its results of an earlier run ({report['seconds'] / 60:.1f} minutes)" if same else ""


def _evaluated(name: str, options: argparse.Namespace) -> bool:
    command = [sys.executable, "manage.py", "evaluate", "--dataset", name, "--seed", str(options.seed)]
    command += ["--results", str(options.results)]
    if options.data:
        command += ["--data", str(options.data)]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=DATASETS, action="append", help="this set; can be given more than once")
    parser.add_argument("--again", action="store_true", help="run also what is finished")
    parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
    parser.add_argument("--results", type=Path, default=REPOSITORY / "docs" / "results")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    options.results = options.results.resolve()
    options.data = options.data and Path(options.data).resolve()
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
