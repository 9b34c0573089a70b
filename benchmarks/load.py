"""Two ways to ask a server: at given times whether or not it keeps up, and as fast as it answers."""

import gc
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

Act = Callable[[int], object]  # takes the number of the turn

THREADS = 64
_LEAD_SECONDS = 0.2


@dataclass(frozen=True)
class Pace:
    """Latencies in seconds, and how long the whole took."""

    latencies: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


def even_arrivals(rate: float, count: int) -> list[float]:
    """Seconds from the start, one every 1/rate."""
    return [turn / rate for turn in range(count)]


def random_arrivals(rate: float, count: int, rng: random.Random) -> list[float]:
    """Seconds from the start, independent of each other (a Poisson process): two may come at nearly the same time."""
    return list(itertools.accumulate(rng.expovariate(rate) for _ in range(count)))


def open_loop(act: Act, arrivals: Sequence[float]) -> Pace:
    """Act at the given times, late answers or not.

    A latency runs from the time a turn was due, so what waits behind a slow answer counts as slow too.

    Args:
        act: makes one request and returns when its answer is there.
        arrivals: seconds from the start, ascending.
    """
    with _collector_paused(), ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter() + _LEAD_SECONDS

        def turn(number: int) -> float:
            due = start + arrivals[number]
            time.sleep(max(0.0, due - time.perf_counter()))
            act(number)
            return time.perf_counter() - due

        latencies = list(pool.map(turn, range(len(arrivals))))
        return Pace(latencies, time.perf_counter() - start)


def closed_loop(act: Act, *, count: int, clients: int, seconds: float) -> Pace:
    """``clients`` that each ask again as soon as they are answered, until ``count`` turns or ``seconds`` are over."""
    turns = iter(range(count))
    with _collector_paused(), ThreadPoolExecutor(clients) as pool:
        start = time.perf_counter()

        def client(_: int) -> list[float]:
            latencies = []
            while (began := time.perf_counter()) < start + seconds and (number := next(turns, None)) is not None:
                act(number)
                latencies.append(time.perf_counter() - began)
            return latencies

        latencies = [one for many in pool.map(client, range(clients)) for one in many]
        return Pace(latencies, time.perf_counter() - start)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection on our side of the line while the clock runs."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
