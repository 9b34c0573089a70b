"""Who answers for one shopper: our decision on a bundle learned here, and peers that learned the same behaviour."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from threadpoolctl import threadpool_limits

from benchmarks.decision.asking import RunningPeer, Way, peer_running, seconds_of
from benchmarks.peers.environment import peer_python
from benchmarks.peers.exchange import Options, Order, commission_write
from benchmarks.quality.models import model_named
from benchmarks.quality.work import Work
from dpe_site.environment import REPOSITORY
from recommender.data.ruleset import SectionValue
from recommender.data.sequences import Sequences
from recommender.data.types import Section
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.management.stage_bar import StageBar
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.trials.ask import EVALUATION_RULESET, answer
from recommender.trials.learn import bundle_with
from recommender.trials.ours import ours_learn
from recommender.trials.problems import Problem

OURS = "DPE, whole decision"
PEERS: dict[str, tuple[str, Options]] = {
    "implicit ALS": ("ALS", {}),
    "RecTools SASRec": ("SASRec", {"steps": 20}),  # an answer costs as much after twenty steps as after thousands
    "RecTools EASE": ("EASE", {}),
}
"""Row of the quality table, whose first options are used → model of ``one_shopper`` and options besides."""

Seconds = Callable[[Sequence[int], int], list[float]]
"""(shoppers, n) → seconds of each answer."""


@dataclass(frozen=True)
class Training:
    """How long everybody learns: what is measured hardly depends on how well."""

    epochs: int  # of our encoder at most, validation shoppers may stop it earlier
    fusion_shoppers: int  # whose choices fusion and second stage learn from, at most
    seed: int


@dataclass(frozen=True)
class Contenders:
    """Everybody who can be asked, and what a reader has to know of them."""

    seconds: dict[str, Seconds]
    notes: list[str]


@contextmanager
def contenders_learned(
    problem: Problem, home: Path, scratch: Path, training: Training, console: Console
) -> Iterator[Contenders]:
    """Everybody learns, one after the other; peers are ended on the way out.

    Args:
        problem: what to learn.
        home: with the peers' environment and the embedded texts; what is missing is made.
        scratch: an empty folder.
        training: how long to learn.
        console: for progress.
    Raises: ChildProcessError if a peer fails; what it said stands in the terminal.
    """
    train = problem.lesson.train
    console.print("Learning ours …")
    bundle = ours_learned(problem, home, scratch, training)
    seconds, notes = {OURS: ours_seconds(bundle, train)}, [_about_ours(bundle, training)]
    with ExitStack() as peers:
        for row, (model, more) in PEERS.items():
            console.print(f"Learning {row} …")
            options = model_named(row).grid[0] | more
            order = Order(model, options, training.seed, threads=1, questions=0, repeats=False, max_seconds=0.0)
            peer = peers.enter_context(_peer(scratch / model, home, order, train))
            seconds |= {way: partial(peer.seconds, way) for way in peer.learned.ways}
            versions = ", ".join(f"{package} {version}" for package, version in peer.learned.versions.items())
            notes.append(f"{row} learned in {peer.learned.seconds:.0f} s with {options}; {versions}")
        yield Contenders(seconds, notes)


def ours_learned(problem: Problem, home: Path, scratch: Path, training: Training) -> Bundle:
    """The shop's defaults with a shortened training."""
    config = replace(SHOP_DEFAULTS, encoder=replace(SHOP_DEFAULTS.encoder, epochs=training.epochs))
    lesson, seed = problem.lesson, training.seed
    if lesson.validation is not None:
        few = np.arange(min(training.fusion_shoppers, len(lesson.validation.fusion)))
        lesson = replace(lesson, validation=replace(lesson.validation, fusion=lesson.validation.fusion.select(few)))
    with StageBar() as stages:
        catalogue = Work(problem.texts, {}, seed, 1, 0.0, home, scratch, stages).catalogue
        ours = ours_learn(scratch / "ours", lesson, catalogue, config, seed=seed, stages=stages)
    return bundle_with(ours.bundle, ours.chosen.weights[lesson.repeats])


def ours_seconds(bundle: Bundle, train: Sequences) -> Seconds:
    """Asks a bundle as ``trials.ask`` does, for one list of the wanted length."""
    gather = ExactGather(bundle.arrays)

    def ask(user: int, n: int) -> Sequence[int]:
        ruleset = replace(EVALUATION_RULESET, layout=(SectionValue(Section.TOP_PICKS, n=n, minimum=1),))
        return answer(bundle, gather, ruleset, train, user).index.tolist()

    def seconds(users: Sequence[int], n: int) -> list[float]:
        with threadpool_limits(1):
            return seconds_of(Way(ask), users, n)

    return seconds


@contextmanager
def _peer(folder: Path, home: Path, order: Order, train: Sequences) -> Iterator[RunningPeer]:
    folder.mkdir()
    commission_write(folder, order, train, None, [])
    command = [str(peer_python(home)), "-m", "benchmarks.decision.one_shopper", str(folder)]
    with peer_running(command, folder=REPOSITORY) as peer:
        yield peer


def _about_ours(bundle: Bundle, training: Training) -> str:
    stage = bundle.second_stage
    trees = f"{stage.about['trees']}" if stage else f"none ({bundle.manifest.absent['second_stage']})"
    return (
        f"Training was short (ours at most {training.epochs} epochs and {training.fusion_shoppers} shoppers for the "
        "weights, SASRec as below): what an answer costs does not depend on how well was learned, but for the trees "
        f"of the second stage: {trees}"
    )
