"""Two processes started by torchrun train what one would, and only the first writes."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from dpe_site.environment import REPOSITORY
from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.encoders import together
from recommender.encoders.checkpoints import Checkpointing
from recommender.encoders.config import EncoderConfig
from recommender.encoders.distributed import ALONE, Group, group_joined
from recommender.encoders.item_facts import NOTHING_READ, ItemFacts
from recommender.encoders.together import Lesson, encoder_help, encoder_train_together, helpers_dismiss
from recommender.encoders.warm_start import WarmStart
from recommender.encoders.whitening import whitening_fit

N = 12
PROCESSES = 2


def lesson() -> Lesson:
    """No dropout, so that what processes draw for themselves decides nothing."""
    split = leave_last_out(sequences_from_lists([[(u * 5 + s) % N for s in range(3 + u % 7)] for u in range(61)], N))
    config = EncoderConfig(
        embedding_dim=16,
        max_length=8,
        epochs=5,
        tokens_per_batch=64,
        dropout=0.0,
        id_dropout=0.0,
        modality_dropout=0.0,
        learning_rate=1e-2,
    )
    text = np.eye(N, dtype=np.float32)
    facts = ItemFacts(np.arange(N) % 2 + 1, np.arange(N) % 3 + 1, np.arange(N) * 100)
    return Lesson(split.train, text, config, facts=facts, validation=split.targets, repeats=True, seed=2)


def main(folder: Path) -> None:
    """One of the processes."""
    torch.set_num_threads(1)
    with group_joined("cpu") as group:
        if group.rank:
            said = {"helped": encoder_help(group)}
        else:
            trained = encoder_train_together(lesson(), checkpointing=Checkpointing(folder / "c", 0.0), group=group)
            again = encoder_train_together(lesson(), checkpointing=Checkpointing(folder / "c", 0.0), group=group)
            helpers_dismiss(group)
            said = {"ndcg": trained.ndcg, "again": again.ndcg, "losses": [record.loss for record in trained.curve]}
        (folder / f"{group.rank}.json").write_text(json.dumps(said))


def test_two_processes_learn_what_one_learns(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    alone = encoder_train_together(lesson())
    torch.set_num_threads(before)
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(PROCESSES)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    module = ["-m", "tests.recommender.encoders.test_together", str(tmp_path)]
    done = subprocess.run(
        [*run, *module], env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=220, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(PROCESSES))
    assert second == {"helped": 2}
    np.testing.assert_allclose(first["losses"], [record.loss for record in alone.curve], rtol=1e-3)
    assert math.isclose(first["ndcg"], alone.ndcg, abs_tol=0.02)
    assert first["again"] == first["ndcg"]  # it went on from a checkpoint that only the first process wrote


def test_a_lesson_arrives_as_it_was_sent():
    text = np.random.default_rng(0).normal(size=(N, 8)).astype(np.float32)
    warm = WarmStart({"a.b": torch.ones(2, 3)}, np.arange(N), whitening_fit(text), NOTHING_READ)
    sent = replace(lesson(), warm=warm, learn_from=np.ones(3, np.bool_))
    tensors, plain = together._packed(sent)
    got = together._unpacked(tensors, json.loads(json.dumps(plain)))
    assert got.config == sent.config
    assert (got.repeats, got.seed, got.sequences.n_items) == (True, 2, N)
    np.testing.assert_array_equal(got.sequences.item, sent.sequences.item)
    np.testing.assert_array_equal(got.facts.price_minor, sent.facts.price_minor)
    assert got.facts.image is None
    assert list(got.warm.weights) == ["a.b"]
    np.testing.assert_array_equal(got.warm.whitening.projection, warm.whitening.projection)
    np.testing.assert_array_equal(got.warm.facts.prices, NOTHING_READ.prices)
    assert together._unpacked(*together._packed(lesson())).warm is None


def test_alone_nothing_is_asked_of_anybody():
    with group_joined("cpu") as group:
        assert group == ALONE == Group(0, 1)
    assert ALONE.total(torch.ones(2)).tolist() == [1, 1]
    helpers_dismiss(ALONE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
