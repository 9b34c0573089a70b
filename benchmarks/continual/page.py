"""The page and the JSON of a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.continual.contenders import CONTENDERS, ENCODER, VIEWS, Shop
from benchmarks.continual.outcomes import Comparison, Outcome, compare, encoder_share, whole_share
from benchmarks.continual.weeks import Customers
from benchmarks.report import MET, MISSED
from recommender.evaluation.bootstrap import Interval

LOSS, SHARE = 0.02, 0.1
"""Goals: what an update may lose on old customers, as a share of training from scratch, and what it may cost of it."""

LEGEND = """\
Every week: the first basket of each customer who buys, given what they had bought until the week began; all items
ranked, items already met included; then the week is learned. Old customers bought before the first training, new ones
since for the first time, first ones buy for the first time. `update` goes on from last week's weights with replay, as
`manage.py train --update` does; `scratch` learns anew from everything; `frozen` keeps the first encoder, gives items
that came since the vector of the item tower, and counts anew; `never` is the first bundle. All share one fusion,
weighed once on baskets of the four weeks before the first training. Brackets: 95 % bootstrap intervals over customers,
paired. Items first sold after 2011-11-12 are misses for everybody. Seconds are the processor's, on one thread."""


@dataclass(frozen=True)
class Run:
    """What was run, and on what."""

    command: str
    hardware: str
    date: str
    wall_seconds: float


def comparisons(outcomes: Sequence[Outcome]) -> list[Comparison]:
    """Both views of all groups."""
    return [compare(outcomes, view, customers) for view in VIEWS for customers in Customers]


def page_of(run: Run, shop: Shop, outcomes: Sequence[Outcome]) -> str:
    """Everything on one page."""
    compared = comparisons(outcomes)
    return "\n".join(
        [
            "# Continual learning, Online Retail",
            "",
            f"- Command: `{run.command}`",
            f"- Hardware: {run.hardware}, one thread",
            f"- Seed {shop.seed}, {run.wall_seconds / 60:.0f} minutes by the clock, {run.date}",
            f"- Weeks {outcomes[0].number} to {outcomes[-1].number} after the first training",
            f"- Updates per week: {shop.nights}; {_recipe(shop)}",
            "",
            LEGEND,
            "",
            "## Goals",
            "",
            *_goals(compared, outcomes),
            "",
            "## NDCG@10 over all weeks",
            "",
            *_accuracy(compared),
            "",
            "## Week by week, encoder alone, and what learning cost",
            "",
            *_weeks(outcomes),
            "",
        ]
    )


def json_of(run: Run, shop: Shop, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The same for machines."""
    return {
        **asdict(run),
        "seed": shop.seed,
        "nights": shop.nights,
        "update": asdict(shop.update),
        "holdout": asdict(shop.holdout),
        "config": shop.config.to_json(),
        "comparisons": [asdict(one) for one in comparisons(outcomes)],
        "cost": {"encoder": encoder_share(outcomes), "with_counts": whole_share(outcomes)},
        "weeks": [_week_json(one) for one in outcomes],
    }


def loss_verdict(beyond: Interval) -> str:
    """Whether an update loses less than may be lost, surely or on the mean.

    >>> [loss_verdict(Interval(mean, -0.03, 0.0)) for mean in (-0.01, -0.025)]
    ['met by the mean, not by its interval', 'missed']

    Args:
        beyond: update − scratch, as a share of scratch.
    """
    if -beyond.mean >= LOSS:
        return MISSED
    return f"{MET}, with its interval" if -beyond.low < LOSS else f"{MET} by the mean, not by its interval"


def _goals(compared: Sequence[Comparison], outcomes: Sequence[Outcome]) -> list[str]:
    lines = ["| goal | measured | verdict |", "|---|---|---|"]
    for one in compared:
        told = f"{-one.behind_scratch.mean:.1%} [{-one.behind_scratch.high:.1%}, {-one.behind_scratch.low:.1%}]"
        if one.customers == Customers.OLD.name.lower():
            row = f"loss on old customers against scratch < {LOSS:.0%}, {one.view}"
            lines.append(f"| {row} | {told} | {loss_verdict(one.behind_scratch)} |")
        if one.customers == Customers.NEW.name.lower():
            for rival, gain in (("frozen", one.beyond_frozen), ("never", one.beyond_never)):
                row = f"gain on new customers against {rival}, {one.view}"
                lines.append(f"| {row} | {_signed(gain)} | {gain.verdict} |")
    share = encoder_share(outcomes)
    lines.append(f"| time of the encoder's updates, of scratch ≤ {SHARE:.0%} | {share:.1%} | {_said(share <= SHARE)} |")
    lines.append(f"| the same with the counts, which both make anew | {whole_share(outcomes):.1%} | – |")
    return lines


def _accuracy(compared: Sequence[Comparison]) -> list[str]:
    heading = ["view", "customers", "baskets", "of", *CONTENDERS, "update − scratch, of scratch", "− frozen", "− never"]
    lines = [f"| {' | '.join(heading)} |", f"|{'---|' * len(heading)}"]
    for one in compared:
        share = one.behind_scratch
        cells = [
            one.view,
            one.customers,
            f"{one.baskets:,}",
            f"{one.people:,}",
            *(f"{one.means[name]:.4f}" for name in CONTENDERS),
            f"{share.mean:+.1%} [{share.low:+.1%}, {share.high:+.1%}]",
            _signed(one.beyond_frozen),
            _signed(one.beyond_never),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _weeks(outcomes: Sequence[Outcome]) -> list[str]:
    costs = ["update s", "scratch s", "counts s", "entries read", "of", "epochs kept, update", "scratch"]
    heading = ["week of", "baskets", *CONTENDERS, *costs]
    lines = [f"| {' | '.join(heading)} |", f"|{'---|' * len(heading)}"]
    for one in outcomes:
        cost = one.cost
        cells = [
            one.begin,
            f"{len(one.users):,}",
            *(f"{one.gains[name, ENCODER].mean():.4f}" for name in CONTENDERS),
            *(f"{seconds:.1f}" for seconds in (cost.update, cost.scratch, cost.counts)),
            f"{cost.update_entries:,}",
            f"{cost.scratch_entries:,}",
            str(cost.update_epochs),
            str(cost.scratch_epochs),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _week_json(one: Outcome) -> dict[str, Any]:
    groups = {group.name.lower(): one.customers == group for group in Customers}
    means = {
        view: {
            contender: {
                name: float(one.gains[contender, view][some].mean()) if some.any() else None
                for name, some in groups.items()
            }
            for contender in CONTENDERS
        }
        for view in VIEWS
    }
    baskets = {name: int(some.sum()) for name, some in groups.items()}
    return {"number": one.number, "begin": one.begin, "baskets": baskets, "ndcg_at_10": means, "cost": asdict(one.cost)}


def _recipe(shop: Shop) -> str:
    update = shop.update
    return f"{update.epochs} epochs at {update.learning_rate:g}, replay {update.replay:g}"


def _said(met: bool) -> str:
    return MET if met else MISSED


def _signed(one: Interval) -> str:
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"
