"""The network of the graph model: a vector per entity, relations that translate them, propagation (torch)."""

import warnings
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.collaborative.graph import Geometry, GraphConfig
from recommender.data.relations import Triples
from recommender.data.types import Ints

_SPREAD = 0.1  # standard deviation of a vector's coordinates at the beginning


class Relations(nn.Module):
    """Relations as maps between entities: by addition (TransE) or by turning (RotatE).

    Reference: Bordes and others, 2013; Sun, Deng, Nie, Tang, 2019.
    """

    def __init__(self, n: int, dim: int, geometry: str) -> None:
        super().__init__()
        self.geometry = Geometry(geometry)
        self.weight = nn.Parameter(torch.randn(n, dim if self.geometry is Geometry.TRANSE else dim // 2) * _SPREAD)

    def forth(self, head: Tensor, relation: Tensor) -> Tensor:
        """(…, d) where the tails should be, of heads (…, d) and relations (…,) by number."""
        return self._moved(head, taken(self.weight, relation))

    def back(self, tail: Tensor, relation: Tensor) -> Tensor:
        """(…, d) where the heads should be, of tails (…, d) and relations (…,) by number."""
        return self._moved(tail, -taken(self.weight, relation))

    def _moved(self, vectors: Tensor, by: Tensor) -> Tensor:
        if self.geometry is Geometry.TRANSE:
            return vectors + by
        real, imaginary = vectors.chunk(2, dim=-1)
        cos, sin = torch.cos(by), torch.sin(by)
        return torch.cat([real * cos - imaginary * sin, real * sin + imaginary * cos], dim=-1)


class GraphNetwork(nn.Module):
    """Item vectors out of entities, relations and behaviour.

        base_i = own_i + mean of the translated neighbours of i
        v = mean of base, Â base, … Â^layers base,    Â = Bᵀ B

    B is the normalised matrix of who met what (shoppers × items), so each layer goes to the shoppers and back; shoppers
    have no vectors of their own, which is why any history can be answered.

    Reference: He, Deng, Wang, Li, Zhang, Wang, 2020 (LightGCN).
    """

    def __init__(self, met: sparse.csr_matrix, triples: Triples, n_relations: int, config: GraphConfig) -> None:
        """Random vectors.

        Args:
            met: (u, s) 1 where a shopper met an item.
            triples: what the catalogue says of the s items; describes ``base``.
            n_relations: those and the ones that only the relations' own loss knows.
            config: sizes.
        """
        super().__init__()
        self.layers, self.n_items = config.layers, met.shape[1]
        self.entities = nn.Parameter(torch.randn(triples.n_entities, config.dim) * _SPREAD)
        self.relations = Relations(n_relations, config.dim, config.geometry)
        self.bias = nn.Parameter(torch.zeros(self.n_items))
        self.met = _Passage(normalised(met))
        self.neighbours = [
            (relation, entities, _Passage(matrix)) for relation, entities, matrix in neighbour_means(triples)
        ]

    def base(self, own: Tensor | None = None) -> Tensor:
        """(s, d) vectors before propagation; ``own`` (s, 1) is 0 where an item must do with its relations."""
        items = self.entities[: self.n_items]
        found = items if own is None else items * own
        for relation, entities, passage in self.neighbours:
            found = found + passage(self.relations.back(self.entities[entities], torch.tensor(relation)))
        return found

    def vectors(self, own: Tensor | None = None, present: Tensor | None = None) -> Tensor:
        """(s, d) item vectors; ``present`` (u, 1) is 0 at shoppers whose behaviour must not be seen."""
        layer = self.base(own)
        total = layer
        for _ in range(self.layers):
            shoppers = self.met(layer)
            layer = self.met.returned(shoppers if present is None else shoppers * present)
            total = total + layer
        mean: Tensor = total / (self.layers + 1)
        return mean

    def plausibility(self, head: Tensor, relation: Tensor, tail: Tensor) -> Tensor:
        """(b, k) negative distances of tails (b, k) from where heads (b,) lead."""
        there = self.relations.forth(taken(self.entities, head), relation)
        distance: Tensor = torch.linalg.vector_norm(there[:, None] - taken(self.entities, tail), dim=-1)
        return -distance


class _Passage:
    """A fixed sparse matrix that vectors are sent through, in either direction."""

    def __init__(self, matrix: sparse.csr_matrix) -> None:
        self.forth, self.back = _csr(matrix), _csr(sparse.csr_matrix(matrix.T))

    def __call__(self, x: Tensor) -> Tensor:
        """(columns, d) → (rows, d)."""
        sent: Tensor = _Product.apply(self.forth, self.back, x)  # type: ignore[no-untyped-call]
        return sent

    def returned(self, x: Tensor) -> Tensor:
        """(rows, d) → (columns, d)."""
        sent: Tensor = _Product.apply(self.back, self.forth, x)  # type: ignore[no-untyped-call]
        return sent


class _Product(torch.autograd.Function):
    """Sparse times dense, whose slope is the transposed matrix times the slope."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, x: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ x

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ slope.contiguous()


def taken(rows: Tensor, index: Tensor) -> Tensor:
    """Rows (…, d) by their numbers (…); unlike plain indexing its slope is summed up in the same order every time."""
    return functional.embedding(index, rows)


def normalised(met: sparse.csr_matrix) -> sparse.csr_matrix:
    """B: each entry divided by the square roots of its row's and its column's entries."""
    rows = np.sqrt(np.maximum(np.asarray(met.sum(axis=1)).ravel(), 1.0))
    columns = np.sqrt(np.maximum(np.asarray(met.sum(axis=0)).ravel(), 1.0))
    return sparse.csr_matrix(sparse.diags(1.0 / rows) @ met @ sparse.diags(1.0 / columns), dtype=np.float32)


def neighbour_means(triples: Triples) -> list[tuple[int, slice, sparse.csr_matrix]]:
    """Per relation: its number, the run of entities its tails lie in, and the (s, run) weights of tails.

    Over all relations the weights of one item sum to 1, each of its relations having an equal share.
    """
    pairs = np.unique(triples.head * np.int64(max(triples.n_relations, 1)) + triples.relation)
    kinds = np.bincount(pairs // max(triples.n_relations, 1), minlength=triples.n_items)
    made = []
    for relation in np.unique(triples.relation).tolist():
        edge = triples.relation == relation
        head, tail, weight = triples.head[edge], triples.tail[edge], triples.weight[edge]
        total = np.bincount(head, weights=weight, minlength=triples.n_items) * kinds
        run = slice(int(tail.min()), int(tail.max()) + 1)
        shape = (triples.n_items, run.stop - run.start)
        cells = (weight / total[head]).astype(np.float32)
        made.append((relation, run, sparse.csr_matrix((cells, (head, tail - run.start)), shape=shape)))
    return made


def relations_loss(network: GraphNetwork, triples: Triples, rows: Ints, corrupted: Ints, margin: float) -> Tensor:
    """How badly relations lead to their tails, mean over triples.

        − log σ(γ − d(h, r, t)) − mean_k log σ(d(h, r, t'_k) − γ)

    Args:
        network: with the entities.
        triples: all of them.
        rows: (b,) those of this step.
        corrupted: (b, k) drawn tails t'.
        margin: γ.
    """
    head, relation = (torch.from_numpy(part[rows]) for part in (triples.head, triples.relation))
    tails = torch.from_numpy(np.concatenate([triples.tail[rows, None], corrupted], axis=1))
    score = margin + network.plausibility(head, relation, tails)
    return -functional.logsigmoid(score[:, 0]).mean() - functional.logsigmoid(-score[:, 1:]).mean()


def _csr(matrix: sparse.csr_matrix) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR")
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        )
