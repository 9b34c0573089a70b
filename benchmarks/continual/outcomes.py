"""What every contender earned in each week, stored week by week, and how they compare."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.continual.contenders import CONTENDERS, FROZEN, NEVER, SCRATCH, UPDATE, VIEWS
from benchmarks.continual.weeks import Customers
from recommender.data.types import Floats, Ints
from recommender.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean

BOOTSTRAP_SEED = 20_111_112


@dataclass(frozen=True)
class Cost:
    """What a week's learning cost, processor seconds, and what it was."""

    update: float
    scratch: float
    counts: float  # tables and item models: the same for everybody who counts anew
    update_entries: int  # read per epoch
    scratch_entries: int
    update_epochs: int  # kept, 0: last week's weights
    scratch_epochs: int
    wall: float  # seconds by the clock, questions included


@dataclass(frozen=True)
class Outcome:
    """One week."""

    number: int
    begin: str  # ISO date
    users: Ints  # (v,)
    customers: Ints  # (v,) a ``Customers`` each
    gains: Mapping[tuple[str, str], Floats]  # (contender, view) → (v,) NDCG@10
    cost: Cost


@dataclass(frozen=True)
class Comparison:
    """One view of one group of customers over all weeks."""

    view: str
    customers: str
    baskets: int
    people: int
    means: Mapping[str, float]  # contender → NDCG@10
    behind_scratch: Interval  # update − scratch, as a share of scratch
    beyond_frozen: Interval  # update − frozen
    beyond_never: Interval  # update − never


def outcome_write(outcome: Outcome, folder: Path) -> None:
    """Store a week; the file whose presence says that it is whole comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {f"{contender}|{view}": gain for (contender, view), gain in outcome.gains.items()}
    np.savez(folder / "gains.npz", users=outcome.users, customers=outcome.customers, **named)
    told = {"number": outcome.number, "begin": outcome.begin, "cost": asdict(outcome.cost)}
    (folder / "outcome.json").write_text(json.dumps(told))


def outcome_read(folder: Path) -> Outcome | None:
    """A stored week, None where it is not whole."""
    if not (folder / "outcome.json").exists():
        return None
    told = json.loads((folder / "outcome.json").read_text())
    with np.load(folder / "gains.npz") as arrays:
        gains = {(contender, view): arrays[f"{contender}|{view}"] for contender in CONTENDERS for view in VIEWS}
        users, customers = arrays["users"], arrays["customers"]
    return Outcome(told["number"], told["begin"], users, customers, gains, Cost(**told["cost"]))


def compare(outcomes: Sequence[Outcome], view: str, customers: Customers) -> Comparison:
    """Every contender on the baskets of some customers; who bought in several weeks is drawn with all of them."""
    who = [one.customers == customers for one in outcomes]
    clusters = np.concatenate([one.users[some] for one, some in zip(outcomes, who, strict=True)])
    gains = {
        contender: np.concatenate(
            [one.gains[contender, view][some] for one, some in zip(outcomes, who, strict=True)]
        ).astype(np.float64)
        for contender in CONTENDERS
    }
    means = {name: bootstrap_mean(gain, seed=BOOTSTRAP_SEED, clusters=clusters).mean for name, gain in gains.items()}

    def beyond(rival: str) -> Interval:
        return bootstrap_difference(gains[UPDATE], gains[rival], seed=BOOTSTRAP_SEED, clusters=clusters)

    return Comparison(
        view,
        customers.name.lower(),
        len(clusters),
        len(np.unique(clusters)),
        means,
        share_of(beyond(SCRATCH), means[SCRATCH]),
        beyond(FROZEN),
        beyond(NEVER),
    )


def share_of(interval: Interval, whole: float) -> Interval:
    """An interval in parts of a number.

    >>> share_of(Interval(1.0, -1.0, 2.0), 4.0)
    Interval(mean=0.25, low=-0.25, high=0.5)
    """
    return Interval(interval.mean / whole, interval.low / whole, interval.high / whole)


def encoder_share(outcomes: Sequence[Outcome]) -> float:
    """Processor time of the encoder's updates as a part of its trainings from scratch."""
    return sum(one.cost.update for one in outcomes) / sum(one.cost.scratch for one in outcomes)


def whole_share(outcomes: Sequence[Outcome]) -> float:
    """The same with the counts, which both make anew."""
    counts = sum(one.cost.counts for one in outcomes)
    update, scratch = (sum(getattr(one.cost, name) for one in outcomes) for name in (UPDATE, SCRATCH))
    return float((update + counts) / (scratch + counts))
