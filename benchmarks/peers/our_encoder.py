"""Our sequence encoder, commissioned like a peer: for comparing the training alone, same data and same shoppers.

    python -m benchmarks.peers.our_encoder FOLDER

It learns from behaviour alone, without texts, because that is what the peers are given.
"""

import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import torch

from benchmarks.peers.exchange import Outcome, commission_read, outcome_write
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.encoders.training_loop import encoder_train


def main(folder: Path) -> None:
    """Learn and hand in the curve."""
    commission = commission_read(folder)
    order = commission.order
    torch.set_num_threads(order.threads)
    config = replace(SHOP_DEFAULTS.encoder, **order.options)
    began = time.perf_counter()
    trained = encoder_train(
        commission.train,
        None,
        config,
        validation=None if commission.stop is None else commission.stop[1],
        repeats=order.repeats,
        seed=order.seed,
    )
    seconds = time.perf_counter() - began
    share = seconds / len(trained.curve)  # epochs of one training take equally long
    curve = [(share * record.epoch, record.ndcg) for record in trained.curve]
    outcome_write(folder, Outcome(trained.epochs, seconds, {"torch": version("torch")}, curve), [])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
