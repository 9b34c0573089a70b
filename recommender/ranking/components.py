"""Component scores: what each model thinks of each candidate, computed in one place for training and for serving.

``components_compute`` gives a (c, K) matrix whose columns are ``COMPONENTS``, in this order; ``components_of`` gives
one for each of several versions of a shopper at once, which is what keeps counterfactuals cheap.

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
ease                log of the summed EASE weights of the history, as far as they speak for the candidate
ease_rank           as above
due                 log(1 + 1000 · p), p the probability that a repeat purchase falls due within 28 days
als                 how surely the shopper meets the candidate, by ALS
vae                 log-probability of Mult-VAE among the candidates
graph               likewise, of the graph model
gan                 likewise, of the GAN's generator
=================== ==========================================================================================

Every number is finite; what a model cannot say (no text, item newer than the bundle) is that column's "nothing known"
value. Popularity of an item newer than the bundle is 0, its encoder bias the vocabulary's mean. A model that the bundle
lacks gives a column in which all candidates are equal.
"""

from collections.abc import Sequence

import numpy as np

from recommender.collaborative.replenishment import due_probability
from recommender.data.learned import LearnedArrays
from recommender.data.profile import Profile, profile_of
from recommender.data.types import DAY_US, Context, Floats, Gathered, Ints
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.versions import Versions, shares

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
    "ease",
    "ease_rank",
    "due",
    "als",
    "vae",
    "graph",
    "gan",
)

RULES_HISTORY, RULES_DECAY = 10, 0.8
KNN_HISTORY, KNN_DECAY = 50, 0.95
KNN_RECENT = 3
TEXT_HISTORY, TEXT_DECAY = 10, 0.8
AFFINITY_HISTORY, AFFINITY_DECAY = 20, 0.9
RULE_SHARE = 0.4  # of the mixture
RULE_FLOOR, KNN_FLOOR, EASE_FLOOR = 1e-4, 1e-2, 1e-2  # what is added before a logarithm is taken
RANK_OFFSET = 5.0
DUE_SCALE = 1000.0  # one in a thousand is what the logarithm can tell from never


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
    profile = profile_of(context, history_index)
    tables = CandidateTables.of(profile, gathered, arrays, context.now_us)
    matrix: Floats = components_of([profile], tables, state[None])[0]
    return matrix


def components_of(
    profiles: Sequence[Profile], tables: CandidateTables, states: Floats, rows: Ints | None = None
) -> Floats:
    """``components_compute`` for b versions of a shopper, and only for some candidates if wanted.

    Args:
        profiles: b of them.
        tables: made of c candidates and of a profile that has all items of ``profiles``.
        states: (b, d) their state vectors.
        rows: (s,) candidates whose components are wanted, ranked among all c; all of them if None.
    Returns: (b, s, K) float32.
    """
    wanted: Ints = np.arange(len(tables.gathered)) if rows is None else rows
    versions = Versions.of(profiles, tables.item_ids)
    encoder = log_softmax(states @ tables.vectors.T + tables.bias)
    rules = _weighed(shares(versions.weights(RULES_HISTORY, RULES_DECAY)), tables.rules)
    knn = _weighed(versions.weights(KNN_HISTORY, KNN_DECAY), tables.knn)
    text_weights = versions.weights(TEXT_HISTORY, TEXT_DECAY)
    text = _text_cosine(text_weights, tables)
    ease = _ease(versions, tables)
    *ranks, ease_rank = _ranks_of(np.stack([encoder, rules, knn, text, ease]), wanted)
    encoder, rules, knn, text, ease = (values[:, wanted] for values in (encoder, rules, knn, text, ease))
    knn_recent = _weighed(versions.weights(KNN_RECENT, 1.0), tables.knn[:, wanted])
    taste = shares(versions.weights(AFFINITY_HISTORY, AFFINITY_DECAY))
    popularity = (tables.of_candidates(values, 0.0)[wanted] for values in _counts(tables.arrays))
    columns = (
        encoder,
        np.log(rules + RULE_FLOOR),
        np.log(np.exp(encoder) + RULE_SHARE * rules + 1e-7),
        np.log(knn + KNN_FLOOR),
        np.log(knn_recent + KNN_FLOOR),
        text,
        _text_nearest(text_weights, tables.text[:, wanted]),
        *(np.log1p(count) for count in popularity),
        *(own[:, wanted] for own in _own(versions, tables)),
        *(_weighed(taste, same[:, wanted]) for same in tables.attributes),
        *ranks,
        np.log(np.maximum(ease, 0.0) + EASE_FLOOR),
        ease_rank,
        _due(versions, tables)[:, wanted],
        _factor_scores("als", profiles, tables)[:, wanted],
        *(log_softmax(_factor_scores(name, profiles, tables))[:, wanted] for name in ("vae", "graph", "gan")),
    )
    found = np.empty((*encoder.shape, len(COMPONENTS)), np.float32)
    for place, column in enumerate(columns):
        found[:, :, place] = column
    return found


def log_softmax(logits: Floats) -> Floats:
    """(…, c) logarithm of the softmax of (…, c) logits over the last axis; where all are 0, log 1/c."""
    if not logits.shape[-1]:
        return logits
    if not logits.any():  # a model that the bundle does not carry
        return np.full(logits.shape, -np.log(np.float32(logits.shape[-1])), np.float32)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float32)


