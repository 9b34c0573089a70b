"""Component scores: what each model thinks of each candidate, computed in one place for training and for serving.

``components_compute`` gives a (c, K) matrix whose columns are ``COMPONENTS``, in this order:

=================== ==========================================================================================
encoder             log-probability of the sequence encoder among the candidates
rules               log of the sequential-rule probability, newest ten items, decay 0.8
mixture             log(encoder probability + 0.4 · rule probability): either model alone may carry an item
item_knn            log of the summed cosine similarity to the history
knn_recent          the same for the newest three items
text                cosine between whitened text and the decayed mean of the history's whitened texts
text_nearest        largest whitened cosine to one of the newest ten items
popularity          log(1 + interactions)
recent_popularity   log(1 + decayed interactions)
own_frequency       log(1 + times this shopper met the item)
own_recency         1 / (1 + distinct moments since this shopper last met it), 0 if never
brand               share of the decayed history with the candidate's brand
category            share with its category
department          share with its department
encoder_rank        1 / (rank + 5) · 5 by encoder, likewise:
rules_rank
knn_rank
text_rank
=================== ==========================================================================================

Every number is finite; what a model cannot say (no text, item newer than the bundle) is that column's "nothing known"
value. Popularity of an item newer than the bundle is 0, its encoder bias the vocabulary's mean.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.profile import Profile, profile_of
from recommender.data.types import Context, Floats, Gathered, Ints
from recommender.encoders.whitening import Whitening

COMPONENTS = (
    "encoder",
    "rules",
    "mixture",
    "item_knn",
    "knn_recent",
    "text",
    "text_nearest",
    "popularity",
    "recent_popularity",
    "own_frequency",
    "own_recency",
    "brand",
    "category",
    "department",
    "encoder_rank",
    "rules_rank",
    "knn_rank",
    "text_rank",
)

RULES_HISTORY, RULES_DECAY = 10, 0.8
KNN_HISTORY, KNN_DECAY = 50, 0.95
KNN_RECENT = 3
TEXT_HISTORY, TEXT_DECAY = 10, 0.8
AFFINITY_HISTORY, AFFINITY_DECAY = 20, 0.9
RULE_SHARE = 0.4  # of the mixture
RULE_FLOOR, KNN_FLOOR = 1e-4, 1e-2  # what is added before a logarithm is taken
RANK_OFFSET = 5.0


@dataclass(frozen=True)
class _Request:
    """Everything one column may read."""

    profile: Profile
    gathered: Gathered
    arrays: LearnedArrays
    state: Floats  # (d,)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        return self.gathered.index >= 0

    def of_items(self, values: npt.NDArray[np.generic], missing: float) -> Floats:
        """(c,) ``values`` (n,) of the candidates; ``missing`` where the bundle does not know one."""
        if not len(values):
            return np.full(len(self.gathered), missing, np.float32)
        return np.where(self.known, values[self.gathered.index], missing).astype(np.float32)


def components_compute(
    context: Context, gathered: Gathered, arrays: LearnedArrays, *, history_index: Ints, state: Floats
) -> Floats:
    """Score every candidate with every component.

    Args:
        context: history oldest first; ``ignored_ids`` are left out of it.
        gathered: c candidates.
        arrays: of the bundle.
        history_index: (h,) vocabulary index of each history entry, -1 unknown (``Bundle.index_of``).
        state: (d,) state vector of the shopper (``encoders.inputs``).
    Returns: (c, K) float32, columns as ``COMPONENTS``, all finite.
    """
    request = _Request(profile_of(context, history_index), gathered, arrays, state)
    encoder = log_softmax(encoder_logits(gathered, arrays, state))
    rules = _neighbour_scores(request, "rules", RULES_HISTORY, RULES_DECAY, normalised=True)
    knn = _neighbour_scores(request, "knn", KNN_HISTORY, KNN_DECAY)
    knn_recent = _neighbour_scores(request, "knn", KNN_RECENT, 1.0)
    text, nearest = _text(request)
    frequency, recency = _own(context, gathered)
    columns = (
        encoder,
        np.log(rules + RULE_FLOOR),
        np.log(np.exp(encoder) + RULE_SHARE * rules + 1e-7),
        np.log(knn + KNN_FLOOR),
        np.log(knn_recent + KNN_FLOOR),
        text,
        nearest,
        np.log1p(request.of_items(arrays.popularity, 0.0)),
        np.log1p(request.of_items(arrays.recent_popularity, 0.0)),
        frequency,
        recency,
        _affinity(request, arrays.brand, gathered.brand),
        _affinity(request, arrays.category, gathered.category),
        _affinity(request, arrays.department, gathered.department),
        *(reciprocal_rank(scores) for scores in (encoder, rules, knn, text)),
    )
    return np.stack(columns, axis=1).astype(np.float32)  # (c, K)


def encoder_logits(gathered: Gathered, arrays: LearnedArrays, state: Floats) -> Floats:
    """(c,) state · item vector + bias; items newer than the bundle by their fresh vectors and the mean bias."""
    logits = np.full(len(gathered), float(arrays.item_bias.mean()) if len(arrays.item_bias) else 0.0, np.float32)
    known = gathered.index >= 0
    index = gathered.index[known]
    logits[known] = arrays.item_vectors[index] @ state + arrays.item_bias[index]
    if len(gathered.fresh_rows) and gathered.fresh_vectors.shape[1] == len(state):
        logits[gathered.fresh_rows] += gathered.fresh_vectors @ state
    return logits


def log_softmax(logits: Floats) -> Floats:
    """(c,) logarithm of the softmax."""
    if not len(logits):
        return logits
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)


def reciprocal_rank(scores: Floats) -> Floats:
    """(c,) 5 / (rank + 5), rank 0 for the best; equal scores share the middle of their ranks.

    >>> reciprocal_rank(np.array([3.0, 1.0, 2.0])).round(2).tolist()
    [1.0, 0.71, 0.83]
    """
    _, inverse, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - counts + (counts - 1) / 2)[inverse]
    return (RANK_OFFSET / (rank + RANK_OFFSET)).astype(np.float32)


def _neighbour_scores(request: _Request, table: str, n: int, decay: float, *, normalised: bool = False) -> Floats:
    """(c,) summed table weights from the newest ``n`` items, divided by the sum of their decays if ``normalised``."""
    arrays = request.arrays
    if table == "rules":
        neighbours = Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)
    else:
        neighbours = Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)
    index, weight = request.profile.recent(n, decay)
    if not len(index):
        return np.zeros(len(request.gathered), np.float32)
    scores = neighbours.scores(index, weight / weight.sum() if normalised else weight)
    return request.of_items(scores, 0.0)


def _text(request: _Request) -> tuple[Floats, Floats]:
    """(c,) cosine to the decayed mean of the history's texts, and to the nearest of them."""
    nothing = np.zeros(len(request.gathered), np.float32)
    index, weight = request.profile.recent(TEXT_HISTORY, TEXT_DECAY)
    if not len(index) or not request.arrays.text_whitened.shape[1]:
        return nothing, nothing
    liked = request.arrays.text_whitened[index]
    candidates = _candidate_text(request)
    mean = weight @ liked
    cosine = candidates @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
    return cosine.astype(np.float32), (candidates @ liked.T).max(axis=1).astype(np.float32)


