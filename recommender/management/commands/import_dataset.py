"""Import a data set into a shop."""

import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from catalog.models import Shop
from recommender.data.formats.known import FORMATS
from recommender.data.formats.records import FormatOptions
from recommender.data.types import DataError
from recommender.imports.dataset import dataset_import
from recommender.models import JobRun
from users.kinds import KIND_BY_WORD


class Command(BaseCommand):
    """``manage.py import_dataset PATH --format NAME``."""

    help = "Import a data set: a file or folder, plain or gzip. A killed import goes on, a second one changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Path, format and what the file does not say itself."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--format", required=True, choices=sorted(FORMATS))
        parser.add_argument("--shop", default="demo", help="code of the shop; made if there is none")
        parser.add_argument("--name", default="", help="name of a shop that is made")
        parser.add_argument("--timezone", default="", help="of wall times in the file; the format's own by default")
        parser.add_argument("--encoding", default="utf-8")
        parser.add_argument("--kind", default="view", choices=sorted(KIND_BY_WORD), help="for files that do not say")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import with a progress bar, then print the report."""
        shop, _ = Shop.objects.get_or_create(
            code=options["shop"],
            defaults={
                "name": options["name"] or options["shop"].replace("-", " ").title(),
                "time_zone": options["timezone"] or "UTC",
            },
        )
        formats = FormatOptions(
            time_zone=options["timezone"], encoding=options["encoding"], kind=KIND_BY_WORD[options["kind"]]
        )
        began, started = timezone.now(), time.monotonic()
        try:
            with Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:,.0f} {task.fields[rate]}"),
                TimeElapsedColumn(),
            ) as bar:
                task = bar.add_task("reading", total=None, rate="")

                def show(step: str, done: int, total: int) -> None:
                    rate = (
                        f"({done / max(time.monotonic() - started, 1e-9):,.0f} lines/s)"
                        if not total
                        else f"of {total:,}"
                    )
                    bar.update(task, description=step, completed=done, total=total or None, rate=rate)

                job = dataset_import(
                    shop=shop, path=options["path"], format_name=options["format"], options=formats, progress=show
                )
        except DataError as error:
            raise CommandError(str(error)) from error
        self._report(job, began)
        if job.status == JobRun.Status.FAILED:
            raise CommandError(job.error)

    def _report(self, job: JobRun, started: datetime) -> None:
        result = job.result
        table = Table(title=f"Import of {job.params['name']}", show_lines=False)
        table.add_column("lines", justify="right")
        table.add_column("what became of them")
        table.add_row(f"{result['imported']:,}", "imported")
        for reason, count in sorted(result["repaired"].items()):
            table.add_row(f"{count:,}", f"repaired: {reason}")
        for reason, count in sorted(result["aside"].items()):
            table.add_row(f"{count:,}", f"set aside: {reason}")
        table.add_section()
        table.add_row(f"{result['lines']:,}", "in the file")
        console = Console()
        console.print(table)
        if result["aside_file"]:
            console.print(f"Lines set aside are kept in {result['aside_file']}")
        seconds = (timezone.now() - started).total_seconds()
        speed = f"{result['lines'] / seconds:,.0f} lines per second" if seconds else ""
        if job.started_at is None or job.started_at < started:
            console.print("These bytes were imported before: nothing changed.")
            return
        console.print(f"{result['new_interactions']:,} new interactions in the shop, {seconds:.1f} s, {speed}")
