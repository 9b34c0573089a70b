"""Benchmarks: the next item of sequences, which needs no service, and the search index, which needs Postgres."""

import math
import os
import zlib
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from recommender.data.types import DataError
from recommender.embedding import encoders_home
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.management.encoder_options import encoder_options_add, learning_with
from recommender.management.stage_bar import StageBar


class Command(BaseCommand):
    """``manage.py benchmark sequences FILE --export recs.csv`` and ``manage.py benchmark retrieval``."""

    help = "Predict the next items of a file's sequences, or measure the search index on a million vectors."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Two benchmarks: ``sequences`` and ``retrieval``."""
        several = parser.add_subparsers(dest="what", required=True)
        _retrieval_options(several.add_parser("retrieval", help="recall and latency of the nearest items"))
        one = several.add_parser("sequences", help="predict the next item")
        one.add_argument("file", type=Path, help="lines 'user item item …', oldest item first; plain or gzip")
        one.add_argument("--items", type=Path, help="JSON lines with item_id and text, title or attributes")
        one.add_argument("--export", type=Path, required=True, help="CSV to write: user,rank,item,score")
        mode = one.add_mutually_exclusive_group()
        mode.add_argument("--strict", action="store_true", help="the last item is for validation alone (default)")
        mode.add_argument("--refit", action="store_true", help="learn again with the validation items at the end")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--device", default=settings.DPE_DEVICE, help="auto, cpu or cuda")
        one.add_argument("--checkpoints", type=Path, help="folder to go on from after a kill; the same options again")
        encoder_options_add(one)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run what was asked for."""
        if options["what"] == "sequences":
            self._sequences(options)
            return
        from benchmarks.retrieval import run

        run(Namespace(**options), Console())

    def _sequences(self, options: dict[str, Any]) -> None:
        """Learn, export, say where."""
        from recommender.trials.sequence_benchmark import SequenceBenchmark, benchmark_sequences

        _writable(options["export"])
        if options["checkpoints"] is not None and options["checkpoints"].is_file():
            raise CommandError(f"{options['checkpoints']} is a file; name a folder, there or not, with --checkpoints")
        run = SequenceBenchmark(
            file=options["file"],
            export=options["export"],
            home=encoders_home(),
            config=learning_with(SHOP_DEFAULTS, options),
            items=options["items"],
            refit=options["refit"],
            seed=options["seed"],
            device=options["device"],
            checkpoints=options["checkpoints"],
        )
        try:
            with StageBar() as bar:
                trial = benchmark_sequences(run, bar)
        except (DataError, OSError) as error:
            raise CommandError(str(error)) from error
        except zlib.error as error:
            files = " or ".join(str(file) for file in (run.file, run.items) if file is not None)
            raise CommandError(f"{files} is a damaged gzip file ({error}); get the whole file again") from error
        reached = f" and reached NDCG@10 {trial.validation_ndcg:.4f} alone on validation users A"
        self.stdout.write(
            f"{run.export}: lists of {'refitted' if run.refit else 'strict'} models; the encoder trained "
            f"{trial.epochs} epochs{'' if math.isnan(trial.validation_ndcg) else reached}"
        )


def _writable(export: Path) -> None:
    """Refuse at once what could not be written after all the learning.

    Raises: CommandError.
    """
    folder = export.absolute().parent
    if export.is_dir() or not (folder.is_dir() and os.access(folder, os.W_OK)):
        what = (
            "is a folder" if export.is_dir() else f"cannot be written: {folder} is no folder that this user may write"
        )
        raise CommandError(f"{export} {what}; name a file in a folder that is there with --export")


def _retrieval_options(parser: ArgumentParser) -> None:
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=64, help="numbers of a vector that are not zero, at most 64")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait for a calm machine")
    parser.add_argument("--keep", action="store_true", help="leave the database for a next run that only asks")
    parser.add_argument("--urgent", action="store_true", help="ask at real-time priority, on a busy machine")
    parser.add_argument("--results", type=Path, help="folder of the page; default: docs/results")
    parser.add_argument("--name", default="retrieval", help="name of the page, without its suffix")