def _candidate_text(request: _Request) -> Floats:
    """(c, w) whitened text vectors; those of items newer than the bundle are whitened here."""
    gathered, arrays = request.gathered, request.arrays
    text = np.zeros((len(gathered), arrays.text_whitened.shape[1]), np.float32)
    text[request.known] = arrays.text_whitened[gathered.index[request.known]]
    if len(gathered.fresh_rows) and gathered.fresh_text.shape[1] == arrays.text_vectors.shape[1]:
        whitening = Whitening(arrays.text_mean, arrays.text_whitening)
        text[gathered.fresh_rows] = whitening.apply(gathered.fresh_text)
    return text


def _own(context: Context, gathered: Gathered) -> tuple[Floats, Floats]:
    """(c,) log(1 + times met) and 1 / (1 + distinct moments since)."""
    profile = profile_of(context, np.zeros(len(context.history), np.int64))
    if not len(profile):
        return np.zeros(len(gathered), np.float32), np.zeros(len(gathered), np.float32)
    moment = np.cumsum(np.diff(profile.times_us, prepend=profile.times_us[0]) != 0)
    ids, first, counts = np.unique(profile.item_ids, return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(ids, gathered.item_ids), len(ids) - 1)
    met = ids[place] == gathered.item_ids
    frequency = np.where(met, np.log1p(counts[place]), 0.0)
    recency = np.where(met, 1.0 / (1.0 + moment[first[place]]), 0.0)
    return frequency.astype(np.float32), recency.astype(np.float32)


def _affinity(request: _Request, of_vocabulary: Ints, of_candidates: Ints) -> Floats:
    """(c,) share of the decayed history that has the candidate's attribute; 0 where it has none."""
    index, weight = request.profile.recent(AFFINITY_HISTORY, AFFINITY_DECAY)
    if not len(index):
        return np.zeros(len(request.gathered), np.float32)
    values, inverse = np.unique(of_vocabulary[index], return_inverse=True)
    share = np.bincount(inverse, weights=weight) / weight.sum()
    place = np.minimum(np.searchsorted(values, of_candidates), len(values) - 1)
    return np.where((values[place] == of_candidates) & (of_candidates != 0), share[place], 0.0).astype(np.float32)
