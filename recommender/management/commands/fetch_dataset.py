"""Fetch a public data set from its official address."""

import shutil
import urllib.request
from argparse import ArgumentParser
from http.client import HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from recommender.data.formats.published import PUBLISHED, PublishedDataset, published_unpack, published_verify
from recommender.data.types import DataError

_TIMEOUT = 60
_BLOCK = 1 << 16


class Command(BaseCommand):
    """``manage.py fetch_dataset NAME``; without a name it lists what there is."""

    help = "Fetch a public data set from its official address, check it and unpack it for import_dataset."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which set, where to, or a copy that was fetched by other means."""
        parser.add_argument("name", nargs="?", choices=sorted(PUBLISHED))
        parser.add_argument("--to", type=Path, help="folder; DPE_HOME/datasets/NAME by default")
        parser.add_argument("--file", type=Path, help="a download you already have: it is checked like a fresh one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Download, verify, unpack, say how to go on."""
        if not options["name"]:
            self._list()
            return
        dataset = PUBLISHED[options["name"]]
        folder = options["to"] or Path(settings.DPE_HOME) / "datasets" / dataset.name
        try:
            download = options["file"] or self._download(dataset, folder)
            published_verify(dataset, download)
            result = published_unpack(dataset, download, folder)
        except DataError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{dataset.title} ({dataset.licence}) is in {folder}")
        self.stdout.write(
            f"Import it with: manage.py import_dataset {result} --format {dataset.format} --shop {dataset.name}"
        )

    def _list(self) -> None:
        for dataset in PUBLISHED.values():
            self.stdout.write(f"{dataset.name}: {dataset.title} ({dataset.licence})\n    {dataset.file.address}")

    def _download(self, dataset: PublishedDataset, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "download"
        draft = target.with_suffix(".part")
        request = urllib.request.Request(dataset.file.address, headers={"User-Agent": "dpe-fetch"})  # noqa: S310 (an https address of our own list)
        bar = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as source, draft.open("wb") as sink, bar:  # noqa: S310
                task = bar.add_task(dataset.name, total=int(source.headers.get("Content-Length") or 0) or None)
                while block := source.read(_BLOCK):
                    sink.write(block)
                    bar.advance(task, len(block))
        except (OSError, HTTPException) as error:
            raise CommandError(
                f"{dataset.file.address} cannot be fetched ({error}). Fetch it by other means and name it with --file."
            ) from error
        shutil.move(draft, target)
        return target
