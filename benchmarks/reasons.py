"""Whether the reasons of a homepage are its causes, and what they cost.

    python -m benchmarks.reasons --home DIR [--shoppers 200] [--seed 7]

Makes homepages of the demo shop's shoppers and makes each again without every item of its shopper's history, sources
asked anew (``benchmarks.faithfulness``). The cost is that of ``decide`` with and without reasons, in turn, as processor
time of one thread.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.report import RESULTS, Goal, Measure, Measured, report_publish
from benchmarks.site import SHOP, environment_set, services_running, shop_prepared

if TYPE_CHECKING:
    from benchmarks.faithfulness import CardFinding

TITLE = "Reasons: faithfulness and cost"
REPEATS = 5
_ITSELF = "keep_browsing"  # cites the card itself, which cannot but be true


@dataclass
class Explained:
    """What was found on the pages looked at."""

    findings: "list[CardFinding]" = field(default_factory=list)  # one per card that cites an item
    codes: Counter[str] = field(default_factory=Counter)  # reasons, by code
    cards: int = 0
    seconds: list[tuple[float, float]] = field(default_factory=list)  # of each page with and without reasons


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    options = _options(words)
    console, began = Console(), time.perf_counter()
    environment_set(options.home)
    os.environ["OMP_NUM_THREADS"] = "1"
    with services_running(options.home):
        shop_prepared(options.home)
        explained = _measured(options, console)
    report_publish(
        _told(explained),
        title=TITLE,
        command=["python", "-m", "benchmarks.reasons", "--shoppers", str(options.shoppers)],
        seed=options.seed,
        began=began,
        file=options.results / "reasons",
        console=console,
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="folder of a demo shop to keep")
    parser.add_argument("--shoppers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    options.home = options.home.resolve()
    return options


def _measured(options: argparse.Namespace, console: Console) -> Explained:
    """Every shopper's homepage, and what becomes of its cards without each item of the history."""
    import django

    django.setup()
    from benchmarks.faithfulness import page_findings
    from recommender.store.gather import SqlGather
    from recommender.store.rulesets import tags_of

    explained = Explained()
    for number, page in enumerate(_previews(options)):
        bundle, ruleset = page.serving.bundle, page.serving.ruleset
        gather = SqlGather(page.serving, tag_ids=tags_of(ruleset), repeats=ruleset.knobs.repeats)
        explained.codes.update(reason.code for reason in page.decision.reasons)
        explained.cards += len(page.decision.item_ids)
        explained.findings += page_findings(page.context, gather, ruleset, bundle, page.decision)
        explained.seconds.append(_cost(page))
        if number % 20 == 0:
            console.print(f"{number} of {options.shoppers} …")
    return explained


def _told(explained: Explained) -> Measured:
    """Lines of the report and its notes."""
    findings, cards, seconds = explained.findings, explained.cards, explained.seconds
    told = [one for one in findings if one.code != _ITSELF]
    unexplained = cards - explained.codes.total()
    measures = [
        _unfaithful("Cited items that another outdid", told, Goal("value", 5.0)),
        *(
            _unfaithful(f"– {code}, {section}", [one for one in findings if (one.code, one.section) == (code, section)])
            for code, section in sorted({(one.code, one.section) for one in findings})
        ),
        Measure("Cards without a reason", "", cards, value=float(unexplained), goals=(Goal("value", 0.0),)),
        _cost_measure(seconds),
    ]
    lost = sum(one.cited_effect[0] for one in told)
    items = statistics.median(one.n_items for one in told)
    notes = [
        f"{len(seconds)} shoppers, {cards:,} cards; {items:.0f} distinct items in the median history, each tried",
        f"{lost:,} of {len(told):,} citing cards are not brought into their row without the cited item",
        "Reasons: " + ", ".join(f"{code} {n:,}" for code, n in explained.codes.most_common()),
        "Cards of keep_browsing cite themselves and are left out of the first line",
    ]
    return measures, notes


def _previews(options: argparse.Namespace) -> "list[Any]":
    """Homepages of shoppers who have done something, drawn at random; nothing is logged."""
    from catalog.shops import shop_named
    from recommender.homepage import request_preview
    from users.models import Shopper

    shop = shop_named(SHOP)
    known = Shopper.objects.of(shop).filter(synthetic=True, merged_into=None, state__recent_items__len__gte=5)
    drawn = random.Random(options.seed).sample(list(known.order_by("pk")), options.shoppers)
    now = datetime.now(UTC)
    return [request_preview(shop=shop, shopper=shopper, language="en", now=now) for shopper in drawn]


def _cost(page: Any) -> tuple[float, float]:
    """Median processor seconds of a decision with and without reasons, one after the other."""
    from recommender.serving.decide import decide

    asked = (page.context, page.gathered, page.serving.ruleset, page.serving.bundle, 1)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _turn in range(REPEATS):
        for explained, times in taken.items():
            began = time.process_time()
            decide(*asked, explained=explained)
            times.append(time.process_time() - began)
    return statistics.median(taken[True]), statistics.median(taken[False])


def _cost_measure(seconds: Sequence[tuple[float, float]]) -> Measure:
    more = sorted(1000 * (explained - plain) for explained, plain in seconds)
    middle, p95, p99 = (round(more[min(len(more) - 1, int(share * len(more)))], 2) for share in (0.5, 0.95, 0.99))
    name = "Reasons of a homepage, processor time"
    return Measure(name, "ms", len(more), middle, p95, p99, goals=(Goal("p50", 5.0),))


def _unfaithful(name: str, findings: "Sequence[CardFinding]", *goals: Goal) -> Measure:
    wrong = sum(not one.faithful for one in findings)
    return Measure(name, "%", len(findings), value=round(100 * wrong / max(len(findings), 1), 2), goals=goals)


if __name__ == "__main__":
    main(sys.argv[1:])
