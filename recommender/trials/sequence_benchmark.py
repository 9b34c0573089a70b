"""``manage.py benchmark sequences``: everybody's next item from a file of sequences, for any evaluator to score."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from recommender.data.sequence_file import SequenceFile, item_texts_read, sequence_file_read
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.encoders.config import LearningConfig
from recommender.serving.bundle import Bundle
from recommender.trials.ask import answers
from recommender.trials.catalogue import Catalogue, catalogue_of, catalogue_plain
from recommender.trials.learn import Stages, Trial, trial_learn

HEADER = ("user", "rank", "item", "score")


@dataclass(frozen=True)
class SequenceBenchmark:
    """What a run of the benchmark is told."""

    file: Path
    export: Path
    home: Path  # keeps the exported text encoder
    config: LearningConfig
    items: Path | None = None
    refit: bool = False
    seed: int = 0
    device: str = "cpu"
    checkpoints: Path | None = None  # folder in which a killed run finds how far its encoders are


def benchmark_sequences(run: SequenceBenchmark, stages: Stages) -> Trial:
    """Learn the shop's default models from the file and write 100 items nobody met before per user.

    The last item of each sequence is for validation: strict, it stops the encoder, fits fusion and second stage and
    nothing else;
    with ``refit`` everything is then learned again from the whole file, with the epochs and weights found.

    Args:
        run: files and configuration.
        stages: progress.
    Returns: what was learned.
    Raises: DataError if a file cannot be used, with the line.
    """
    file = sequence_file_read(run.file, seed=run.seed)
    catalogue = _catalogue(run, file, stages)
    with TemporaryDirectory() as scratch:
        trial = _strict(run, file, catalogue, Path(scratch) / "strict", stages)
        if run.refit:
            trial = _refit(run, file, catalogue, trial, Path(scratch) / "refit", stages)
        lists_export(run.export, file, trial.bundle, stages)
    return trial


def lists_export(path: Path, file: SequenceFile, bundle: Bundle, stages: Stages) -> None:
    """Write ``user,rank,item,score`` rows, best first; the file appears whole."""
    users = len(file.user_ids)
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for done, answer in enumerate(answers(bundle, file.sequences, np.arange(users)), start=1):
            name = file.user_ids[answer.user]
            for rank, (item, score) in enumerate(
                zip(answer.index.tolist(), answer.scores.tolist(), strict=True), start=1
            ):
                writer.writerow((name, rank, file.item_ids[item], f"{score:.6f}"))
            stages("lists", done, users)
    draft.replace(path)


def _strict(run: SequenceBenchmark, file: SequenceFile, catalogue: Catalogue, folder: Path, stages: Stages) -> Trial:
    split = leave_last_out(file.sequences)
    thirds = validation_thirds(split.targets, seed=run.seed)
    return trial_learn(
        folder,
        split.train,
        catalogue,
        run.config,
        seed=run.seed,
        stages=stages,
        thirds=thirds,
        device=run.device,
        checkpoint=_checkpoint(run, "strict"),
    )


def _refit(
    run: SequenceBenchmark, file: SequenceFile, catalogue: Catalogue, strict: Trial, folder: Path, stages: Stages
) -> Trial:
    encoder = replace(run.config.encoder, epochs=max(strict.epochs, 1))
    return trial_learn(
        folder,
        file.sequences,
        catalogue,
        replace(run.config, encoder=encoder),
        seed=run.seed,
        stages=stages,
        weighing=strict.weighing,
        device=run.device,
        checkpoint=_checkpoint(run, "refit"),
    )


def _checkpoint(run: SequenceBenchmark, name: str) -> Path | None:
    return None if run.checkpoints is None else run.checkpoints / name


def _catalogue(run: SequenceBenchmark, file: SequenceFile, stages: Stages) -> Catalogue:
    if run.items is None:
        return catalogue_plain(len(file.item_ids))
    texts = item_texts_read(run.items, file.item_ids)
    distinct = len({text for text in texts.texts if text})
    return catalogue_of(texts, home=run.home, progress=lambda done: stages("texts", done, distinct))
