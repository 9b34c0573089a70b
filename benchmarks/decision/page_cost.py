"""What a personalised homepage costs beside a plain page of as many popular cards, through the real web server.

    python -m benchmarks.decision.page_cost --home DIR [--rate 6] [--visits 300] [--repeats 5]

Opens the shop of DIR as `make demo` does, with the plain pages of ``plain_shop`` beside the homepage, and lets known
shoppers who have just clicked ask for all of them in turn. A third page is the plain one with every card drawn from its
template: that is how it would be without the shop's kept drawings, from which the homepage gains as well.
"""

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from rich.console import Console

from benchmarks import load, machine
from benchmarks.decision.repeats import Ratio, Repeats
from benchmarks.load import even_arrivals
from benchmarks.report import RESULTS, Goal, Measured, report_publish
from benchmarks.site import SHOP, Site, environment_set, services_running, shop_prepared, site_open
from benchmarks.visitors import UnexpectedAnswer, Visitors, impression_of

TITLE = "The homepage beside a plain page of popular items"
NAME = "decision-page-cost"
SETTINGS = "benchmarks.decision.plain_shop.settings"
GOALS = (Goal("p50", 2.0), Goal("p99", 2.0))
HOMEPAGE, PLAIN, DRAWN_ANEW = "Homepage", "Plain page", "Plain page, cards drawn anew"
PATHS = {HOMEPAGE: "/", PLAIN: "/plain/{cards}/", DRAWN_ANEW: "/plain-drawn-anew/{cards}/"}
USUAL_CARDS = 48  # of a plain page for somebody whose homepage has not been seen yet
_CARD = re.compile(rb'<article class="card"')
_CLIENTS = 4


@dataclass
class InTurn:
    """Visits to the pages in turn; a plain page has as many cards as the same person's last homepage."""

    visitors: Visitors
    rng: random.Random
    pages: list[UUID] = field(default_factory=list)  # every homepage
    n_cards: dict[int, int] = field(default_factory=dict)  # by person, of the last homepage
    shown: Counter[str] = field(default_factory=Counter)  # cards, by page
    sent: Counter[str] = field(default_factory=Counter)  # bytes, by page

    def warm_up(self) -> None:
        """Everybody asks for each page, so that every process has its bundle, its templates and its cards."""
        for page in PATHS:
            visits = [(person, page) for person in range(len(self.visitors))]
            load.closed_loop(lambda turn, visits=visits: self.visit(*visits[turn]), **_everybody(visits))
        self.shown.clear()
        self.sent.clear()

    def repeat(self, visits: int, rate: float) -> dict[str, list[float]]:
        """Seconds by page: ``visits`` of each, ``rate`` of each per second, at times that do not wait for answers.

        Everybody has clicked before; who comes when, and in which order the pages follow each other, is drawn.

        Raises:
            UnexpectedAnswer: a homepage was shown that had been made before the click.
        """
        from benchmarks.measuring import clicks_send

        people, before = self.rng.sample(range(len(self.visitors)), visits), set(self.pages)
        clicks_send(self.visitors, people, self.rng)
        turns = [(person, page) for person in people for page in self.rng.sample(list(PATHS), len(PATHS))]
        pace = load.open_loop(lambda turn: self.visit(*turns[turn]), even_arrivals(rate * len(PATHS), len(turns)))
        fresh = len(set(self.pages) - before)
        if fresh != visits:
            raise UnexpectedAnswer(f"{visits} visits after a click were shown {fresh} new homepages.")
        taken = list(zip(turns, pace.latencies, strict=True))
        return {page: [seconds for (_, asked), seconds in taken if asked == page] for page in PATHS}

    def visit(self, person: int, page: str) -> None:
        """Ask for a page.

        Raises:
            UnexpectedAnswer: it has no cards.
        """
        body = self.visitors.page(person, PATHS[page].format(cards=self.n_cards.get(person, USUAL_CARDS)))
        cards = len(_CARD.findall(body))
        if not cards:
            raise UnexpectedAnswer(f"{page} has no cards.")
        self.shown[page] += cards
        self.sent[page] += len(body)
        if page == HOMEPAGE:
            self.n_cards[person] = cards
            self.pages.append(impression_of(body))


