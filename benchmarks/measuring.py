"""What is measured on an open shop: homepages, batches of events, and the way from a click to a changed page."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from benchmarks import load
from benchmarks.load import Pace
from benchmarks.people import versions_of
from benchmarks.visitors import BATCH_SPAN, UnexpectedAnswer, Visitors, batch_new

CLIENTS = 4
_WITHOUT_END = 10**6


@dataclass
class Homepages:
    """Homepages of known shoppers under load.

    A *fresh* page is a decision of its own: everybody clicks on something before a round, and in a round nobody comes
    twice. A *reload* asks again without having done anything, and is answered from the log.
    """

    visitors: Visitors
    rng: random.Random
    pages: list[UUID] = field(default_factory=list)  # every fresh page

    def warm_up(self) -> None:
        """Everybody comes once, so that each process has opened its bundle and compiled its templates."""
        load.closed_loop(self._visit, count=len(self.visitors), clients=CLIENTS, seconds=60)

    def fresh_at(self, arrivals: Callable[[int], list[float]], count: int) -> Pace:
        """Fresh pages at times of their own. ``arrivals`` gives those of a round of so many visits."""
        rounds = [min(len(self.visitors), count - done) for done in range(0, count, len(self.visitors))]
        return _together([self._round(partial(load.open_loop, self._visit, arrivals(n))) for n in rounds])

    def fresh_fast(self, seconds: float) -> Pace:
        """Fresh pages as fast as ``CLIENTS`` get them, for ``seconds`` of measured time."""
        paces: list[Pace] = []
        while (left := seconds - sum(pace.seconds for pace in paces)) > 0:
            fast = partial(load.closed_loop, self._visit, count=len(self.visitors), clients=CLIENTS, seconds=left)
            paces.append(self._round(fast))
        return _together(paces)

    def reload_at(self, arrivals: list[float]) -> Pace:
        """Reloads at given times."""
        return load.open_loop(self._revisit, arrivals)

    def reload_fast(self, seconds: float) -> Pace:
        """Reloads as fast as ``CLIENTS`` get them."""
        return load.closed_loop(self._revisit, count=_WITHOUT_END, clients=CLIENTS, seconds=seconds)

    def _visit(self, turn: int) -> None:
        self.pages.append(self.visitors.homepage(turn))

    def _revisit(self, turn: int) -> None:
        self.visitors.homepage(turn % len(self.visitors))

    def _round(self, measure: Callable[[], Pace]) -> Pace:
        """Everybody clicks, then the clock runs; each answer must be a page that nobody has seen before."""
        before = set(self.pages)
        clicks_send(self.visitors, range(len(self.visitors)), self.rng)
        pace = measure()
        new = set(self.pages) - before
        if len(new) != len(pace.latencies):
            raise UnexpectedAnswer(f"{len(pace.latencies)} visits after a click were shown {len(new)} new pages.")
        return pace


def clicks_send(visitors: Visitors, people: Sequence[int], rng: random.Random) -> None:
    """Each of ``people`` clicks on some product: the next homepage of each is a new decision."""
    dice = [random.Random(rng.random()) for _ in people]

    def click(turn: int) -> None:
        visitors.click(people[turn], dice[turn])

    load.closed_loop(click, count=len(people), clients=CLIENTS, seconds=math.inf)


def batches_sent(guests: Visitors, batches: int, warm_up: int, rng: random.Random) -> list[float]:
    """Seconds until each batch of 100 events is acknowledged, one client.

    The batches of one guest follow each other in time, the last one ends now.
    """
    seconds = []
    turns = math.ceil((warm_up + batches) / len(guests))
    for number in range(warm_up + batches):
        turn, person = divmod(number, len(guests))
        events = batch_new(rng, guests.items, datetime.now(UTC) - (turns - 1 - turn) * BATCH_SPAN)
        began = time.perf_counter()
        guests.send(person, events)
        seconds.append(time.perf_counter() - began)
    return seconds[warm_up:]


def click_to_page(visitors: Visitors, trials: int, rng: random.Random) -> list[float]:
    """Seconds from sending a click until a page that was decided after it has been read.

    Raises:
        UnexpectedAnswer: a page that changed was decided with a state as old as before.
    """
    seconds: list[float] = []
    pairs: list[tuple[UUID, UUID]] = []
    for person in rng.sample(range(len(visitors)), min(trials, len(visitors))):
        before = after = visitors.homepage(person)
        began = time.perf_counter()
        visitors.click(person, rng)
        while after == before:
            after = visitors.homepage(person)
        seconds.append(time.perf_counter() - began)
        pairs.append((before, after))
    versions = versions_of([page for pair in pairs for page in pair])
    stale = sum(versions[after] <= versions[before] for before, after in pairs)
    if stale:
        raise UnexpectedAnswer(f"{stale} of {len(pairs)} changed pages do not know of the click before them.")
    return seconds


def _together(paces: list[Pace]) -> Pace:
    return Pace([one for pace in paces for one in pace.latencies], sum(pace.seconds for pace in paces))
