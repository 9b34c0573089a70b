import numpy as np

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.encoders.batches import NO_TARGET, batches_epoch, histories_newest


def epoch(sequences: Sequences, *, max_length: int = 4, tokens: int = 12, seed: int = 0):
    return list(batches_epoch(sequences, max_length=max_length, tokens=tokens, rng=np.random.default_rng(seed)))


def test_every_entry_is_read_once_and_every_transition_taught_once():
    lists = [[0, 1, 2], [3, 4, 5, 6, 7, 8, 9], [10]]
    batches = epoch(sequences_from_lists(lists, 11))
    read = sorted(int(i) for b in batches for row, n in zip(b.items, b.lengths, strict=True) for i in row[:n])
    assert read == list(range(11))
    taught = sorted(int(t) for b in batches for t in b.targets[b.targets != NO_TARGET])
    assert taught == list(range(11))  # the start token teaches 0, 3 and 10, the entry before teaches the others


def test_batches_hold_at_most_the_tokens_asked_for():
    batches = epoch(sequences_from_lists([[1, 2, 3]] * 20, 4), tokens=12)
    assert max(b.items.size for b in batches) <= 12
    assert sum(len(b.items) for b in batches) == 20


def test_items_of_one_order_never_predict_each_other():
    item = np.array([0, 1, 2, 3, 4, 5])
    order = np.array([7, 7, 7, 8, 8, 0])
    zeros = np.zeros(6, np.int64)
    sequences = Sequences(np.array([0, 6]), item, zeros.astype(np.int8), zeros, order, 6)
    seen = set()
    for seed in range(30):
        (batch,) = epoch(sequences, max_length=6, tokens=100, seed=seed)
        for source, target in zip(batch.items[0], batch.targets[0, 1:], strict=True):
            seen.add((int(source), int(target)))
    assert {t for s, t in seen if s in (0, 1, 2)} == {3, 4}
    assert {t for s, t in seen if s in (3, 4)} == {5}
    assert {t for s, t in seen if s == 5} == {NO_TARGET}


def test_equal_seeds_give_equal_epochs():
    sequences = sequences_from_lists([list(range(i % 9 + 1)) for i in range(30)], 9)
    for one, two in zip(epoch(sequences, seed=5), epoch(sequences, seed=5), strict=True):
        assert np.array_equal(one.items, two.items)
        assert np.array_equal(one.targets, two.targets)


def test_hours_count_back_from_the_newest_entry_of_a_window():
    hour = 3_600_000_000
    at_us = np.array([0, 5, 8, 9, 2, 0, 0]) * hour  # of the first entry and of the second shopper's last two unknown
    zeros = np.zeros(7, np.int64)
    sequences = Sequences(np.array([0, 4, 7]), np.arange(7), zeros.astype(np.int8), at_us, zeros, 7)
    newest = histories_newest(sequences, np.array([1, 0]), 5)
    assert newest.items.tolist() == [[4, 5, 6, 0, 0], [0, 1, 2, 3, 0]]
    assert newest.lengths.tolist() == [3, 4]
    np.testing.assert_array_equal(newest.hours[0], [0, np.nan, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(newest.hours[1], [np.nan, 4, 1, 0, np.nan])
    (batch,) = epoch(sequences, max_length=5, tokens=100)
    longest = int(np.argmax(batch.lengths))
    np.testing.assert_array_equal(batch.hours[longest], [np.nan, 4, 1, 0])
