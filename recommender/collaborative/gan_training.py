"""Learning of the GAN recommender: generator and discriminator in turns, stopped early (torch)."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.collaborative.dense_graph import Dense, dense_graph
from recommender.collaborative.fitting import Fitting, behaviour_require, met_matrix, most_met
from recommender.collaborative.gan import GanConfig
from recommender.collaborative.graph_network import taken
from recommender.collaborative.stopping import Pace, Stoppers, among_all, best_kept
from recommender.collaborative.vae import Autoencoder, VaeConfig, vae_model
from recommender.collaborative.vae_training import Bag, bag_of
from recommender.data.factors import FactorModel
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints


class Generator(nn.Module):
    """A shopper's items → how much each item is to their taste."""

    def __init__(self, n_items: int, hidden: int) -> None:
        super().__init__()
        self.items = nn.EmbeddingBag(n_items, hidden, mode="sum", include_last_offset=True)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.answer = nn.Linear(hidden, n_items)
        nn.init.normal_(self.items.weight, std=(2.0 / (n_items + hidden)) ** 0.5)

    def states(self, bag: Bag) -> Tensor:
        """(b, hidden) of b bags of items."""
        index, offsets, weight = bag
        state: Tensor = torch.tanh(self.items(index, offsets, weight) + self.bias)
        return state

    def likes(self, states: Tensor, owner: Tensor, item: Tensor) -> Tensor:
        """(e,) between 0 and 1: how much shopper ``owner`` likes ``item``, for pairs."""
        weight, bias = taken(self.answer.weight, item), taken(self.answer.bias[:, None], item)[:, 0]
        return torch.sigmoid((taken(states, owner) * weight).sum(dim=1) + bias)


class Discriminator(nn.Module):
    """What is known of a shopper and what they are said to like → logit that the likes are real."""

    def __init__(self, n_items: int, hidden: int) -> None:
        super().__init__()
        self.known = nn.EmbeddingBag(n_items, hidden, mode="sum", include_last_offset=True)
        self.liked = nn.EmbeddingBag(n_items, hidden, mode="sum", include_last_offset=True)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.verdict = nn.Linear(hidden, 1)
        for part in (self.known, self.liked):
            nn.init.normal_(part.weight, std=(2.0 / (n_items + hidden)) ** 0.5)

    def forward(self, known: Bag, liked: Bag) -> Tensor:
        """(b,) logits."""
        both = [part(bag[0], bag[1], bag[2]) for part, bag in ((self.known, known), (self.liked, liked))]
        logits: Tensor = self.verdict(torch.tanh(both[0] + both[1] + self.bias))
        return logits[:, 0]


def gan_fit(sequences: Sequences, config: GanConfig | None = None, fitting: Fitting | None = None) -> FactorModel:
    """A generator whose tastes a discriminator takes for real ones.

        D: maximise  log D(x | c) + log(1 − D(x̂ ⊙ (x + k) | c))
        G: maximise  log D(x̂ ⊙ (x + k) | c) − α · mean over z of x̂²,   x̂ = G(c)

    x are a shopper's items and c a random part of them. The discriminator sees what G says of the items met and of some
    drawn others k, so that G must score items met high and others low; z are drawn others whose score is held at 0.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: networks and training.
        fitting: seed and progress.

    Raises:
        DataError: there is nothing to learn from.

    Reference: Chae, Kang, Kim, Lee, 2018 (CFGAN); here the condition is a random part, so that G cannot copy it.
    """
    config, fitting = config or GanConfig(), fitting or Fitting()
    behaviour_require(sequences, "the GAN")
    torch.manual_seed(fitting.seed)
    rng = np.random.default_rng(fitting.seed)
    learned = most_met(sequences.item_counts(), config.max_items)
    stoppers = Stoppers.of(sequences, most=config.stoppers, rng=rng)
    met = sparse.csr_matrix(met_matrix(stoppers.train, newest=config.max_user_items)[:, learned])
    game = _Game(config, met, rng)
    pace = Pace(config.steps if len(game.rows) else 0, config.check_every, config.patience, config.minutes)
    scores = among_all(game.scores, learned, sequences.n_items)
    best_kept(game.generator, game.learn, lambda: stoppers.ndcg(scores), pace, fitting.progress)
    model = vae_model(_cut(game.generator), learned, sequences.n_items, VaeConfig())
    return replace(model, asking=config.asking)


@dataclass(frozen=True)
class _Round:
    """What one step is played over, b shoppers."""

    known: Bag  # a random part of their items
    liked: Bag  # all of them
    owner: Tensor  # (e,) shopper of each item the discriminator hears about …
    item: Tensor  # (e,) … met or drawn
    zero_owner: Tensor  # (z,) shopper of each item that is held at 0
    zero_item: Tensor  # (z,)


