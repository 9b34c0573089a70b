"""What is read varies, what is predicted stays true, and long sequences are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.encoders.augmentation import augmentation_of
from recommender.encoders.batches import NO_TARGET, batches_epoch, padding_share
from recommender.encoders.config import EncoderConfig

LISTS = [list(range(s, s + 8)) for s in (0, 8, 16)] + [list(range(24, 54))]  # the last is long
N = 54


def epoch(sequences: Sequences, seed: int, **shares: float):
    config = EncoderConfig(augment_below=20, **shares)
    rng, varied = np.random.default_rng(seed), augmentation_of(config, sequences)
    return list(batches_epoch(sequences, max_length=40, tokens=400, rng=rng, augmentation=varied))


def rows(batches):
    for batch in batches:
        for items, targets, length in zip(batch.items, batch.targets, batch.lengths, strict=True):
            yield items[:length].tolist(), targets[: length + 1].tolist()


def test_nothing_is_varied_by_default():
    assert augmentation_of(EncoderConfig(), sequences_from_lists(LISTS, N)) is None


@pytest.mark.parametrize("shares", [{"crop_share": 1.0}, {"hide_share": 0.4}])
def test_what_is_left_out_still_follows_what_was_before_it(shares):
    lengths = set()
    for seed in range(10):
        for items, targets in rows(epoch(sequences_from_lists(LISTS, N), seed, **shares)):
            ends = {7, 15, 23, 53}
            assert targets[1:] == [NO_TARGET if item in ends else item + 1 for item in items]
            assert targets[0] == (items[0] if items[0] in (0, 8, 16, 24) else NO_TARGET)
            lengths.add(len(items))
            assert items == sorted(items)
            if items[-1] >= 24:
                assert len(items) == 30
    assert len(lengths) > 3


def test_a_run_becomes_a_set():
    together = set()
    for seed in range(20):
        for items, targets in rows(epoch(sequences_from_lists(LISTS, N), seed, reorder_share=1.0)):
            if items[0] < 24:
                moved = [place for place, item in enumerate(items) if item != sorted(items)[place]]
                assert not moved or max(moved) - min(moved) < 3
                together |= {(a, b) for a, b in zip(items, targets[1:], strict=True)}
            else:
                assert items == list(range(24, 54))
    assert any(b not in (a + 1, NO_TARGET) for a, b in together)


def test_similar_items_are_read_but_never_predicted():
    lists = [[0, 1, 2, 3]] * 5 + [[4, 5, 6, 7]] * 5
    read = set()
    for seed in range(20):
        for items, targets in rows(epoch(sequences_from_lists(lists, 8), seed, substitute_share=0.5)):
            family = targets[0] // 4
            assert targets == [family * 4 + k for k in range(4)] + [NO_TARGET]
            assert all(item // 4 == family for item in items)
            read.add(tuple(items))
    assert len(read) > 10
    with pytest.raises(ValueError, match="masked family"):
        EncoderConfig(family="masked", substitute_share=0.1)


def test_shares_between_processes_are_whole_batches_together():
    sequences = sequences_from_lists(LISTS * 5, N)
    config = EncoderConfig(crop_share=0.5)

    def share(part):
        rng, varied = np.random.default_rng(3), augmentation_of(config, sequences)
        return list(batches_epoch(sequences, max_length=9, tokens=60, rng=rng, augmentation=varied, part=part))

    for whole, one, two in zip(share((0, 1)), share((0, 2)), share((1, 2)), strict=True):
        assert sorted([*one.lengths, *two.lengths]) == sorted(whole.lengths)
        taught = [int(t) for b in (one, two) for t in b.targets[b.targets != NO_TARGET]]
        assert sorted(taught) == sorted(whole.targets[whole.targets != NO_TARGET])


def test_little_is_computed_on_padding():
    rng = np.random.default_rng(0)
    lists = [list(range(int(n))) for n in rng.geometric(0.1, 20_000).clip(1, 60)]
    sequences = sequences_from_lists(lists, 60)
    assert padding_share(sequences, max_length=50, tokens=2048, rng=rng) < 0.02


def test_shares_are_shares():
    with pytest.raises(ValueError, match="crop_share is 2"):
        EncoderConfig(crop_share=2)
    with pytest.raises(ValueError, match="accumulate"):
        replace(EncoderConfig(), accumulate=0)
