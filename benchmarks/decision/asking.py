"""A peer that has learned stays in its process and is asked for one shopper after the other; both sides use this file.

The peer writes one line of JSON when it has learned, then answers each line that it reads with another: whom to ask
for and how many items, the seconds of each answer. Its process measures itself, so what is told is the peer's call
alone. Nothing but the standard library is needed here.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, Any

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class ShortAnswer(RuntimeError):
    """Fewer items were named than were asked for, so times cannot be compared."""


@dataclass(frozen=True)
class Way:
    """A way to be asked."""

    ask: Callable[[Any, int], Sized]  # (what ``prepare`` made of a shopper, n) → n items
    prepare: Callable[[int], Any] = int  # outside the clock


@dataclass(frozen=True)
class Learned:
    """What a peer says when it can be asked."""

    ways: tuple[str, ...]
    seconds: float
    versions: Mapping[str, str]


def seconds_of(way: Way, users: Sequence[int], n: int) -> list[float]:
    """Seconds of each answer, nothing of it at the same time as another.

    Raises: ShortAnswer if one has not ``n`` items.
    """
    prepared = [way.prepare(user) for user in users]
    gc.collect()
    gc.disable()
    try:
        return [_seconds(way, each, n) for each in prepared]
    finally:
        gc.enable()


def _seconds(way: Way, prepared: Any, n: int) -> float:
    began = time.perf_counter()
    found = way.ask(prepared, n)
    seconds = time.perf_counter() - began
    if len(found) != n:
        raise ShortAnswer(f"{n} items were asked for and {len(found)} named; ask fewer, or shoppers with shorter lists")
    return seconds


def answers_channel() -> IO[str]:
    """What a peer writes its lines to; whatever else is printed goes to the terminal from now on."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def questions_answer(ways: Mapping[str, Way], learned: Learned, questions: IO[str], answers: IO[str]) -> None:
    """The peer's side: say what was learned, then answer until nobody asks any more."""
    answers.write(json.dumps(asdict(learned)) + "\n")
    answers.flush()
    for line in questions:
        asked = json.loads(line)
        answers.write(json.dumps(seconds_of(ways[asked["way"]], asked["users"], asked["n"])) + "\n")
        answers.flush()


@dataclass(frozen=True)
class RunningPeer:
    """The other side: a peer's process that waits for questions."""

    process: subprocess.Popen[str]
    learned: Learned

    def seconds(self, way: str, users: Sequence[int], n: int) -> list[float]:
        """Seconds of each answer.

        Raises: ChildProcessError if the peer has ended; what it said stands in the terminal.
        """
        questions = self.process.stdin
        if questions is None or self.process.poll() is not None:
            raise ChildProcessError(f"The peer that answers {way} has ended")
        questions.write(json.dumps({"way": way, "users": list(users), "n": n}) + "\n")
        questions.flush()
        return [float(one) for one in _line(self.process)]


@contextmanager
def peer_running(command: Sequence[str], *, folder: str | os.PathLike[str]) -> Iterator[RunningPeer]:
    """Start a peer with one thread, wait until it has learned, end it afterwards.

    Args:
        command: program and words.
        folder: to run it in and to import from.
    Raises: ChildProcessError if it ends before it has learned.
    """
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(folder)}
    with subprocess.Popen(
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        try:
            told = _line(process)
            yield RunningPeer(process, Learned(tuple(told["ways"]), told["seconds"], told["versions"]))
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> Any:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise ChildProcessError(f"{' '.join(map(str, process.args))} ended without an answer")  # type: ignore[union-attr]
    return json.loads(line)
