"""Where a running job stands, as its row tells it."""

import time
from collections.abc import Callable, Mapping

from django.utils import timezone

from recommender.models import JobRun

WRITE_SECONDS = 0.5
LOG_CHARACTERS = 20_000


class JobStopped(Exception):
    """The job was cancelled, or another process has taken it over."""


class JobProgress:
    """Where a running job stands; every report also asks whether to go on.

    Args:
        job: a claimed job.
        listener: called after each change, for a console.
    """

    def __init__(self, job: JobRun, listener: Callable[[JobRun], None] | None = None) -> None:
        self.job = job
        self._listener = listener
        self._weights: dict[str, float] = {}
        self._started = self._written = time.monotonic()
        self._first_share: float | None = None

    def plan(self, weights: Mapping[str, float]) -> None:
        """Steps in their order, with the share of the whole work that each is expected to be."""
        self._weights = dict(weights)
        self.job.total, self.job.done = sum(weights.values()) or 1.0, 0.0

    def step(self, name: str) -> None:
        """Begin a step of the plan."""
        names = list(self._weights)
        self.job.step = name
        self.job.done = sum(self._weights[earlier] for earlier in names[: names.index(name)])
        if self._first_share is None:
            self._first_share = self.job.done
        self.log(name)
        self._write()

    def update(self, done: float, total: float) -> None:
        """Report how much of the current step is done.

        Raises:
            JobStopped: the job was cancelled or is no longer ours.
        """
        names = list(self._weights)
        before = sum(self._weights[earlier] for earlier in names[: names.index(self.job.step)])
        self.job.done = before + self._weights[self.job.step] * min(done / max(total, 1e-9), 1.0)
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._write()

    def log(self, line: str) -> None:
        """Add a line to the job's log; it is stored with the next report."""
        self.job.log = f"{self.job.log}{timezone.now():%H:%M:%S} {line}\n"[-LOG_CHARACTERS:]

    def curve(self, name: str, x: float, y: float) -> None:
        """Add a point to a curve, for example the loss over steps."""
        self.job.curves.setdefault(name, []).append([x, y])

    def _write(self) -> None:
        job, self._written = self.job, time.monotonic()
        job.eta_seconds = self._eta()
        fields = ("step", "done", "total", "eta_seconds", "log", "curves")
        mine = JobRun.objects.filter(
            pk=job.pk, attempts=job.attempts, status=JobRun.Status.RUNNING, cancel_requested=False
        )
        if not mine.update(heartbeat_at=timezone.now(), **{name: getattr(job, name) for name in fields}):
            raise JobStopped(f"{job} was cancelled or taken over")
        if self._listener:
            self._listener(job)

    def _eta(self) -> float | None:
        gone = self.job.done - (self._first_share or 0.0)
        if gone <= 0:
            return None
        return (time.monotonic() - self._started) * (self.job.total - self.job.done) / gone