def reciprocal_rank(scores: Floats) -> Floats:
    """(…, c) 5 / (rank + 5) along the last axis, rank 0 for the best; equal scores share the middle of their ranks.

    >>> reciprocal_rank(np.array([3.0, 1.0, 2.0])).round(2).tolist()
    [1.0, 0.71, 0.83]
    """
    return _ranks_of(scores, np.arange(scores.shape[-1]))


def _ranks_of(scores: Floats, wanted: Ints) -> Floats:
    """(…, s) ``reciprocal_rank`` of the candidates ``wanted`` (s,) among all."""
    if not scores.shape[-1]:
        return np.zeros(scores.shape, np.float32)
    lists = scores.reshape(-1, scores.shape[-1])
    ordered, asked = np.sort(lists, axis=1), lists[:, wanted]
    middle = np.empty(asked.shape, np.float32)
    for place, (order, values) in enumerate(zip(ordered, asked, strict=True)):
        not_above = order.searchsorted(values, side="right")
        below = order.searchsorted(values, side="left")
        middle[place] = len(order) - (not_above + below + 1) / 2
    ranks = RANK_OFFSET / (middle + np.float32(RANK_OFFSET))
    return np.asarray(ranks.reshape(*scores.shape[:-1], len(wanted)), np.float32)


def _counts(arrays: LearnedArrays) -> tuple[Floats, Floats]:
    return arrays.popularity, arrays.recent_popularity


def _weighed(weights: Floats, table: Floats) -> Floats:
    """(b, c) weighted sums of a table's rows (u, c), so exact that equal sums share a rank."""
    return np.asarray(weights.astype(np.float64) @ table, np.float32)


def _ease(versions: Versions, tables: CandidateTables) -> Floats:
    """(b, c) signed EASE scores, zeros without the model."""
    model = tables.arrays.models.get("ease")
    if model is None:
        return np.zeros((versions.count, len(tables.gathered)), np.float32)
    asking = model.asking
    return _weighed(versions.weights(asking.n, asking.decay, once=asking.once), tables.ease)


def _factor_scores(name: str, profiles: Sequence[Profile], tables: CandidateTables) -> Floats:
    """(b, c) scores of a model, the mean for candidates newer than it; zeros without the model."""
    scores = np.zeros((len(profiles), len(tables.gathered)), np.float32)
    model, known = tables.arrays.models.get(name), tables.known
    if model is not None and known.any():
        found = model.scores([profile.index for profile in profiles], tables.gathered.index[known])
        scores += found.mean(axis=1, keepdims=True)
        scores[:, known] = found
    return scores


def _due(versions: Versions, tables: CandidateTables) -> Floats:
    """(b, c) how due a repeat purchase is; zeros for what was never bought, without times or without the model."""
    shape = (versions.count, len(tables.gathered))
    due, learned = np.zeros(shape, np.float32), tables.arrays.replenishment
    column = tables.column[versions.item]
    entry = np.flatnonzero((column >= 0) & versions.known & versions.bought & (versions.times_us > 0))
    if not tables.now_us or not len(learned) or not len(entry):
        return due
    cell = versions.owner[entry] * shape[1] + column[entry]
    order = np.argsort(cell, kind="stable")  # newest first within a cell
    cell, times_us = cell[order], versions.times_us[entry[order]]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    days = -np.diff(times_us, append=0) / DAY_US
    counted = (np.diff(cell, append=-1) == 0) & (days >= 1)
    probability = due_probability(
        learned[tables.gathered.index[cell[first] % shape[1]]],
        np.add.reduceat(counted.astype(np.int64), first),
        np.add.reduceat(np.where(counted, np.log(np.maximum(days, 1)), 0), first),
        np.asarray(np.maximum(tables.now_us - times_us[first], 0) / DAY_US, np.float32),
    )
    due.flat[cell[first]] = np.log1p(DUE_SCALE * probability)
    return due


def _text_cosine(weights: Floats, tables: CandidateTables) -> Floats:
    """(b, c) cosine of each candidate's text to the weighted mean of the items' texts."""
    length = np.sqrt(np.maximum(((weights @ tables.text_gram) * weights).sum(axis=1), 0))
    return np.asarray((weights / np.maximum(length, 1e-9)[:, None]) @ tables.text, np.float32)


def _text_nearest(weights: Floats, similarity: Floats) -> Floats:
    """(b, s) largest of ``similarity`` (u, s) to an item that has weight, 0 where none has."""
    nearest = np.zeros((len(weights), similarity.shape[1]), np.float32)
    for version, weight in enumerate(weights):
        if weight.any():
            nearest[version] = similarity[weight > 0].max(axis=0)
    return nearest


def _own(versions: Versions, tables: CandidateTables) -> tuple[Floats, Floats]:
    """(b, c) log(1 + times met) and 1 / (1 + distinct moments since)."""
    shape = (versions.count, len(tables.gathered))
    frequency, recency = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    candidate = tables.column[versions.item]
    entry = np.flatnonzero(candidate >= 0)  # newest first within a version
    cell, newest, times = np.unique(
        versions.owner[entry] * shape[1] + candidate[entry], return_index=True, return_counts=True
    )
    frequency.flat[cell] = np.log1p(times)
    recency.flat[cell] = 1.0 / (1.0 + versions.moment[entry[newest]])
    return frequency, recency