def page_cost(home: Path, *, rate: float, visits: int, repeats: int, seed: int, console: Console) -> Measured:
    """Measure on the shop of ``home``, whose services run.

    Args:
        home: folder of a prepared demo shop.
        rate: visits of each page per second.
        visits: of each page in a repeat; nobody comes twice in one.
        repeats: how often.
        seed: draws who comes and what is clicked.
        console: for progress.

    Raises:
        LookupError: no bundle serves the shop.
        UnexpectedAnswer: a page is not what is to be measured.
    """
    with site_open(home, SETTINGS) as site:
        import django

        django.setup()
        from benchmarks import people

        people.bundle_check(SHOP)
        turns = InTurn(people.known_visitors(site.port, SHOP), random.Random(seed))
        visits = min(visits, len(turns.visitors))
        console.print(f"{len(turns.visitors)} known shoppers; warming up …")
        turns.warm_up()
        warm = len(turns.pages)
        busy = machine.calm_wait()
        measured: list[dict[str, list[float]]] = []
        for number in range(repeats):
            console.print(f"Repeat {number + 1} of {repeats} …")
            measured.append(turns.repeat(visits, rate))
        fallbacks = people.degraded_count(turns.pages[warm:])
        return cost_told(measured, [*_notes(turns, rate, busy), _fallback_note(site, fallbacks)])


def cost_told(measured: Sequence[dict[str, list[float]]], notes: Sequence[str]) -> Measured:
    """Lines of the report: the ratios, then what each page took.

    Args:
        measured: per repeat, seconds by page.
        notes: to stand after those on the spread of the ratios.
    """
    by_page = {page: Repeats([one[page] for one in measured]) for page in PATHS}
    ratios = [
        Ratio.of(f"{HOMEPAGE} ÷ {other[0].lower()}{other[1:]}", by_page[HOMEPAGE], by_page[other])
        for other in (PLAIN, DRAWN_ANEW)
    ]
    lines = [ratio.measure(*GOALS) for ratio in ratios] + [each.measure(page) for page, each in by_page.items()]
    spread = [f"{ratio.words}; least and greatest of {len(measured)} repeats in brackets" for ratio in ratios]
    return lines, [*spread, *notes]


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    options = _options(words)
    console, began = Console(), time.perf_counter()
    environment_set(options.home)
    numbers = {name: getattr(options, name) for name in ("rate", "visits", "repeats", "seed")}
    with services_running(options.home):
        shop_prepared(options.home)
        found = page_cost(options.home, console=console, **numbers)
    given = [word for name, value in numbers.items() for word in (f"--{name}", f"{value:g}")]
    report_publish(
        found,
        title=TITLE,
        command=["python", "-m", "benchmarks.decision.page_cost", *given],
        seed=options.seed,
        began=began,
        file=options.results / NAME,
        console=console,
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    home = os.environ.get("DPE_BENCH_HOME")
    parser.add_argument("--home", type=Path, default=home, required=not home, help="folder of a demo shop to keep")
    parser.add_argument("--rate", type=float, default=6.0, help="visits of each page per second")
    parser.add_argument("--visits", type=int, default=300, help="of each page in a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    options.home = Path(options.home).resolve()
    return options


def _everybody(visits: Sequence[object]) -> dict[str, float]:
    return {"count": len(visits), "clients": _CLIENTS, "seconds": 300}


def _notes(turns: InTurn, rate: float, busy: float) -> list[str]:
    cards = ", ".join(f"{page} {turns.shown[page]:,}" for page in PATHS)
    sizes = ", ".join(f"{page} {turns.sent[page] / max(turns.shown[HOMEPAGE], 1):,.0f}" for page in PATHS)
    return [
        f"{rate:g} visits per second to each page, in drawn order; every homepage follows a click of its shopper",
        f"Cards shown: {cards}; bytes per card of a homepage: {sizes}",
        "Latencies run from the time a visit was due, visitors are on the same cores; "
        f"{busy:.0%} of the machine was busy with other things before",
    ]


def _fallback_note(site: Site, fallbacks: int) -> str:
    return f"Homepages made with a fallback: {fallbacks}; sources left out for being late: {site.late_sources()}"


if __name__ == "__main__":
    main(sys.argv[1:])
