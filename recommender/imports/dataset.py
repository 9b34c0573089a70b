"""Import of a data set: read, clean, write, account for every line; can be killed and continued, and repeated."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.copying import unsynced_commit
from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.files import file_sha256
from recommender.data.formats.known import FORMATS, TIME_ZONES
from recommender.data.formats.records import Batch, FormatOptions
from recommender.data.formats.report import ImportReport
from recommender.data.types import DataError
from recommender.imports.ahead import read_ahead
from recommender.imports.interactions import interactions_load, shoppers_load
from recommender.imports.items import items_load, relations_load
from recommender.models import JobRun
from recommender.trends import trend_refresh
from users.state_rebuild import states_rebuild

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much is done and of how much (0: not known yet)."""

_CHECKED_LINES = 1_000
"""Facts after which a data set counts as readable."""


@dataclass
class _Known:
    """Database ids of what the import has met so far."""

    items: dict[str, int] = field(default_factory=dict)
    shoppers: dict[str, int] = field(default_factory=dict)


def dataset_import(*, shop: Shop, path: Path, format_name: str, options: FormatOptions, progress: Progress) -> JobRun:
    """Import the file or folder at ``path``.

    The job's row holds how far it came: a killed import goes on behind its last committed batch, a finished one of
    the same bytes changes nothing.

    Args:
        shop: whose facts they become.
        path: a file, or a folder of files where the format has several.
        format_name: a key of ``FORMATS``.
        options: ``now_us`` 0 means now; a time zone of "" means the format's own.
        progress: called at every batch and while states are rebuilt.
    Returns: the job, with the report as its result.
    Raises: DataError if the file as a whole cannot be read; nothing of it is written then.
    """
    _refuse_unless_there(path, format_name)
    started = timezone.now()
    job = _job(shop, path, format_name, options)
    if job.status == JobRun.Status.SUCCEEDED:
        return job
    report = ImportReport(aside_path=_aside_path(job))
    try:
        _batches_write(shop, path, format_name, _options(options, format_name, started), job, report, progress)
    except DataError as error:
        _job_end(job, JobRun.Status.FAILED, report, error=str(error))
        raise
    finally:
        report.close()
    report.balance()
    trend_refresh(shop)
    _job_end(job, JobRun.Status.FAILED if report.faults else JobRun.Status.SUCCEEDED, report)
    return job


def dataset_check(*, path: Path, format_name: str) -> None:
    """See that an import of ``path`` would find something: its first facts are read and forgotten, nothing is written.

    Raises: DataError if there is no such file or folder, no such format, or no fact of that format in the beginning.
    """
    _refuse_unless_there(path, format_name)
    report = ImportReport()
    options = _options(FormatOptions(time_zone="", batch_lines=_CHECKED_LINES), format_name, timezone.now())
    batch = next(FORMATS[format_name](path, options, report), None)
    if not batch:
        causes = "; ".join([*report.faults, *(reason for reason, _ in report.aside.most_common(3))]) or "it is empty"
        raise DataError(
            f"{path} holds nothing that can be read as {format_name}: {causes}. Name another file or format"
        )


def _refuse_unless_there(path: Path, format_name: str) -> None:
    if format_name not in FORMATS:
        raise DataError(f"there is no format {format_name!r}; there are {', '.join(FORMATS)}")
    if not path.exists():
        raise DataError(f"{path} does not exist: name a file or a folder")


def _options(options: FormatOptions, format_name: str, now: datetime) -> FormatOptions:
    return replace(
        options,
        time_zone=options.time_zone or TIME_ZONES.get(format_name, "UTC"),
        now_us=options.now_us or microseconds(now),
    )


def _job(shop: Shop, path: Path, format_name: str, options: FormatOptions) -> JobRun:
    """This import's job: the one of the same bytes read the same way if there is one, else a new one."""
    params = {
        "name": path.name,
        "format": format_name,
        "sha256": content_fingerprint(path),
        "time_zone": options.time_zone,
        "encoding": options.encoding,
        "kind": options.kind.word,
    }
    job = JobRun.objects.of(shop).filter(kind="import", params=params).exclude(status=JobRun.Status.CANCELLED).first()
    if job is None:
        job = JobRun.objects.create(shop=shop, kind="import", params=params)
    if job.status != JobRun.Status.SUCCEEDED:
        job.status, job.started_at, job.error = JobRun.Status.RUNNING, timezone.now(), ""
        job.attempts += 1
        job.save()
    return job


def content_fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files."""
    if path.is_file():
        return file_sha256(path)
    parts = [f"{file.name}:{file_sha256(file)}" for file in sorted(path.iterdir()) if file.is_file()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _aside_path(job: JobRun) -> Path:
    return Path(settings.DPE_HOME) / "imports" / f"{job.pk}-set-aside.csv.gz"


def _batches_write(
    shop: Shop,
    path: Path,
    format_name: str,
    options: FormatOptions,
    job: JobRun,
    report: ImportReport,
    progress: Progress,
) -> None:
    known, written, received = _Known(), int(job.result.get("batches", 0)), timezone.now()
    new = int(job.result.get("new_interactions", 0))
    read = ((batch, report.lines) for batch in FORMATS[format_name](path, options, report))
    with closing(read_ahead(read)) as batches:
        for number, (batch, lines) in enumerate(batches, start=1):
            progress("reading and writing", lines, 0)
            if number <= written:
                _known_load(shop, batch, known, received)
                continue
            with transaction.atomic():
                unsynced_commit()
                new += _batch_write(shop, batch, known, _source(format_name), received)
                job.result = {"batches": number, "new_interactions": new}
                job.done, job.heartbeat_at = lines, timezone.now()
                job.save(update_fields=["result", "done", "heartbeat_at"])
    shoppers = sorted(known.shoppers.values())
    states_rebuild(
        shop=shop,
        shopper_ids=shoppers,
        progress=lambda done: progress("shopper states", done, len(shoppers)),
        lasting=False,
    )


def _source(format_name: str) -> str:
    return f"import:{format_name}"


def _batch_write(shop: Shop, batch: Batch, known: _Known, source: str, received: datetime) -> int:
    _known_load(shop, batch, known, received)
    relations_load(shop=shop, relations=batch.relations, ids=known.items)
    return interactions_load(
        shop=shop, batch=batch, source=source, shoppers=known.shoppers, items=known.items, received=received
    )


def _known_load(shop: Shop, batch: Batch, known: _Known, received: datetime) -> None:
    unknown_items = [record for key, record in batch.items.items() if key not in known.items]
    if unknown_items:
        known.items.update(items_load(shop=shop, records=unknown_items, at=received))
    unknown_shoppers = set(batch.shopper) - known.shoppers.keys()
    if unknown_shoppers:
        known.shoppers.update(shoppers_load(shop=shop, keys=unknown_shoppers, at=received))


def _job_end(job: JobRun, status: JobRun.Status, report: ImportReport, *, error: str = "") -> None:
    result: dict[str, Any] = {**job.result, **report.as_dict()}
    job.status, job.result, job.finished_at = status, result, timezone.now()
    job.error = error or "\n".join(report.faults)
    job.done = job.total = report.lines
    job.save()
