"""The public files behind ``manage.py evaluate``, where ``DPE_DATA`` names their folder."""

import os
from pathlib import Path

import numpy as np
import pytest

from recommender.data.types import DataError
from recommender.trials.datasets import beauty_read, movielens_read

DATA = os.environ.get("DPE_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="DPE_DATA names no folder of data sets")


@needs_data
def test_tie_seeds_reorder_behaviour_and_leave_the_vocabulary_alone():
    one, two = (movielens_read(Path(DATA), seed=0, tie_seed=tie_seed) for tie_seed in (0, 1))
    assert one.texts.texts == two.texts.texts
    assert len(one.sequences) == 943
    assert one.sequences.n_items == 1682
    assert len(one.sequences.item) == 100_000
    last = one.sequences.start[1:] - 1
    changed = one.sequences.item[last] != two.sequences.item[last]
    assert 0.05 < changed.mean() < 0.6
    assert np.array_equal(one.sequences.at_us, two.sequences.at_us)


@needs_data
def test_indices_say_nothing_about_when_an_item_first_appeared():
    sequences = beauty_read(Path(DATA), seed=0).sequences
    assert (len(sequences), sequences.n_items, len(sequences.item)) == (22_363, 12_101, 198_502)
    user = sequences.user
    following = (user[1:] == user[:-1]) & (sequences.item[1:] == sequences.item[:-1] + 1)
    assert following.mean() < 0.001  # in the published numbering it is one in twenty-five


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="--data"):
        movielens_read(tmp_path, seed=0, tie_seed=0)
