"""How long a draft's trial on two thousand pages takes, and whether its estimate says what is true of it.

    python -m benchmarks.what_if --home DIR [--seed 7]

The requests are those that ``benchmarks.serving --home DIR`` left in the shop's log within the last day. What came of
their cards is drawn here, evenly and whatever the item: no draft earns more clicks than another, and their intervals
should hold 0; revenue differs as far as a draft shows dearer or cheaper items.
Each trial runs in this process, in the parts that the workers would share; what counts is processor time. Where the
machine is calm one more is asked for the way the admin does, of the workers of an open shop, and waited for.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import machine
from benchmarks.report import RESULTS, Goal, Measure, Measured, report_publish
from benchmarks.site import SHOP, environment_set, services_running, shop_prepared, site_open

TITLE = "What-if: a draft tried on the last day's pages"
CLICKS, PURCHASES = 0.10, 0.02  # chance of each for a card of a page's first row
GOAL_SECONDS = 30.0
_PATIENCE_SECONDS = 600
_DRAWN = "bench-outcomes"  # session of what is drawn here


def main(words: Sequence[str]) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="folder of a demo shop with requests in its log")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for a calm machine")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(words)
    home, console, began = options.home.resolve(), Console(), time.perf_counter()
    environment_set(home)
    with services_running(home):
        shop_prepared(home)
        found = _measured(options, home, console)
    report_publish(
        found,
        title=TITLE,
        command=["python", "-m", "benchmarks.what_if", "--seed", str(options.seed)],
        seed=options.seed,
        began=began,
        file=options.results / "what_if",
        console=console,
    )


def _measured(options: argparse.Namespace, home: Path, console: Console) -> Measured:
    import django

    django.setup()
    from catalog.shops import shop_named
    from recommender.what_if import PAGES, PARTS, pages_tried

    shop, now = shop_named(SHOP), datetime.now(UTC)
    pages = pages_tried(shop, now)
    if len(pages) < PAGES:
        raise LookupError(f"{len(pages)} requests of the last day are in the log: run benchmarks.serving first")
    _outcomes_draw(shop, pages, random.Random(options.seed))
    measures: list[Measure] = []
    notes = [
        f"{PAGES:,} pages; clicks {CLICKS:.0%} and purchases {PURCHASES:.0%} of first rows, whatever the item",
        f"{PARTS} workers share a trial: on {PARTS} free cores its processor time divided by {PARTS} passes",
    ]
    for name, content in _drafts(shop).items():
        console.print(f"{name} …")
        seconds, tally = _alone(shop, content)
        goal = Goal("value", GOAL_SECONDS * PARTS)
        measures.append(Measure(f"{name}: processor time", "s", tally.pages, value=round(seconds, 1), goals=(goal,)))
        notes.append(_words(name, tally))
    busy = machine.calm_wait(patience_seconds=options.patience)
    if busy >= machine.CALM:
        notes.append(f"{busy:.0%} of the machine was busy with other things: no waiting time was measured")
        return measures, notes
    with site_open(home):
        waited, tally = _waited(shop, content)
    goals = (Goal("value", GOAL_SECONDS),)
    measures.append(Measure(f"{name}: asked to answered", "s", tally.pages, value=round(waited, 1), goals=goals))
    return measures, notes


def _words(name: str, tally: Any) -> str:
    told = []
    for outcome, scale in (("clicks", 1000.0), ("revenue", 10.0)):
        found = tally.earning(outcome).difference
        interval = f"{scale * found.value:+.1f} ({scale * found.low:+.1f} to {scale * found.high:+.1f})"
        told.append(f"{outcome} of 1,000 seen cards {interval}{'' if found.conclusive else ', cannot conclude'}")
    found = tally.earning("clicks").difference
    return (
        f"{name}: {tally.different:,} pages and {tally.replaced / tally.cards:.1%} of cards differ; {'; '.join(told)}; "
        f"{found.effective_clusters:.0f} effective shoppers, {found.n:,} cards, {found.effective_sample:,.0f} effective"
    )


def _outcomes_draw(shop: Any, pages: Sequence[Any], rng: random.Random) -> None:
    """What people did with the first rows of pages; drawn once per shop."""
    from catalog.ids import uuid7_at
    from catalog.models import Item
    from recommender.models import Impression
    from users.kinds import Kind
    from users.models import Interaction

    if Interaction.objects.filter(shop=shop, session=_DRAWN, impression__in=pages).exists():
        return
    price = dict(Item.objects.filter(shop=shop).values_list("pk", "price_minor"))
    rows = []
    for shown in Impression.objects.filter(pk__in=pages, shopper__isnull=False).order_by("pk"):
        at = shown.shown_at + timedelta(minutes=1)
        for slot, item in enumerate(shown.item_ids):
            if shown.section_of[slot]:
                continue
            for kind, chance in ((Kind.CLICK, CLICKS), (Kind.PURCHASE, PURCHASES)):
                if rng.random() < chance:
                    paid = {"price_minor": price[item], "quantity": 1} if kind is Kind.PURCHASE else {}
                    rows.append(
                        Interaction(
                            id=uuid7_at(at, f"{shown.pk}{slot}{kind}"), shop=shop, shopper_id=shown.shopper_id,
                            item_id=item, kind=int(kind), occurred_at=at, received_at=at, impression=shown.pk,
                            position=slot, session=_DRAWN, **paid,
                        )
                    )  # fmt: skip
    Interaction.objects.bulk_create(rows, batch_size=1000)


def _drafts(shop: Any) -> dict[str, dict[str, Any]]:
    from recommender.admin.ruleset_changes import live_content

    live = live_content(shop)
    dials = {"Diversity .3": {"diversity": 0.3}, "Freshness 1": {"freshness": 1.0}}
    return {name: live | {"knobs": live["knobs"] | more} for name, more in dials.items()}


def _waited(shop: Any, content: dict[str, Any]) -> tuple[float, Any]:
    """Ask, and wait for the workers; seconds, and what was counted."""
    from recommender.models import JobRun
    from recommender.what_if import what_if_ask, what_if_jobs, what_if_read

    began = time.perf_counter()
    trial = what_if_ask(shop=shop, content=content)
    while time.perf_counter() < began + _PATIENCE_SECONDS:
        jobs = what_if_jobs(trial)
        if all(job.status == JobRun.Status.SUCCEEDED for job in jobs):
            return time.perf_counter() - began, what_if_read(jobs)
        if any(job.status in (JobRun.Status.FAILED, JobRun.Status.PARKED) for job in jobs):
            raise RuntimeError("; ".join(job.error for job in jobs))
        time.sleep(0.1)
    raise TimeoutError(f"no answer within {_PATIENCE_SECONDS} s; the logs of the home tell what its workers did")


def _alone(shop: Any, content: dict[str, Any]) -> tuple[float, Any]:
    """Processor seconds of all parts one after the other, reading included; and what they counted."""
    from recommender.evaluation.what_if import Tally
    from recommender.store.rulesets import ruleset_value
    from recommender.what_if import CHUNK, PARTS, Trial, pages_tried

    now, began, tally = datetime.now(UTC), time.process_time(), Tally()
    for part in range(PARTS):
        trial, pages = Trial(shop, ruleset_value(content, "draft"), now), pages_tried(shop, now)[part::PARTS]
        for start in range(0, len(pages), CHUNK):
            trial.try_pages(pages[start : start + CHUNK], tally)
    return time.process_time() - began, tally


if __name__ == "__main__":
    main(sys.argv[1:])
