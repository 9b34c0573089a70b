"""However negatives are drawn, the sampled softmax estimates the whole one."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from recommender.encoders.config import EncoderConfig
from recommender.encoders.losses import loss_choose

pytestmark = pytest.mark.usefixtures("one_thread")

N = 30
CONFIG = EncoderConfig(loss="sampled", n_negatives=60_000)


@pytest.fixture
def problem():
    """Answers of unequal popularity, and their counts."""
    torch.manual_seed(1)
    share = torch.softmax(torch.randn(N), 0)
    targets = torch.multinomial(share, 2_000, replacement=True)
    states, vectors, bias = torch.randn(len(targets), 4), torch.randn(N, 4) / 2, torch.zeros(N)
    return states, vectors, bias, targets, torch.bincount(targets, minlength=N).float()


@pytest.mark.parametrize(
    "drawn",
    [
        {"negatives": "uniform"},
        {"negatives": "popularity"},
        {"negatives": "popularity", "negative_power": 1.0},
        {"negatives": "batch"},
        {"negatives": "uniform", "hard_negatives": 5},
        {"negatives": "batch", "hard_negatives": 5},
    ],
    ids=str,
)
def test_a_large_sample_gives_the_loss_of_all_items(problem, drawn):
    states, vectors, bias, targets, counts = problem
    rows = slice(0, 100)
    measure = loss_choose(replace(CONFIG, **drawn), counts, torch.float32)
    whole = F.cross_entropy(states[rows] @ vectors.T + bias, targets[rows])
    if drawn["negatives"] == "batch":  # the batch is the sample: all of it has to be there
        rows, whole = slice(0, len(targets)), F.cross_entropy(states @ vectors.T + bias, targets)
    found = measure(states[rows], vectors, bias, targets[rows])
    assert found.item() == pytest.approx(whole.item(), abs=0.02)


def test_the_hardest_items_are_always_among_the_negatives(problem):
    """One item draws every state: a single drawn negative rarely meets it, a hard one always does."""
    states, vectors, bias, targets, counts = problem
    missed = int((counts == counts.min()).nonzero()[0])
    rows = targets != missed
    states, targets = states[rows][:64], targets[rows][:64]
    loud = bias.clone()
    loud[missed] = 50.0
    plain, hard = (
        loss_choose(replace(CONFIG, negatives="batch", hard_negatives=n), counts, torch.float32) for n in (0, 1)
    )
    assert plain(states, vectors, loud, targets).item() < 10
    assert hard(states, vectors, loud, targets).item() > 40


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="way to draw negatives 'clever'"):
        replace(CONFIG, negatives="clever")
