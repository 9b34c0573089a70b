"""``manage.py evaluate``: our lists against the baselines on public data sets, as the shop itself would make them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.splits import leave_last_out, time_split, validation_thirds
from recommender.data.types import Ints
from recommender.encoders.config import LearningConfig
from recommender.serving.bundle import Bundle
from recommender.trials.ask import answers
from recommender.trials.baselines import baselines_fit
from recommender.trials.catalogue import Catalogue, catalogue_of
from recommender.trials.datasets import (
    RETAIL_SPLIT_US,
    RETAIL_VALIDATION_US,
    beauty_read,
    movielens_read,
    retail_read,
)
from recommender.trials.learn import Stages, Trial, Weighing, bundle_with, trial_learn, weighing_learn
from recommender.trials.measure import Measured, Task, measure_answers, measure_baseline, measured_join, task_new_only
from recommender.trials.report import Table, table_make

OURS, FUSION = "DPE (full stack)", "DPE (fusion)"
TIE_SEEDS = 5
LAST_POSITIONS = 10
FIRST_BASKET = "First basket after 2011-11-12, context frozen."
NO_RANKER = "There are no impressions, hence no trained ranker: fusion and second stage rank."


@dataclass(frozen=True)
class Run:
    """What every data set's procedure is told."""

    data: Path
    home: Path  # keeps the exported text encoder
    config: LearningConfig
    seed: int
    stages: Stages
    device: str = "cpu"


@dataclass(frozen=True)
class Outcome:
    """Tables of a data set and what was fitted on the way."""

    tables: tuple[Table, ...]
    details: dict[str, object]


def evaluate_beauty(run: Run) -> Outcome:
    """Amazon Beauty, leave-one-out, strict: only early stopping and what weighs the models see the validation item."""
    dataset = beauty_read(run.data, seed=run.seed)
    catalogue = catalogue_of(dataset.texts, home=run.home)
    test = leave_last_out(dataset.sequences)
    ours, others, trial = _leave_one_out(run, test.train, Task(test.train, test.targets), catalogue, seed=run.seed)
    note = f"Leave-one-out, strict, all items ranked, items already met left out. {NO_RANKER}"
    return Outcome((table_make("Next item", note, ours, others),), _details(trial))


def evaluate_movielens(run: Run) -> Outcome:
    """MovieLens-100K: the last item under several random orders of tied times, and the last ten items."""
    parts: list[list[Measured]] = []
    users: list[Ints] = []
    files = [movielens_read(run.data, seed=run.seed, tie_seed=tie_seed) for tie_seed in range(TIE_SEEDS)]
    catalogue = catalogue_of(files[0].texts, home=run.home)  # ties reorder behaviour, not the vocabulary
    for tie_seed, dataset in enumerate(files):
        test = leave_last_out(dataset.sequences)
        task = Task(test.train, test.targets)
        ours, others, trial = _leave_one_out(run, test.train, task, catalogue, seed=run.seed + tie_seed)
        parts.append([ours, *others])
        users.append(task.targets.users)
    joined = [measured_join(list(runs)) for runs in zip(*parts, strict=True)]
    note = f"Leave-one-out, strict; {TIE_SEEDS} random orders of tied times, each learned anew. {NO_RANKER}"
    first = table_make("Last item", note, joined[0], joined[1:], clusters=np.concatenate(users))
    return Outcome((first, _last_positions(run, files[0].sequences, catalogue)), _details(trial))


def _last_positions(run: Run, whole: Sequences, catalogue: Catalogue) -> Table:
    """Each shopper's last ten items, models frozen before all of them, histories growing."""
    frozen = whole.without_last(LAST_POSITIONS)
    tasks = []
    for left in range(LAST_POSITIONS - 1, -1, -1):
        split = leave_last_out(whole.without_last(left))
        tasks.append(Task(split.train, split.targets))
    with TemporaryDirectory() as scratch:
        trial = _trial_strict(run, Path(scratch) / "bundle", frozen, catalogue, seed=run.seed)
        base = leave_last_out(frozen).train
        found = [_measure_all(run, trial.bundle, trial.weighing, base, task) for task in tasks]
    joined = [measured_join([one[place] for one in found]) for place in range(len(found[0]))]
    clusters = np.concatenate([task.targets.users for task in tasks])
    note = f"Models frozen before all {LAST_POSITIONS}; intervals drawn over shoppers. {NO_RANKER}"
    return table_make(f"Last {LAST_POSITIONS} items", note, joined[0], joined[1:], clusters=clusters)


