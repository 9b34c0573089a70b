"""Learning of the graph model: relations and next items together, stopped early (torch)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from recommender.collaborative.fitting import Fitting, behaviour_require, met_matrix, most_met
from recommender.collaborative.graph import GraphConfig, Objective, graph_model
from recommender.collaborative.graph_network import GraphNetwork, neighbour_means, relations_loss, taken
from recommender.collaborative.item_knn import ItemKnnConfig, item_knn_fit
from recommender.collaborative.stopping import Pace, Stoppers, best_kept
from recommender.data.factors import FactorModel
from recommender.data.negatives import Negatives, negatives_of
from recommender.data.relations import Triples
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints
from users.kinds import Kind

_RIDGE = 10.0  # of the map from relations to vectors, in items


def graph_fit(sequences: Sequences, config: GraphConfig | None = None, fitting: Fitting | None = None) -> FactorModel:
    """Item vectors that name the next item and agree with the relations of the catalogue.

        minimise  Σ − log p(next item | decayed mean of v over the history)  +  λ · loss of the relations

    v comes from ``GraphNetwork``. A step never sees the behaviour that it is asked about: the shoppers of a batch are
    taken out of the propagation. Items that nobody met, and items beyond ``max_items``, get the vector that a ridge
    regression expects of the mean of their translated neighbours.

    Args:
        sequences: behaviour, in order.
        config: network and training.
        fitting: seed, progress and the catalogue's triples.

    Raises:
        DataError: there is nothing to learn from.
    """
    config, fitting = config or GraphConfig(), fitting or Fitting()
    behaviour_require(sequences, "the graph model")
    torch.manual_seed(fitting.seed)
    rng = np.random.default_rng(fitting.seed)
    counts = sequences.item_counts()
    learned = most_met(counts, min(config.max_items, int((counts > 0).sum())))
    stoppers = Stoppers.of(sequences, most=config.stoppers, rng=rng)
    known = fitting.triples or Triples.none(sequences.n_items)
    run = _Run.of(stoppers, known.of_items(learned), learned, config, rng)
    pace = Pace(config.steps if run.can_learn else 0, config.check_every, config.patience)
    best_kept(run.network, run.learn, lambda: stoppers.ndcg(run.scores), pace, fitting.progress)
    return graph_model(*_whole(run.network, known, learned), config)


@dataclass
class _Run:
    """Behaviour, graph and optimiser of one training; items are the ``s`` learned ones."""

    network: GraphNetwork
    behaviour: Sequences
    graph_row: Ints  # (u,) row of each shopper in the graph, -1 where it is not in it
    graph_rows: int
    triples: Triples  # with those of behaviour
    negatives: Negatives
    learned: Ints
    n_items: int  # of the whole vocabulary
    config: GraphConfig
    rng: np.random.Generator

    @classmethod
    def of(
        cls, stoppers: Stoppers, known: Triples, learned: Ints, config: GraphConfig, rng: np.random.Generator
    ) -> "_Run":
        """Everything a training needs, nothing learned yet."""
        behaviour = _within(stoppers.train, learned)
        users = np.sort(rng.permutation(np.flatnonzero(behaviour.lengths))[: config.max_users])
        graph_row = np.full(len(behaviour), -1, np.int64)
        graph_row[users] = np.arange(len(users))
        met = sparse.csr_matrix(met_matrix(behaviour, newest=config.max_user_items)[users])
        triples = _with_behaviour(known, behaviour, config)
        network = GraphNetwork(met, known, max(triples.n_relations, 1), config)
        negatives = negatives_of("popularity", behaviour.item_counts())
        return cls(
            network, behaviour, graph_row, len(users), triples, negatives, learned, stoppers.train.n_items, config, rng
        )

    @cached_property
    def optimiser(self) -> torch.optim.Optimizer:
        """Adam over all vectors."""
        config = self.config
        return torch.optim.AdamW(self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)

    @cached_property
    def places(self) -> Ints:
        """(m,) entries that something came before and that are new enough to count."""
        behaviour = self.behaviour
        first = np.zeros(len(behaviour.item), np.bool_)
        first[behaviour.start[:-1][behaviour.lengths > 0]] = True
        return np.flatnonzero(~first & (behaviour.age < self.config.max_user_items))

    @cached_property
    def _by_user(self) -> tuple[Ints, Ints]:
        """Shoppers who have such entries, and where each one's begin among them."""
        users, begin = np.unique(self.behaviour.user[self.places], return_index=True)
        return users, np.append(begin, len(self.places))

    @property
    def can_learn(self) -> bool:
        """Whether anybody met two things, out of two or more."""
        return bool(len(self.places)) and self.network.n_items > 1

    def learn(self, steps: int) -> None:
        """Go on for some steps, each over whole shoppers."""
        self.network.train()
        for _ in range(steps):
            loss = self._next_items()
            if len(self.triples) and self.config.relation_weight:
                loss = loss + self.config.relation_weight * self._relations()
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()

    def _next_items(self) -> Tensor:
        users, places = self._batch()
        present = np.ones((self.graph_rows, 1), np.float32)
        rows = self.graph_row[users]
        present[rows[rows >= 0]] = 0.0
        own = (self.rng.random((self.network.n_items, 1)) >= self.config.own_dropout).astype(np.float32)
        vectors = self.network.vectors(torch.from_numpy(own), torch.from_numpy(present))
        states = history_means(self.behaviour, places, vectors, self.config)
        target = torch.from_numpy(self.behaviour.item[places])
        if self.config.objective == Objective.BPR:
            return self._bpr(states, vectors, target)
        return self._softmax(states, vectors, target)

    def _batch(self) -> tuple[Ints, Ints]:
        """Random shoppers, and all their entries that something came before."""
        users, begin = self._by_user
        order = self.rng.permutation(len(users))
        sizes = np.cumsum((begin[1:] - begin[:-1])[order])
        chosen = order[: max(int(np.searchsorted(sizes, self.config.batch)), 1)]
        places = np.concatenate([self.places[begin[one] : begin[one + 1]] for one in chosen.tolist()])
        return users[chosen], places

    def _softmax(self, states: Tensor, vectors: Tensor, target: Tensor) -> Tensor:
        """− log of the softmax over a shared sample and the target itself, corrected by how often each is drawn."""
        n = self.config.n_negatives
        drawn = np.unique(self.negatives.draw(n, self.rng))
        log_q = torch.from_numpy(np.minimum(self.negatives.log_share(n), 0.0))  # drawn once at most
        sample = torch.from_numpy(drawn)
        logits = states @ vectors[sample].T + (self.network.bias - log_q)[sample]
        logits = logits.masked_fill(sample == target[:, None], -torch.inf)
        wanted = (states * taken(vectors, target)).sum(dim=1) + self._bias(target) - log_q[target]
        return (torch.logaddexp(torch.logsumexp(logits, dim=1), wanted) - wanted).mean()

    def _bpr(self, states: Tensor, vectors: Tensor, target: Tensor) -> Tensor:
        """− log σ(score of the target − score of a drawn item). Reference: Rendle and others, 2009."""
        other = torch.from_numpy(self.negatives.draw(len(target), self.rng))
        ahead = (states * (taken(vectors, target) - taken(vectors, other))).sum(dim=1)
        return -functional.logsigmoid(ahead + self._bias(target) - self._bias(other)).mean()

    def _bias(self, item: Tensor) -> Tensor:
        """(b,) bias of items."""
        return taken(self.network.bias[:, None], item)[:, 0]

    def _relations(self) -> Tensor:
        triples, config = self.triples, self.config
        rows = np.searchsorted(self._upto, self.rng.random(config.relation_batch), side="right")
        begin, size, tails = self._tails
        relation = triples.relation[rows][:, None]
        draws = self.rng.random((len(rows), config.relation_negatives))
        corrupted = tails[begin[relation] + (draws * size[relation]).astype(np.int64)]
        return relations_loss(self.network, triples, rows, corrupted, config.margin)

    @cached_property
    def _upto(self) -> np.ndarray:
        """(e,) cumulated shares of being drawn; within a relation by weight, relations by their number of triples."""
        triples, n = self.triples, self.triples.n_relations
        number = np.bincount(triples.relation, minlength=n)
        total = np.bincount(triples.relation, weights=triples.weight, minlength=n)
        share = np.cumsum(triples.weight * (number / np.maximum(total, 1e-12))[triples.relation], dtype=np.float64)
        share /= share[-1]
        share[-1] = 1.0
        return np.asarray(share)

    @cached_property
    def _tails(self) -> tuple[Ints, Ints, Ints]:
        """Per relation where its distinct tails begin and how many they are, and all of them."""
        triples = self.triples
        pairs = np.unique(triples.relation * np.int64(triples.n_entities) + triples.tail)
        size = np.bincount(pairs // triples.n_entities, minlength=triples.n_relations)
        return np.cumsum(size) - size, size, pairs % triples.n_entities

    def scores(self, users: Ints) -> Floats:
        """(c, n) of shoppers under the network as it stands; what is not learned comes last."""
        self.network.eval()
        ends = self.behaviour.start[users + 1]
        with torch.no_grad():
            vectors = self.network.vectors()
            states = history_means(self.behaviour, ends, vectors, self.config, users)
            found = (states @ vectors.T + self.network.bias).numpy()
        scores = np.full((len(users), self.n_items), -np.inf, np.float32)
        scores[:, self.learned] = found
        return scores


def history_means(
    behaviour: Sequences, ends: Ints, vectors: Tensor, config: GraphConfig, users: Ints | None = None
) -> Tensor:
    """(b, d) decayed mean of what comes before each place of a shopper's sequence.

    Args:
        behaviour: over the items of ``vectors``.
        ends: (b,) places; entries before them count.
        vectors: (s, d).
        config: history and decay.
        users: (b,) whose sequences; found by the places where None.
    """
    users = np.searchsorted(behaviour.start, ends, side="right") - 1 if users is None else users
    age = np.arange(config.history)
    place = ends[:, None] - 1 - age  # (b, h) newest first
    there = place >= behaviour.start[users][:, None]
    items = np.where(there, behaviour.item[np.maximum(place, 0)], 0) if len(behaviour.item) else place * 0
    weight = np.where(there, config.decay**age, 0.0)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    return functional.embedding_bag(
        torch.from_numpy(items), vectors, mode="sum", per_sample_weights=torch.from_numpy(weight.astype(np.float32))
    )


def _within(sequences: Sequences, items: Ints) -> Sequences:
    """The entries with some items, in their own numbers."""
    place = np.full(sequences.n_items, -1, np.int64)
    place[items] = np.arange(len(items))
    kept = sequences.keep(place[sequences.item] >= 0)
    return Sequences(kept.start, place[kept.item], kept.kind, kept.at_us, kept.order, len(items))


def _with_behaviour(known: Triples, behaviour: Sequences, config: GraphConfig) -> Triples:
    """With what was bought together and what was looked at together, weighed by the cosine of who did."""
    bought = behaviour.kind == int(Kind.PURCHASE)
    for mask in (bought, ~bought):
        if mask.any():
            sizes = ItemKnnConfig(n=config.together, max_user_items=config.max_user_items)
            near = item_knn_fit(behaviour.keep(mask), sizes)
            head = np.repeat(np.arange(len(near)), np.diff(near.start))
            known = known.joined(head, near.item, near.weight)
    return known


def _whole(network: GraphNetwork, known: Triples, learned: Ints) -> tuple[Floats, Floats]:
    """Vectors (n, d) and bias (n,) of the whole vocabulary."""
    n, dim = known.n_items, network.entities.shape[1]
    vectors, bias = np.zeros((n, dim), np.float32), np.zeros(n, np.float32)
    with torch.no_grad():
        final, offset = network.vectors().numpy(), network.bias.numpy()
    expected = _translated(network, known, learned)
    told = np.flatnonzero(expected.any(axis=1))
    if len(told):
        given, wanted = expected[learned].astype(np.float64), final.astype(np.float64)
        expected = expected @ np.linalg.solve(given.T @ given + _RIDGE * np.eye(dim), given.T @ wanted)
        vectors[told] = expected[told]
    bias[:] = np.median(offset)
    vectors[learned], bias[learned] = final, offset
    return vectors, bias


def _translated(network: GraphNetwork, known: Triples, learned: Ints) -> Floats:
    """(n, d) mean of each item's translated neighbours, as far as those were learned; zeros where there is none."""
    place = np.full(known.n_entities, -1, np.int64)
    place[learned] = np.arange(len(learned))
    place[known.n_items :] = len(learned) + np.arange(known.n_entities - known.n_items)
    kept = place[known.tail] >= 0
    parts = (known.head[kept], known.relation[kept], place[known.tail[kept]], known.weight[kept])
    usable = Triples(*parts, known.n_items, len(network.entities), known.n_relations)
    found = np.zeros((known.n_items, network.entities.shape[1]), np.float32)
    with torch.no_grad():
        for relation, run, means in neighbour_means(usable):
            found += means @ network.relations.back(network.entities[run], torch.tensor(relation)).numpy()
    return found
