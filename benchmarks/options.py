"""Options that benchmarks over the public data sets share."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from dpe_site import environment


def data_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse ``words``, with ``--data`` for the folder of the data sets and ``--results`` for where pages go."""
    parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
    parser.add_argument("--results", type=Path, default=environment.REPOSITORY / "docs" / "results" / "quality")
    options = parser.parse_args(words)
    if not options.data:
        parser.error("name the folder of the data sets with --data or the variable DPE_DATA")
    options.data = Path(options.data)
    return options