class _Game:
    """Both networks, their optimisers and the shoppers they are trained on."""

    def __init__(self, config: GanConfig, met: sparse.csr_matrix, rng: np.random.Generator) -> None:
        self.config, self.met, self.rng = config, met, rng
        self.rows = np.flatnonzero(np.diff(met.indptr))
        self.generator = Generator(met.shape[1], config.hidden)
        self.judge = Discriminator(met.shape[1], config.hidden)
        decay = config.weight_decay
        self.of_generator = torch.optim.AdamW(self.generator.parameters(), lr=config.learning_rate, weight_decay=decay)
        self.of_judge = torch.optim.AdamW(self.judge.parameters(), lr=config.judge_rate, weight_decay=decay)

    def learn(self, steps: int) -> None:
        """Go on for some steps, each a move of the discriminator and one of the generator."""
        self.generator.train()
        for _ in range(steps):
            rows = self.rng.choice(self.rows, min(self.config.batch, len(self.rows)), replace=False)
            played = self._round(rows)
            self._judge_step(played)
            self._generator_step(played)

    def scores(self, users: Ints) -> Floats:
        """(c, s) logits of shoppers."""
        self.generator.eval()
        with torch.no_grad():
            return np.asarray(self.generator.answer(self.generator.states(bag_of(self.met[users]))).numpy())

    def _round(self, rows: Ints) -> _Round:
        part = self.met[rows]
        met_owner, met_item = np.repeat(np.arange(len(rows)), np.diff(part.indptr)), part.indices.astype(np.int64)
        drawn_owner, drawn_item = self._others(met_owner, met_item, self.config.masked)
        owner, item = np.append(met_owner, drawn_owner), np.append(met_item, drawn_item)
        order = np.argsort(owner, kind="stable")
        zero = self._others(met_owner, met_item, self.config.zeros)
        pairs = (torch.from_numpy(one) for one in (owner[order], item[order], *zero))
        known = bag_of(part, self.rng.random(part.nnz) >= self.config.dropout)
        return _Round(known, _likes_bag(len(rows), met_owner, torch.from_numpy(met_item)), *pairs)

    def _others(self, owner: Ints, item: Ints, share: float) -> tuple[Ints, Ints]:
        """Random items that their shoppers have not met, ``share`` times as many as were met."""
        n = self.met.shape[1]
        drawn_owner = self.rng.permutation(np.repeat(owner, int(np.ceil(share))))[: int(share * len(owner))]
        drawn = self.rng.integers(0, n, len(drawn_owner))
        new = ~np.isin(drawn_owner * n + drawn, owner * n + item)
        return drawn_owner[new], drawn[new]

    def _said(self, played: _Round) -> tuple[Tensor, Bag]:
        """(b, hidden) states, and what the generator says of the items in play."""
        states = self.generator.states(played.known)
        likes = self.generator.likes(states, played.owner, played.item)
        return states, _likes_bag(len(states), played.owner.numpy(), played.item, likes)

    def _judge_step(self, played: _Round) -> None:
        with torch.no_grad():
            _, said = self._said(played)
        real, made = self.judge(played.known, played.liked), self.judge(played.known, said)
        loss = (functional.softplus(-real) + functional.softplus(made)).mean()
        self._move(self.of_judge, loss)

    def _generator_step(self, played: _Round) -> None:
        states, said = self._said(played)
        loss = functional.softplus(-self.judge(played.known, said)).mean()
        zeros = self.generator.likes(states, played.zero_owner, played.zero_item)
        if len(zeros):
            loss = loss + self.config.zeros_weight * zeros.square().sum() / len(states)
        self._move(self.of_generator, loss)

    @staticmethod
    def _move(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def _likes_bag(b: int, owner: Ints, item: Tensor, likes: Tensor | None = None) -> Bag:
    """Items with how much they are liked, 1 where nothing is said, as bags of b shoppers; sorted by shopper."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=b))]).astype(np.int64)
    return item, torch.from_numpy(offsets), torch.ones(len(item)) if likes is None else likes


def _cut(generator: Generator) -> Autoencoder:
    """The generator in three parts."""
    return Autoencoder(
        inward=generator.items.weight.detach().numpy().copy(),
        graph=dense_graph([Dense(None, generator.bias.detach().numpy(), tanh=True)]),
        outward=generator.answer.weight.detach().numpy().copy(),
        bias=generator.answer.bias.detach().numpy().copy(),
    )
