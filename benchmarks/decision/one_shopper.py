"""ALS of ``implicit``, SASRec and EASE of RecTools, asked for one shopper at a time by their own ``recommend()``.

    python -m benchmarks.decision.one_shopper FOLDER

Run inside the peers' environment on a folder as ``peers.exchange`` describes it. Items that a shopper has met are left
out, as ours leaves them out.
"""

import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from implicit.cpu.als import AlternatingLeastSquares
from pytorch_lightning import Trainer, seed_everything
from rectools.models import EASEModel, SASRecModel

from benchmarks.decision.asking import Learned, Way, answers_channel, questions_answer
from benchmarks.peers.exchange import Order, commission_read, histories_of
from benchmarks.peers.rectools_transformers import LAYERS, dataset_of
from recommender.data.sequences import Sequences

Ways = dict[str, Way]


def main(folder: Path) -> None:
    """Learn, then answer."""
    channel = answers_channel()
    for name in ("pytorch_lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    commission = commission_read(folder)
    torch.set_num_threads(commission.order.threads)
    began = time.perf_counter()
    ways = WAYS[commission.order.model](commission.train, commission.order)
    seconds = time.perf_counter() - began
    versions = {name: version(name) for name in ("rectools", "pm-implicit", "torch", "numpy")}
    questions_answer(ways, Learned(tuple(ways), seconds, versions), sys.stdin, channel)


def als(train: Sequences, order: Order) -> Ways:
    """By the factors a shopper had when learning, and by factors found anew from the history, as ours does."""
    options = dict(order.options)
    rows = (options.pop("alpha", 1.0) * train.counts()).tocsr()
    model = AlternatingLeastSquares(
        random_state=order.seed, num_threads=order.threads, use_cg=True, calculate_training_loss=False, **options
    )
    model.fit(rows, show_progress=False)

    def stored(user: int, n: int) -> Any:
        return model.recommend(user, rows[user], N=n)[0]

    def folded_in(user: int, n: int) -> Any:
        return model.recommend(user, rows[user], N=n, recalculate_user=True)[0]

    return {"implicit ALS, stored factors": Way(stored), "implicit ALS, history folded in": Way(folded_in)}


def sasrec(train: Sequences, order: Order) -> Ways:
    """With the data set it has learned from, and with one made beforehand of the shopper's own history."""
    seed_everything(order.seed, workers=True)
    options = dict(order.options)
    short = {"get_trainer_func": trainer_make, "get_trainer_func_kwargs": {"steps": options.pop("steps")}}
    layers = {"transformer_layers_type": LAYERS[options.pop("layers")]} if "layers" in options else {}
    model = SASRecModel(recommend_torch_device="cpu", **short, **layers, **options)
    dataset = dataset_of(train)
    model.fit(dataset)

    def whole(user: int, n: int) -> Any:
        return model.recommend(users=[user], dataset=dataset, k=n, filter_viewed=True)

    def own(history: Any, n: int) -> Any:
        return model.recommend(users=[0], dataset=history, k=n, filter_viewed=True)

    def history(user: int) -> Any:
        return dataset_of(histories_of(train, np.array([user])))

    return {"RecTools SASRec, whole data set": Way(whole), "RecTools SASRec, own history alone": Way(own, history)}


def trainer_make(steps: int) -> Trainer:
    """A silent one that leaves nothing on the disk."""
    return Trainer(
        max_steps=steps,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )


def ease(train: Sequences, order: Order) -> Ways:
    """With the data set it has learned from: another one numbers the items otherwise than the learned matrix."""
    model, dataset = EASEModel(recommend_n_threads=order.threads, **order.options), dataset_of(train)
    model.fit(dataset)

    def whole(user: int, n: int) -> Any:
        return model.recommend(users=[user], dataset=dataset, k=n, filter_viewed=True)

    return {"RecTools EASE, whole data set": Way(whole)}


WAYS: dict[str, Callable[[Sequences, Order], Ways]] = {"ALS": als, "SASRec": sasrec, "EASE": ease}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
