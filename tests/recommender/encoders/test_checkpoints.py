"""A training killed in the middle goes on at its newest checkpoint and ends with the same bits."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dpe_site.environment import REPOSITORY
from recommender.data.sequences import sequences_from_lists
from recommender.data.splits import leave_last_out
from recommender.encoders.checkpoints import Checkpoint, Checkpointing, Checkpoints
from recommender.encoders.config import EncoderConfig
from recommender.encoders.training_loop import encoder_train

pytestmark = pytest.mark.usefixtures("one_thread")

N = 12
CONFIG = EncoderConfig(
    embedding_dim=16, max_length=8, epochs=6, tokens_per_batch=16, dropout=0.2, accumulate=2, hide_share=0.1
)


class Killed(Exception):
    pass


def train(folder: Path | None, *, die_at: int = 0, told: list | None = None, config=CONFIG, every=0.0):
    """A training that dies at a step, if it is to."""

    def progress(step: int, total: int, loss: float) -> None:
        if die_at and step >= die_at:
            raise Killed

    split = leave_last_out(sequences_from_lists([[(u * 5 + s) % N for s in range(3 + u % 7)] for u in range(60)], N))
    return encoder_train(
        split.train,
        np.eye(N, dtype=np.float32),
        config,
        validation=split.targets,
        repeats=True,
        seed=3,
        progress=progress,
        on_epoch=(told if told is not None else []).append,
        checkpointing=None if folder is None else Checkpointing(folder, every_seconds=every),
    )


@pytest.fixture(scope="module")
def undisturbed(one_thread):
    return train(None)


def same(one, other) -> bool:
    weights, others = one.model.state_dict(), other.model.state_dict()
    equal = all(torch.equal(weights[name], others[name]) for name in weights)
    return equal and np.array_equal(one.item_vectors, other.item_vectors) and one.curve == other.curve


@pytest.mark.parametrize("die_at", [12, 20, 60])
def test_a_training_that_dies_between_any_steps_ends_as_if_it_had_not(undisturbed, tmp_path, die_at):
    told = []
    with pytest.raises(Killed):
        train(tmp_path / "c", die_at=die_at)
    assert same(train(tmp_path / "c", told=told), undisturbed)
    assert [record.epoch for record in told] == [1, 2, 3, 4, 5, 6]


LONG = replace(CONFIG, epochs=8, patience=8)
SCRIPT = """
import sys
from pathlib import Path
import torch
from tests.recommender.encoders.test_checkpoints import LONG, train
torch.set_num_threads(1)
train(Path(sys.argv[1]), config=LONG)
"""


def test_a_killed_process_is_followed_by_one_that_ends_with_the_same_bits(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "c")], env=environment)
    pointer, end = tmp_path / "c" / "checkpoint.json", time.monotonic() + 90
    while not (pointer.exists() and json.loads(pointer.read_text())["facts"]["steps"] > 10):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    facts = json.loads(pointer.read_text())["facts"]
    assert not facts["ended"]
    assert facts["steps"] > 10
    assert same(train(tmp_path / "c", config=LONG, every=60), train(None, config=LONG))


def test_only_a_whole_checkpoint_of_the_same_training_is_taken_up(tmp_path):
    place = Checkpointing(tmp_path / "c")
    store = Checkpoints(place, "mine")
    assert store.read() is None
    assert not store.due()
    store.write(Checkpoint({"steps": 1}, {"a": torch.ones(3)}), step=1)
    store.write(Checkpoint({"steps": 2}, {"a": torch.zeros(3)}), step=2)
    found = store.read()
    assert found is not None
    assert found.facts == {"steps": 2}
    assert torch.equal(found.tensors["a"], torch.zeros(3))
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["2.safetensors", "checkpoint.json"]
    assert Checkpoints(place, "another").read() is None
    weights = tmp_path / "c" / "2.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert store.read() is None
    store.remove()
    assert not (tmp_path / "c").exists()
