"""A job run in the foreground with a progress bar: the same work and the same row, without a broker."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from catalog.models import Shop
from recommender.jobs import Work, job_here, job_run
from recommender.models import JobRun


def job_run_here(*, shop: Shop, kind: str, params: dict[str, Any], work: Work) -> JobRun:
    """Run a job in this process; one that was killed is taken up again.

    Returns:
        The job as it stands afterwards.
    """
    job = job_here(shop=shop, kind=kind, params=params)
    columns = (TextColumn("{task.description:<36}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=Console(stderr=True)) as bar:
        task = bar.add_task(kind, total=1.0)
        printed = len(job.log)

        def show(current: JobRun) -> None:
            nonlocal printed
            bar.update(task, description=current.step, completed=current.done / max(current.total, 1e-9))
            for line in current.log[printed:].splitlines():
                bar.console.print(line, highlight=False, markup=False)
            printed = len(current.log)

        done = job_run(job.pk, {kind: work}, show)
        show(done)
    if done.status == JobRun.Status.QUEUED and done.attempts == 0:
        done.error = f"Another {kind} runs in this installation; try again when it has ended."
    return done
