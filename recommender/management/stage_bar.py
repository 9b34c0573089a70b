"""Progress of long commands: a live bar with the time left on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY = 15.0  # seconds between plain lines


class StageBar:
    """Context manager; call it with (stage, steps done, steps in all)."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._stage = ""
        self._began = self._printed = time.monotonic()

    def __enter__(self) -> "StageBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far ``stage`` is; what stands in brackets after its name may change without a new bar."""
        name = stage.split(" (")[0]
        if self._task is None or name != self._stage or done == 0:
            self._stage, self._began = name, time.monotonic()
            self._task = self._bar.add_task(stage, total=total)
        self._bar.update(self._task, description=stage, completed=done, total=total)
        if not self._console.is_terminal:
            self._line(stage, done, total)

    def _line(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._printed < LINE_EVERY or now - self._began < 1.0 or not done:
            return
        self._printed = now
        left = (now - self._began) * max(total - done, 0) / done
        self._console.print(f"{stage}: {done:,} of {total:,}, about {left:,.0f} s left", highlight=False)
