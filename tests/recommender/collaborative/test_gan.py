import numpy as np
import pytest
import torch

from recommender.collaborative.gan import GanConfig
from recommender.collaborative.gan_training import Discriminator, Generator, _Game, gan_fit
from recommender.collaborative.stopping import Pace, Stoppers, best_kept
from recommender.collaborative.vae_training import bag_of
from recommender.data.sequences import Sequences, sequences_from_lists

pytestmark = pytest.mark.usefixtures("one_thread")  # networks this small are slower on two

N = 20
SMALL = GanConfig(hidden=16, steps=300, check_every=100, learning_rate=1e-2, judge_rate=1e-3)


def behaviour(seed: int = 0) -> Sequences:
    rng = np.random.default_rng(seed)
    return sequences_from_lists([(half + rng.permutation(10)[:5]).tolist() for half in rng.integers(0, 2, 80) * 10], N)


def test_the_generator_learns_who_likes_what_from_the_verdicts_alone():
    game = _Game(SMALL, behaviour().counts(), np.random.default_rng(0))
    torch.manual_seed(0)
    game.learn(200)
    scores = game.scores(np.arange(20))
    met = behaviour().counts()[:20].toarray() > 0
    assert scores[met].mean() > scores[~met].mean() + 0.5


def test_only_what_was_not_met_is_drawn_as_such():
    game = _Game(SMALL, behaviour().counts(), np.random.default_rng(0))
    rows = np.arange(6)
    part = game.met[rows]
    owner = np.repeat(rows, np.diff(part.indptr))
    drawn_owner, drawn = game._others(owner, part.indices.astype(np.int64), 3.0)
    assert len(drawn) > 20
    assert not part.toarray()[drawn_owner, drawn].any()


def test_what_serves_is_the_generator():
    torch.manual_seed(0)
    model = gan_fit(behaviour(), SMALL)
    torch.manual_seed(0)
    assert model.asking == SMALL.asking
    assert np.ptp(model.scores([np.array([0, 1, 2])])) > 0.01


def test_a_verdict_depends_on_the_likes_and_on_whom_they_are_said_of():
    torch.manual_seed(0)
    judge, maker = Discriminator(N, 8), Generator(N, 8)
    met = behaviour().counts()
    known, other = bag_of(met[:3]), bag_of(met[3:6])
    assert maker.states(known).shape == (3, 8)
    assert not torch.allclose(judge(known, known), judge(known, other))
    assert not torch.allclose(judge(known, known), judge(other, known))


def test_stoppers_are_asked_what_they_met_last_and_it_is_learned_by_nobody():
    whole = behaviour()
    stoppers = Stoppers.of(whole, most=10, rng=np.random.default_rng(0))
    assert len(stoppers.users) == 10
    for user, target in zip(stoppers.users.tolist(), stoppers.target.tolist(), strict=True):
        assert whole.items_of(user)[-1] == target
        assert target not in stoppers.train.items_of(user)
    perfect = np.zeros((len(whole), N), np.float32)
    perfect[stoppers.users, stoppers.target] = 1.0
    assert stoppers.ndcg(lambda users: perfect[users].copy()) == 1.0
    assert stoppers.ndcg(lambda users: np.zeros((len(users), N), np.float32)) == 0.0  # ties count against


def test_learning_ends_when_its_minutes_are_over():
    network, told = torch.nn.Linear(1, 1), []
    pace = Pace(steps=1000, check_every=10, patience=99, minutes=0.0)
    best_kept(network, told.append, lambda: float(len(told)), pace, lambda *_: None)
    assert told == [10]


def test_the_best_network_is_kept_and_learning_ends_when_nothing_gets_better():
    network, told = torch.nn.Linear(1, 1), []
    marks = iter([0.1, 0.3, 0.2, 0.2, 0.9])

    def learn(steps: int) -> None:
        told.append(steps)
        with torch.no_grad():
            network.weight.fill_(float(len(told)))

    best = best_kept(network, learn, lambda: next(marks), Pace(50, 10, 2), lambda done, total: None)
    assert best == 0.3
    assert told == [10, 10, 10, 10]
    assert network.weight.item() == 2.0


def test_without_stoppers_the_newest_network_is_kept():
    network = torch.nn.Linear(1, 1)

    def learn(steps: int) -> None:
        with torch.no_grad():
            network.weight += steps

    before = network.weight.item()
    assert np.isnan(best_kept(network, learn, lambda: float("nan"), Pace(25, 10, 1), lambda done, total: None))
    assert network.weight.item() - before > 24