def evaluate_retail(run: Run) -> Outcome:
    """Online Retail: the first basket after the split, context frozen at it; all purchases, and new items alone.

    Weights are chosen on the first baskets after an earlier split; then everything is learned again up to the split.
    """
    dataset = retail_read(run.data, seed=run.seed)
    catalogue = catalogue_of(dataset.texts, home=run.home)
    whole = dataset.sequences
    past = whole.before(RETAIL_SPLIT_US)
    test = time_split(whole, RETAIL_SPLIT_US)
    everything = Task(test.train, test.targets, repeats=True, now_us=RETAIL_SPLIT_US)
    later = replace(everything, targets=time_split(whole, RETAIL_SPLIT_US, whole_future=True).targets)
    with TemporaryDirectory() as scratch:
        earlier, weights = _retail_weights(run, Path(scratch) / "earlier", past, catalogue)
        config = replace(run.config, encoder=replace(run.config.encoder, epochs=earlier.epochs))
        final = trial_learn(
            Path(scratch) / "final",
            test.train,
            catalogue,
            config,
            seed=run.seed,
            stages=run.stages,
            weighing=weights[True],
            now_us=RETAIL_SPLIT_US,
            repeats=True,
            device=run.device,
        )
        tables = []
        for title, note, task in (
            ("All purchases", FIRST_BASKET, everything),
            ("Items new to the customer", FIRST_BASKET, task_new_only(everything)),
            ("All purchases, every later basket", "Everything bought after 2011-11-12, context frozen.", later),
        ):
            ours, *others = _measure_all(run, final.bundle, weights[task.repeats], test.train, task)
            tables.append(table_make(title, f"{note} {NO_RANKER}", ours, others))
    details = {"weighing": {"all": weights[True].to_json(), "new": weights[False].to_json()}, "epochs": earlier.epochs}
    return Outcome(tuple(tables), details)


def _retail_weights(
    run: Run, folder: Path, past: Sequences, catalogue: Catalogue
) -> tuple[Trial, dict[bool, Weighing]]:
    """Fusion and second stage with and without repeats, from the first baskets after the validation split."""
    split = time_split(past, RETAIL_VALIDATION_US)
    thirds = validation_thirds(split.targets, seed=run.seed)
    trial = trial_learn(
        folder,
        split.train,
        catalogue,
        run.config,
        seed=run.seed,
        stages=run.stages,
        thirds=thirds,
        now_us=RETAIL_VALIDATION_US,
        repeats=True,
        device=run.device,
    )
    fit = Task(split.train, thirds.fusion, repeats=True, now_us=RETAIL_VALIDATION_US)
    weights = {}
    for task in (fit, task_new_only(fit)):
        weights[task.repeats] = weighing_learn(
            trial.bundle,
            task.sequences,
            task.targets,
            run.stages,
            now_us=task.now_us,
            repeats=task.repeats,
            seed=run.seed,
        )
    return trial, weights


def _leave_one_out(
    run: Run, given: Sequences, task: Task, catalogue: Catalogue, *, seed: int
) -> tuple[Measured, list[Measured], Trial]:
    with TemporaryDirectory() as scratch:
        trial = _trial_strict(run, Path(scratch) / "bundle", given, catalogue, seed=seed)
        ours, *others = _measure_all(run, trial.bundle, trial.weighing, leave_last_out(given).train, task)
    return ours, others, trial


def _trial_strict(run: Run, folder: Path, given: Sequences, catalogue: Catalogue, *, seed: int) -> Trial:
    """Learn from sequences whose last item is for validation alone."""
    split = leave_last_out(given)
    thirds = validation_thirds(split.targets, seed=seed)
    return trial_learn(
        folder, split.train, catalogue, run.config, seed=seed, stages=run.stages, thirds=thirds, device=run.device
    )


def _measure_all(run: Run, bundle: Bundle, weighing: Weighing, train: Sequences, task: Task) -> list[Measured]:
    """Ours whole, ours without second stage, then the baselines fitted on ``train``."""
    popularity = np.asarray(bundle.arrays.popularity)
    found = []
    for name, one in ((OURS, weighing), (FUSION, weighing.fusion_alone())):
        asked = bundle_with(bundle, one)
        lists = answers(asked, task.sequences, task.targets.users, now_us=task.now_us, repeats=task.repeats)
        progress = partial(run.stages, f"lists of {name}")
        found.append(measure_answers(name, task, lists, popularity, progress))
    for baseline in baselines_fit(train, run.config, now_us=task.now_us, models=("ease", "als", "vae"), seed=run.seed):
        run.stages(f"baseline {baseline.name}", 0, 1)
        found.append(measure_baseline(baseline, task, popularity))
    return found


def _details(trial: Trial) -> dict[str, object]:
    return {
        "epochs": trial.epochs,
        "encoder_ndcg_at_10_on_validation_a": trial.validation_ndcg,
        "weighing": trial.weighing.to_json(),
    }


EVALUATIONS: dict[str, Callable[[Run], Outcome]] = {
    "online-retail": evaluate_retail,
    "ml-100k": evaluate_movielens,
    "beauty": evaluate_beauty,
}
