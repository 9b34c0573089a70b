"""SASRec, BERT4Rec and their relatives as RecTools trains them; run inside the peers' environment on one folder.

    python -m benchmarks.peers.rectools_transformers FOLDER

Epochs are trained until the validation NDCG@10 has not risen for ``PATIENCE`` validations, and the weights of the best
one are kept. An epoch of a small data set has very few steps here (a step takes 128 shoppers), so validations are at
least ``STEPS`` steps apart: otherwise noise would end the training long before it is done.
"""

import copy
import logging
import math
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel, SASRecModel
from rectools.models.nn.transformers.ligr import LiGRLayers

from benchmarks.peers.exchange import (
    Commission,
    Order,
    Outcome,
    Question,
    commission_read,
    outcome_write,
)
from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.evaluation.metrics import ndcg, ranks_collect, ranks_in_list
from recommender.trials.lists import LIST, Lists, lists_collect

PATIENCE = 4
STEPS = 50
MAX_VALIDATIONS = 100
VALIDATION_USERS = 2000
MODELS = {"SASRec": SASRecModel, "BERT4Rec": BERT4RecModel}
LAYERS = {"ligr": LiGRLayers}


def main(folder: Path) -> None:
    """Learn, answer, hand in."""
    for name in ("pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    commission = commission_read(folder)
    torch.set_num_threads(commission.order.threads)
    seed_everything(commission.order.seed, workers=True)
    began = time.perf_counter()
    model, curve, epochs = trained(commission, began)
    seconds = time.perf_counter() - began
    lists = [answered(model, question, LIST) for question in commission.questions]
    versions = {name: version(name) for name in ("rectools", "torch", "numpy")}
    outcome_write(folder, Outcome(epochs, seconds, versions, curve), lists)


def trained(commission: Commission, began: float) -> tuple[Any, list[tuple[float, float]], int]:
    """A model with the weights of its best epoch, its curve, and the number of that epoch."""
    order, dataset = commission.order, dataset_of(commission.train)
    model = model_make(order)
    if commission.stop is None or order.epochs:
        model.fit_partial(dataset, min_epochs=max(order.epochs, 1), max_epochs=max(order.epochs, 1))
        return model, [], order.epochs
    shoppers = int((commission.train.lengths >= 2).sum())
    stride = max(1, round(STEPS * model.batch_size / max(shoppers, 1)))  # epochs between validations
    curve: list[tuple[float, float]] = []
    best, kept, weights = -math.inf, 0, {}
    for done in range(1, MAX_VALIDATIONS + 1):
        model.fit_partial(dataset, min_epochs=stride, max_epochs=stride)
        seconds, found = time.perf_counter() - began, validated(model, *commission.stop)
        curve.append((seconds, found))
        if found > best:
            best, kept, weights = found, done, copy.deepcopy(model.torch_model.state_dict())
        if done - kept >= PATIENCE or (order.max_seconds and seconds > order.max_seconds):
            break
    model.torch_model.load_state_dict(weights)
    return model, curve, kept * stride


def model_make(order: Order) -> Any:
    """A RecTools model of the given options; ``layers`` names another kind of Transformer layer."""
    options = dict(order.options)
    if layers := options.pop("layers", None):
        options["transformer_layers_type"] = LAYERS[layers]
    return MODELS[order.model](get_trainer_func=trainer_make, recommend_torch_device="cpu", **options)


def trainer_make() -> Trainer:
    """A silent trainer that leaves nothing on the disk; ``fit_partial`` says how long it runs."""
    return Trainer(
        max_epochs=1,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        deterministic=True,
    )


def validated(model: Any, question: Question, targets: Targets) -> float:
    """Mean NDCG@10 over the first ``VALIDATION_USERS`` shoppers."""
    rows = np.arange(min(len(targets), VALIDATION_USERS))
    first = question.histories.keep(question.histories.user < len(rows))
    asked = Sequences(first.start[: len(rows) + 1], first.item, first.kind, first.at_us, first.order, first.n_items)
    lists = answered(model, Question(asked, question.repeats), 10)
    ranks = [ranks_in_list(*lists.of(int(row)), targets.of(int(row))) for row in rows]
    return float(ndcg(ranks_collect(ranks), 10).mean())


def answered(model: Any, question: Question, n: int) -> Lists:
    """Everybody's best ``n`` items; who has no item that the model knows gets an empty list."""
    users = np.flatnonzero(question.histories.lengths > 0)
    table = model.recommend(
        users=users,
        dataset=dataset_of(question.histories),
        k=n,
        filter_viewed=not question.repeats,
        on_unsupported_targets="ignore",
    )
    rows: list[tuple[np.ndarray, np.ndarray]] = [(np.zeros(0, np.int64), np.zeros(0, np.float32))] * len(
        question.histories
    )
    for user, part in table.groupby(Columns.User, sort=False):
        rows[user] = part[Columns.Item].to_numpy(), part[Columns.Score].to_numpy()
    return lists_collect(rows, len(rows))


def dataset_of(sequences: Sequences) -> Dataset:
    """Behaviour as RecTools reads it; the place in a sequence stands for the time."""
    place = np.arange(len(sequences.item)) - sequences.start[sequences.user]
    return Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: sequences.user,
                Columns.Item: sequences.item,
                Columns.Weight: 1.0,
                Columns.Datetime: pd.to_datetime(place, unit="s"),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
