"""Background work shown in the terminal as it goes on."""

import time
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from recommender.models import JobRun

_POLL_SECONDS = 0.5
_UNFINISHED = (JobRun.Status.QUEUED, JobRun.Status.RUNNING)
_BAD = (JobRun.Status.FAILED, JobRun.Status.PARKED)


class JobBoard:
    """One bar per running job; a line when one ends. ``turn`` is called often and looks twice a second."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown until there is work."""
        self.console = console
        self.bars: dict[UUID, TaskID] = {}
        self.steps: dict[UUID, str] = {}
        self.looked = 0.0
        self.progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )

    def turn(self) -> None:
        """Bring the board up to date; a database that is away for a moment is simply asked again."""
        if time.monotonic() - self.looked < _POLL_SECONDS:
            return
        self.looked = time.monotonic()
        try:
            jobs = JobRun.objects.filter(status__in=_UNFINISHED) | JobRun.objects.filter(pk__in=self.bars)
            for job in jobs.order_by("pk"):
                self._show(job)
        except (DatabaseError, InterfaceError):
            connection.close()

    def close(self) -> None:
        """Take the bars away."""
        self.progress.stop()

    def _show(self, job: JobRun) -> None:
        if job.pk not in self.bars:
            self.progress.start()
            self.bars[job.pk] = self.progress.add_task(job.kind, total=None)
        if job.status not in _UNFINISHED:
            self._finish(job)
            return
        total = job.total if job.status == JobRun.Status.RUNNING else None
        words = f"{job.kind}: {job.step or job.get_status_display()}"
        self.progress.update(self.bars[job.pk], description=words, completed=job.done, total=total)
        if not self.console.is_terminal and self.steps.get(job.pk) != words:
            self.console.print(f"  {words}")
        self.steps[job.pk] = words

    def _finish(self, job: JobRun) -> None:
        self.progress.remove_task(self.bars.pop(job.pk))
        took = (
            f" in {(job.finished_at - job.started_at).total_seconds():.0f} s"
            if job.finished_at and job.started_at
            else ""
        )
        reason = f": {job.error.strip().splitlines()[-1]}" if job.status in _BAD and job.error else ""
        self.console.print(f"  {job.kind} {job.get_status_display()}{took}{reason}", highlight=False)
        if not self.bars:
            self.progress.stop()
