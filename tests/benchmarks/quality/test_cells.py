"""What is stored of a cell, and when it has to be measured again."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality.cells import TRIAL, Cell, Ranks, ranks_read, record_read, record_write, records_read
from benchmarks.quality.fingerprint import code_digest, fingerprint
from recommender.data.types import DataError
from recommender.evaluation.metrics import ranks_collect
from tests.benchmarks.quality.problems import stored

CELL = Cell("beauty", "implicit ALS", seed=2, options={"factors": 64})


def test_a_cell_comes_back_as_it_was_stored(tmp_path):
    record = stored(tmp_path, CELL, [1.0, np.inf, 100.0])
    assert record_read(tmp_path, CELL) == record
    assert list(records_read(tmp_path, "test")) == [record]
    found = ranks_read(tmp_path, CELL, "implicit ALS", "last item")
    assert found.users.tolist() == [0, 2, 4]
    assert found.ranks.rank.tolist() == [1.0, np.inf, 100.0]


def test_shoppers_with_several_targets_or_asked_several_times_come_back(tmp_path):
    record = stored(tmp_path, CELL, [1.0])
    several = Ranks(
        np.array([3, 900, 3, 900]), ranks_collect([np.array(x, np.float32) for x in ([1, 7], [], [2], [np.inf])])
    )
    record_write(tmp_path, record, {("implicit ALS", "last item"): several})
    found = ranks_read(tmp_path, CELL, "implicit ALS", "last item")
    assert found.users.tolist() == several.users.tolist()
    assert found.ranks.start.tolist() == [0, 2, 2, 3, 4]
    assert found.ranks.rank.tolist() == [1.0, 7.0, 2.0, np.inf]


def test_ranks_that_were_lost_are_named(tmp_path):
    stored(tmp_path, CELL, [1.0])
    (tmp_path / CELL.path.with_name(CELL.path.name + ".npz")).unlink()
    with pytest.raises(DataError, match=r"implicit-als-s2-t0\.npz is missing"):
        ranks_read(tmp_path, CELL, "implicit ALS", "last item")


def test_trials_of_different_options_lie_apart():
    one = replace(CELL, purpose=TRIAL)
    other = replace(one, options={"factors": 128})
    assert len({CELL.path, one.path, other.path}) == 3
    assert replace(CELL, options={}).path == CELL.path  # a test cell is replaced when other options were chosen


def test_the_fingerprint_follows_options_seeds_and_code():
    assert fingerprint(CELL, ("benchmarks/peers",)) == fingerprint(CELL, ("benchmarks/peers",))
    others = [fingerprint(replace(CELL, seed=3), ("benchmarks/peers",)), fingerprint(CELL, ("recommender/ranking",))]
    assert len({fingerprint(CELL, ("benchmarks/peers",)), *others}) == 3


def test_code_is_the_same_under_another_explanation(tmp_path):
    files = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    files[0].write_text('"""One."""\n\ndef f(x):\n    """Two."""\n    return x + 1  # three\n')
    files[1].write_text("def f(x):\n    return (x + 1)\n")
    files[2].write_text("def f(x):\n    return x + 2\n")
    digests = [code_digest(file) for file in files]
    assert digests[0] == digests[1] != digests[2]
