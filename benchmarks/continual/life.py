"""A shop's weeks one after the other: test, then train; what is done is stored and not done again."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.continual.contenders import (
    FROZEN,
    NEVER,
    SCRATCH,
    UPDATE,
    Contender,
    Shop,
    bundle_make,
    counted,
    frozen,
    gains,
    taught,
    updated,
    weighing_before,
)
from benchmarks.continual.outcomes import Cost, Outcome, outcome_read, outcome_write
from benchmarks.continual.weeks import past_of, week_of
from recommender.ranking.fusion import FusionWeights
from recommender.serving.bundle import bundle_load
from recommender.trials.learn import Weighing


def weeks_live(shop: Shop, weeks: int, folder: Path) -> list[Outcome]:
    """The outcomes of weeks 1 to ``weeks`` after the first training; ``folder`` keeps them and the bundles."""
    first, weighing = _first(shop, folder / "first")
    base, outcomes = first.bundle.path, []
    for number in range(1, weeks + 1):
        place = folder / f"week-{number}"
        outcome = outcome_read(place)
        if outcome is None:
            shutil.rmtree(place, ignore_errors=True)
            outcome = _week(shop, number, first, weighing, base, place)
            outcome_write(outcome, place)
        outcomes.append(outcome)
        base = place / UPDATE
    return outcomes


def _first(shop: Shop, folder: Path) -> tuple[Contender, Weighing]:
    """The bundle of the first training and the fusion of them all."""
    past, bundle, fusion = past_of(shop.whole, shop.first_us), folder / "bundle", folder / "fusion.json"
    if not fusion.exists():
        shutil.rmtree(folder, ignore_errors=True)
        weighing = weighing_before(shop, folder / "earlier")
        encoder = taught(shop, past, None).encoder
        arrays, _ = counted(shop, past, encoder)
        bundle_make(shop, arrays, encoder, bundle)
        fusion.write_text(json.dumps(weighing.fusion.to_json()))
    weights = FusionWeights.from_json(json.loads(fusion.read_text()))
    return Contender(bundle_load(bundle, verify=False), past.vocabulary), Weighing(weights).fusion_alone()


def _week(shop: Shop, number: int, first: Contender, weighing: Weighing, base: Path, place: Path) -> Outcome:
    """Learn up to the beginning of a week and ask for its baskets."""
    began, week = time.perf_counter(), week_of(shop.whole, shop.first_us, number)
    past = past_of(shop.whole, week.begin_us)
    anew = taught(shop, past, None)
    update, update_seconds = updated(shop, week, base, place)
    arrays, counts = counted(shop, past, anew.encoder)
    bundles = {
        UPDATE: bundle_make(shop, arrays, update.encoder, place / UPDATE),
        SCRATCH: bundle_make(shop, arrays, anew.encoder, place / SCRATCH),
        FROZEN: frozen(shop, first, arrays, past),
    }
    contenders = {name: Contender(bundle, past.vocabulary) for name, bundle in bundles.items()} | {NEVER: first}
    earned = {}
    for done, (name, contender) in enumerate(contenders.items(), start=1):
        earned |= {(name, view): gain for view, gain in gains(contender, weighing, week).items()}
        shop.stages(f"lists of week {number}", done, len(contenders))
    shutil.rmtree(place / SCRATCH)
    cost = Cost(
        update_seconds,
        anew.seconds,
        counts,
        update.entries,
        anew.entries,
        update.encoder.epochs,
        anew.encoder.epochs,
        time.perf_counter() - began,
    )
    begin = datetime.fromtimestamp(week.begin_us / 1e6, UTC).date().isoformat()
    return Outcome(number, begin, week.targets.users, week.customers, earned, cost)
