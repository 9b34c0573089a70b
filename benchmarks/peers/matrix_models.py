"""ALS and item-kNN of ``implicit`` and EASE of RecTools; run inside the peers' environment on one folder.

    python -m benchmarks.peers.matrix_models FOLDER

They see a shopper as a row of counts. A shopper is asked for by that row, never by a place in the training matrix, so
that what was done after learning counts as well.
"""

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from rectools.dataset import Dataset
from rectools.models import EASEModel
from scipy import sparse

from benchmarks.peers.exchange import Order, Outcome, Question, commission_read, outcome_write
from benchmarks.peers.rectools_transformers import dataset_of
from recommender.trials.lists import Lists, best_of, lists_collect

Scores = Callable[[sparse.csr_matrix], np.ndarray]
"""(b, n) histories → (b, n) scores."""

ROWS = 256
NEIGHBOURS = {"cosine": CosineRecommender, "tfidf": TFIDFRecommender, "bm25": BM25Recommender}


def main(folder: Path) -> None:
    """Learn, answer, hand in."""
    commission = commission_read(folder)
    began = time.perf_counter()
    scores = FITS[commission.order.model](commission.train.counts(), dataset_of(commission.train), commission.order)
    seconds = time.perf_counter() - began
    lists = [answered(scores, question) for question in commission.questions]
    versions = {name: version(name) for name in ("rectools", "pm-implicit", "numpy")}
    outcome_write(folder, Outcome(0, seconds, versions), lists)


def als(counts: sparse.csr_matrix, _: Dataset, order: Order) -> Scores:
    """Implicit-feedback matrix factorisation; a history is folded in as a new user."""
    options = dict(order.options)
    alpha = options.pop("alpha", 1.0)
    model = AlternatingLeastSquares(
        random_state=order.seed, num_threads=order.threads, use_cg=True, calculate_training_loss=False, **options
    )
    model.fit(alpha * counts, show_progress=False)

    def scores(rows: sparse.csr_matrix) -> np.ndarray:
        users = np.stack([model.recalculate_user(0, alpha * rows[row]) for row in range(rows.shape[0])])
        return users.reshape(rows.shape[0], -1) @ model.item_factors.T

    return scores


def ease(_: sparse.csr_matrix, dataset: Dataset, order: Order) -> Scores:
    """Closed-form item-to-item regression; items that nobody met have no row."""
    model = EASEModel(**order.options)
    model.fit(dataset)
    known = dataset.item_id_map.external_ids.astype(np.int64)

    def scores(rows: sparse.csr_matrix) -> np.ndarray:
        found = np.full(rows.shape, -np.inf, np.float32)
        found[:, known] = rows[:, known] @ model.weight
        return found

    return scores


def item_knn(counts: sparse.csr_matrix, _: Dataset, order: Order) -> Scores:
    """Item-to-item similarities of ``implicit``."""
    options: dict[str, Any] = dict(order.options)
    model = NEIGHBOURS[options.pop("kind")](num_threads=order.threads, **options)
    model.fit(counts, show_progress=False)
    similarity = model.similarity.T.tocsr()
    return lambda rows: (rows @ similarity).toarray()


FITS: dict[str, Callable[[sparse.csr_matrix, Dataset, Order], Scores]] = {
    "ALS": als,
    "EASE": ease,
    "item-kNN": item_knn,
}


def answered(scores: Scores, question: Question) -> Lists:
    """Everybody's best items."""
    counts = question.histories.counts().tocsr()
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    for begin in range(0, counts.shape[0], ROWS):
        part = counts[begin : begin + ROWS]
        found = np.array(scores(part), np.float32)
        if not question.repeats:
            found[part.nonzero()] = -np.inf
        rows += [best_of(one) for one in found]
    return lists_collect(rows, len(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
