"""What every family of ``recommender.encoders.families`` must keep, whatever it is made of."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.splits import Split, leave_last_out
from recommender.encoders import config as names
from recommender.encoders.causal import N_KINDS, SequenceEncoder
from recommender.encoders.config import EncoderConfig
from recommender.encoders.export import encoder_export
from recommender.encoders.families import FAMILIES
from recommender.encoders.onnx_file import PARITY
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.training_loop import encoder_train
from recommender.serving.onnx_model import OnnxStateEncoder

pytestmark = pytest.mark.usefixtures("one_thread")

L, D, N = 8, 16, 12
VARIANTS = {
    **{family: EncoderConfig(family=family) for family in FAMILIES},
    **{f"{family} with times": EncoderConfig(family=family, time_bias=True) for family in names.TIMED},
}
SMALL = {
    "embedding_dim": D,
    "max_length": L,
    "epochs": 60,
    "patience": 10,
    "mask_share": 0.15,
    "tokens_per_batch": 256,
    "warmup_steps": 5,
    "learning_rate": 1e-2,
    "dropout": 0.0,
}


@dataclass(frozen=True)
class Case:
    """A family with random weights."""

    config: EncoderConfig
    encoder: SequenceEncoder


@dataclass(frozen=True)
class Histories:
    """Random histories of all lengths that matter."""

    vectors: torch.Tensor  # (b, L, D)
    kinds: torch.Tensor  # (b, L)
    lengths: torch.Tensor  # (b,)
    hours: torch.Tensor  # (b, L)

    def served(self) -> tuple[np.ndarray, ...]:
        """As the exported encoder reads them."""
        return tuple(one.numpy() for one in (self.vectors, self.kinds, self.lengths, self.hours))


@pytest.fixture(scope="module", params=VARIANTS)
def config(request) -> EncoderConfig:
    return replace(VARIANTS[request.param], **SMALL)


@pytest.fixture
def case(config) -> Case:
    torch.manual_seed(1)
    encoder = FAMILIES[config.family](config)
    assert isinstance(encoder, nn.Module)
    for weight in encoder.parameters():  # what starts at zero would hide what it does
        nn.init.normal_(weight, std=0.3)
    return Case(config, encoder.eval())


@pytest.fixture(scope="module")
def exported(config, tmp_path_factory) -> tuple[TrainedEncoder, OnnxStateEncoder]:
    folder = tmp_path_factory.mktemp("encoder")
    trained = trained_on(cycles(), config)
    encoder_export(trained, folder)
    assert [file.name for file in folder.iterdir()] == ["state_encoder.onnx"]
    return trained, OnnxStateEncoder(folder / "state_encoder.onnx", dim=D, max_length=L)


def histories(lengths: list[int], seed: int = 0) -> Histories:
    rng = np.random.default_rng(seed)
    b = len(lengths)
    inside = np.arange(L) < np.array(lengths)[:, None]
    vectors = np.where(inside[..., None], rng.normal(0, 0.5, (b, L, D)), 0).astype(np.float32)
    kinds = np.where(inside, rng.integers(0, N_KINDS, (b, L)), 0)
    hours = np.where(inside, np.sort(rng.exponential(200, (b, L)))[:, ::-1], np.nan).astype(np.float32)
    return Histories(*(torch.from_numpy(one) for one in (vectors, kinds, np.array(lengths), hours)))


def cycles() -> Split:
    """Everybody walks the same cycle of items from a place of their own: the next item is certain."""
    lists = [[(start * 5 + step) % N for step in range(3 + start % 5)] for start in range(60)]
    return leave_last_out(hourly(sequences_from_lists(lists, N)))


def hourly(sequences: Sequences) -> Sequences:
    return replace(sequences, at_us=(np.arange(len(sequences.item)) + 1) * 3_600_000_000)


def trained_on(split: Split, config: EncoderConfig, *, seed: int = 1) -> TrainedEncoder:
    return encoder_train(split.train, None, config, validation=split.targets, repeats=True, seed=seed)


def test_the_names_of_the_configuration_are_the_families():
    assert tuple(FAMILIES) == names.FAMILIES
    assert set(names.TIMED) <= set(FAMILIES)


@torch.no_grad()
def test_a_state_follows_every_entry_and_the_last_one_is_what_is_served(case):
    some = histories([0, 1, 5, L])
    states = case.encoder.states(some.vectors, some.kinds, some.hours)
    assert states.shape == (4, L + 1, D)
    final = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours)
    assert final.shape == (4, D)
    assert torch.isfinite(final).all()
    torch.testing.assert_close(states[torch.arange(4), some.lengths], final, atol=1e-5, rtol=0)


@torch.no_grad()
def test_later_entries_change_no_earlier_state(case):
    some, other = histories([L, L]), histories([L, L], seed=1)
    vectors, kinds, hours = (
        torch.cat([getattr(some, name)[:, :4], getattr(other, name)[:, 4:]], dim=1)
        for name in ("vectors", "kinds", "hours")
    )
    before = case.encoder.states(some.vectors, some.kinds, some.hours)
    after = case.encoder.states(vectors, kinds, hours)
    torch.testing.assert_close(before[:, :5], after[:, :5], atol=1e-5, rtol=0)
    assert (before[:, 5:] - after[:, 5:]).abs().amax(dim=2).min() > 1e-3


@torch.no_grad()
def test_what_lies_beyond_the_length_and_its_width_change_nothing(case):
    some = histories([0, 3])
    final = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours)
    littered = histories([L, L], seed=2)
    beyond = torch.arange(L) >= some.lengths[:, None]
    vectors = torch.where(beyond[..., None], littered.vectors, some.vectors)
    kinds, hours = torch.where(beyond, littered.kinds, some.kinds), torch.where(beyond, littered.hours, some.hours)
    torch.testing.assert_close(case.encoder.final(vectors, kinds, some.lengths, hours), final, atol=1e-5, rtol=0)
    narrow = (some.vectors[:, :3], some.kinds[:, :3], some.lengths, some.hours[:, :3])
    torch.testing.assert_close(case.encoder.final(*narrow), final, atol=1e-5, rtol=0)


@torch.no_grad()
def test_order_and_kinds_are_read(case):
    some = histories([4, 4])
    final = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours)
    turned = torch.cat([some.vectors[:, [1, 0, 2, 3]], some.vectors[:, 4:]], dim=1)
    assert (case.encoder.final(turned, some.kinds, some.lengths, some.hours) - final).abs().max() > 1e-3
    other = (some.kinds + 1) % N_KINDS
    assert (case.encoder.final(some.vectors, other, some.lengths, some.hours) - final).abs().max() > 1e-3


@torch.no_grad()
def test_times_are_read_where_asked_for_and_only_their_differences(case):
    some = histories([5, L])
    final = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours)
    slower = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours * 50)
    assert ((slower - final).abs().max() > 1e-3) == case.config.time_bias
    later = case.encoder.final(some.vectors, some.kinds, some.lengths, some.hours + 512)
    torch.testing.assert_close(later, final, atol=1e-5, rtol=0)
    unknown = case.encoder.final(some.vectors, some.kinds, some.lengths)
    nowhere = torch.full_like(some.hours, torch.nan)
    nothing = case.encoder.final(some.vectors, some.kinds, some.lengths, nowhere)
    torch.testing.assert_close(unknown, nothing, atol=1e-5 if not case.config.time_bias else 10, rtol=0)


def test_lessons_ask_for_what_really_followed_or_was_there(case):
    some = histories([1, 5, L])
    items = torch.arange(1, 3 * L + 1).view(3, L)
    targets = torch.cat([items[:, :1], items + 1], dim=1)
    targets[torch.arange(L + 1) > some.lengths[:, None]] = -1
    seen = set()
    for _ in range(20):
        states, answers = case.encoder.lessons(some.vectors, some.kinds, some.lengths, some.hours, items, targets)
        assert states.shape == (len(answers), D)
        seen |= set(answers.tolist())
    taught = {int(item) for row, length in enumerate([1, 5, L]) for item in items[row, :length]}
    followed = {int(items[row, length - 1]) + 1 for row, length in enumerate([1, 5, L])}
    assert seen <= taught | followed
    assert len(seen) > 10


def test_a_planted_pattern_is_learned_far_better_than_popularity(exported):
    trained, _ = exported
    assert trained.ndcg > 0.9  # every item is met equally often, so popularity is at about .38
    assert trained.curve[-1].loss < trained.curve[0].loss


def test_equal_seeds_give_equal_weights_and_others_do_not(config):
    brief = replace(config, epochs=2, dropout=0.2)
    one, two, other = (trained_on(cycles(), brief, seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.item_vectors, two.item_vectors)
    assert not np.array_equal(one.item_vectors, other.item_vectors)


@pytest.mark.parametrize("rows", [1, 11])
def test_the_exported_encoder_computes_the_same(exported, rows):
    trained, served = exported
    some = histories([0, 1, L, *[row % (L + 1) for row in range(3, rows)]][:rows], seed=rows)
    with torch.no_grad():
        expected = trained.model.encoder.final(some.vectors, some.kinds, some.lengths, some.hours).numpy()
    np.testing.assert_allclose(served.encode(*some.served()), expected, atol=PARITY, rtol=0)
    if trained.config.time_bias:
        assert "hours" in served.model.inputs
    else:
        np.testing.assert_array_equal(served.encode(*some.served()), served.encode(*some.served()[:3]))


def test_companions_in_a_batch_change_nothing(exported):
    _, served = exported
    some, other = histories([0, 1, 3, L]), histories([L, 2, 0, 5], seed=7)
    alone = served.encode(*some.served())
    mixed = [np.concatenate([one[:2], two[2:]]) for one, two in zip(some.served(), other.served(), strict=True)]
    np.testing.assert_array_equal(served.encode(*mixed)[:2], alone[:2])


def test_unknown_times_are_allowed_when_serving(exported):
    _, served = exported
    some = histories([0, 4])
    assert np.isfinite(served.encode(*some.served()[:3])).all()


def test_a_configuration_that_cannot_be_built_is_refused():
    with pytest.raises(ValueError, match="no family 'gruu'; choose one of transformer"):
        EncoderConfig(family="gruu")
    with pytest.raises(ValueError, match="no loss"):
        EncoderConfig(loss="hinge")
    with pytest.raises(ValueError, match="gru reads no times"):
        EncoderConfig(family="gru", time_bias=True)
    with pytest.raises(ValueError, match="do not divide"):
        EncoderConfig(embedding_dim=10, n_heads=3)
