"""What an update reads, and what it says where there is nothing to read."""

from dataclasses import replace

import numpy as np

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.encoders.config import EncoderConfig
from recommender.encoders.update import UpdateConfig
from recommender.training.update_lessons import update_lessons

CONFIG = EncoderConfig(max_length=3)


def behaviour() -> Sequences:
    """Ten shoppers with six entries each, one every hour; the first two go on after the others have ended."""
    plain = sequences_from_lists([[(user + step) % 7 for step in range(6)] for user in range(10)], 7)
    at_us = np.tile(np.arange(1, 7), 10) + np.where(plain.user < 2, 6, 0)
    return replace(plain, at_us=at_us)


def test_the_active_are_read_and_as_much_of_others_replayed():
    some = behaviour()
    lessons = update_lessons(some, 10, CONFIG, UpdateConfig(replay=1.0), seed=0)
    assert lessons is not None
    read = np.bincount(some.user[lessons], minlength=10)
    assert read[:2].tolist() == [3, 3]  # the newest that an encoder reads, the new among them
    assert set(read[2:].tolist()) == {0, 3}
    assert 6 <= read[2:].sum() <= 9
    alone = update_lessons(some, 10, CONFIG, UpdateConfig(replay=0.0), seed=0)
    assert alone is not None
    assert np.unique(some.user[alone]).tolist() == [0, 1]


def test_without_anything_new_there_is_no_lesson():
    assert update_lessons(behaviour(), 100, CONFIG, UpdateConfig(), seed=0) is None
    nobody = sequences_from_lists([[]], 7)
    assert update_lessons(nobody, 0, CONFIG, UpdateConfig(), seed=0) is None
