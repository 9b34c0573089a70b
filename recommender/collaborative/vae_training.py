"""Learning of Mult-VAE: seeded, annealed, stopped early on shoppers whose newest item is kept back (torch)."""

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from recommender.collaborative.dense_graph import Dense, dense_graph
from recommender.collaborative.fitting import Fitting, behaviour_require, met_matrix, most_met
from recommender.collaborative.stopping import Pace, Stoppers, among_all, best_kept
from recommender.collaborative.vae import Autoencoder, VaeConfig, vae_model
from recommender.collaborative.vae_network import Divergence, Vae
from recommender.data.factors import FactorModel
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints

Bag = tuple[Tensor, Tensor, Tensor]
"""Flat items (e,), where each bag begins (b+1,), weights (e,)."""


def vae_fit(sequences: Sequences, config: VaeConfig | None = None, fitting: Fitting | None = None) -> FactorModel:
    """A code per shopper from which their items can be told.

        maximise  Σ_u [ Σ_i x_ui log softmax(decode(z_u))_i  −  β · KL(q(z|x_u) ‖ p) ],   z_u ~ q(z|x_u)

    x_u is a shopper's set of items; the encoder sees a random part of it, scaled to length 1. β grows from 0 over
    ``anneal_steps``. With ``popularity_power`` γ the softmax runs over logits + γ·log popularity, which serving leaves
    out: what popularity alone explains need not be learned.

    Args:
        sequences: behaviour; how often a shopper met an item does not matter.
        config: network and training.
        fitting: seed and progress.

    Raises:
        DataError: there is nothing to learn from.

    Reference: Liang, Krishnan, Hoffman, Jebara, 2018; composite prior: Shenbin and others, 2020.
    """
    config, fitting = config or VaeConfig(), fitting or Fitting()
    behaviour_require(sequences, "Mult-VAE")
    torch.manual_seed(fitting.seed)
    rng = np.random.default_rng(fitting.seed)
    learned = most_met(sequences.item_counts(), config.max_items)
    stoppers = Stoppers.of(sequences, most=config.stoppers, rng=rng)
    met = sparse.csr_matrix(met_matrix(stoppers.train, newest=config.max_user_items)[:, learned])
    run = _Run(config, met, rng, Vae(len(learned), config))
    pace = Pace(config.steps if len(run.rows) else 0, config.check_every, config.patience)
    scores = among_all(run.scores, learned, sequences.n_items)
    best_kept(run.vae, run.learn, lambda: stoppers.ndcg(scores), pace, fitting.progress)
    return vae_model(_cut(run.vae), learned, sequences.n_items, config)


class _Run:
    """Optimiser and counters of one training."""

    def __init__(self, config: VaeConfig, met: sparse.csr_matrix, rng: np.random.Generator, vae: Vae) -> None:
        self.config, self.met, self.rng, self.vae = config, met, rng, vae
        self.rows = np.flatnonzero(np.diff(met.indptr))
        self.left = self.rng.permutation(self.rows)  # of this pass
        self.steps = 0
        self.divergence = Divergence(config.prior)
        self.optimiser = torch.optim.AdamW(vae.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        share = np.asarray(met.sum(axis=0), np.float32).ravel() + 1.0
        self.adjustment = torch.from_numpy(config.popularity_power * np.log(share / share.sum()))

    def learn(self, steps: int) -> None:
        """Go on for some steps, through all shoppers in random order again and again."""
        self.vae.train()
        for _ in range(steps):
            if not len(self.left):
                self.left = self.rng.permutation(self.rows)
                self.divergence.epoch_end(self.vae.encoder)
            rows, self.left = self.left[: self.config.batch], self.left[self.config.batch :]
            self._step(rows, self.steps / max(self.config.anneal_steps, 1))
            self.steps += 1

    def scores(self, users: Ints) -> Floats:
        """(u, s) logits of the learned items."""
        self.vae.eval()
        with torch.no_grad():
            return np.asarray(self.vae.decode(self.vae.encoder(*bag_of(self.met[users]))[0]).numpy())

    def _step(self, rows: Ints, annealed: float) -> None:
        part = self.met[rows]
        hidden = self.rng.random(part.nnz) < self.config.dropout
        bag = bag_of(part, ~hidden)
        mean, log_variance = self.vae.encoder(*bag)
        code = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        log_p = functional.log_softmax(self.vae.decode(code) + self.adjustment, dim=1)
        owner = torch.from_numpy(np.repeat(np.arange(len(rows)), np.diff(part.indptr)))
        likelihood = log_p[owner, torch.from_numpy(part.indices.astype(np.int64))].sum()
        beta = self.config.beta * min(1.0, annealed)
        loss = (beta * self.divergence(code, mean, log_variance, bag).sum() - likelihood) / len(rows)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()


def bag_of(rows: sparse.csr_matrix, seen: np.ndarray | None = None) -> Bag:
    """The items of some shoppers as the encoder reads them: weights of length 1 per shopper.

    Args:
        rows: (b, n) 1 where met.
        seen: (e,) which of the entries; all where None.
    """
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    index = rows.indices.astype(np.int64)
    if seen is not None:
        owner, index = owner[seen], index[seen]
    counts = np.bincount(owner, minlength=rows.shape[0])
    weight = (1.0 / np.sqrt(np.maximum(counts, 1)))[owner].astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return torch.from_numpy(index), torch.from_numpy(offsets), torch.from_numpy(weight)


def _cut(vae: Vae) -> Autoencoder:
    """The network in three parts."""
    return Autoencoder(
        inward=vae.encoder.items.weight.detach().numpy().copy(),
        graph=dense_graph(_between(vae)),
        outward=vae.answer.weight.detach().numpy().copy(),
        bias=vae.answer.bias.detach().numpy().copy(),
    )


def _between(vae: Vae) -> list[Dense]:
    """What serving runs between the first and the last layer: the code's mean, unfolded."""
    middle, latent = vae.encoder.middle, vae.unfold.in_features
    weight, bias = (part.detach().numpy() for part in (middle.code.weight, middle.code.bias))
    unfold = vae.unfold.weight.detach().numpy(), vae.unfold.bias.detach().numpy()
    return [
        Dense(None, middle.bias.detach().numpy(), tanh=True),
        Dense(weight[:latent].T, bias[:latent], tanh=False),
        Dense(unfold[0].T, unfold[1], tanh=True),
    ]
