"""Measure the product on public data sets, from their files alone."""

import os
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.data.types import DataError
from recommender.embedding import encoders_home
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.management.encoder_options import encoder_options_add, encoder_options_words, learning_with
from recommender.management.stage_bar import StageBar

DATASETS = ("online-retail", "ml-100k", "beauty")


class Command(BaseCommand):
    """``manage.py evaluate --dataset NAME --data DIR``."""

    help = "HR, NDCG, MRR and coverage of decide() against the baselines on public data sets, with intervals."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which data sets, where they are, where results go."""
        parser.add_argument("--dataset", choices=(*DATASETS, "all"), default="all")
        parser.add_argument("--data", type=Path, default=os.environ.get("DPE_DATA"), help="default: DPE_DATA")
        parser.add_argument("--results", type=Path, default=settings.BASE_DIR / "docs" / "results")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--device", default=settings.DPE_DEVICE, help="auto, cpu or cuda")
        encoder_options_add(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate one data set after the other; each writes its JSON and its page when it is done."""
        if options["data"] is None:
            raise CommandError("name the folder of the data sets with --data or the variable DPE_DATA")
        for name in DATASETS if options["dataset"] == "all" else (options["dataset"],):
            self._one(name, options)

    def _one(self, name: str, options: dict[str, Any]) -> None:
        import torch

        from recommender.trials.evaluate import EVALUATIONS, Run
        from recommender.trials.report import Report, hardware_describe, markdown, report_write

        learning = learning_with(SHOP_DEFAULTS, options)
        started = time.monotonic()
        try:
            with StageBar() as bar:
                run = Run(options["data"], encoders_home(), learning, options["seed"], bar, options["device"])
                outcome = EVALUATIONS[name](run)
        except (DataError, OSError) as error:
            raise CommandError(str(error)) from error
        report = Report(
            dataset=name,
            command=f"manage.py evaluate --dataset {name} --seed {options['seed']}{encoder_options_words(options)}",
            seed=options["seed"],
            seconds=time.monotonic() - started,
            hardware=hardware_describe(torch.get_num_threads()),
            tables=outcome.tables,
            details={**outcome.details, "config": learning.to_json()},
        )
        report_write(report, options["results"])
        self.stdout.write(markdown(report))
