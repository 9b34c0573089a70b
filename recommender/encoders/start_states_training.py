"""Learning start states by situation: what somebody unknown probably begins with, given all that a first request tells.

The population's start state is moved by a shift for everybody and one per known feature of the situation:

    state = start_state + δ_everybody + Σ_f δ_f,   p(item | situation) = softmax(state · vectorᵢ + biasᵢ)

and the shifts maximise the likelihood of what shoppers did first, under the prior c / 2 · Σ λ · ‖δ‖². ``c`` is the mean
variance of the item vectors under the population's choices, which is what one shopper's first choice says of a state,
so that λ counts shoppers: in a direction of average variance a feature that λ shoppers bear goes half the way. Both λ,
everybody's and that of the features, are chosen on shoppers who were not fitted on, from a list that ends with
infinity, no shift at all; a finite one must gain more than chance would.

This is meta-learning with the population's state as the initialisation from which every situation is adapted in a few
steps (Finn, Abbeel, Levine, 2017). The likelihood is concave in the shifts, so that the steps lead to one optimum from
wherever they begin and nothing need be differentiated through them; how far they may lead is λ, as in the view of
meta-learning as a hierarchical prior (Grant, Finn, Levine, Darrell, Griffiths, 2018).

Items that come second and third count as well, each place with a shift of its own that is fitted and thrown away.
Shoppers in one situation are summed up by their number and the sum of the vectors they chose; a step costs
situations × items × d, and both are capped. Leaving items out of choice and softmax alike costs no consistency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from recommender.data.absent import Absent
from recommender.data.sequences import Sequences
from recommender.data.snapshot import Trait
from recommender.data.types import Floats, Ints
from recommender.encoders.start_states import DAY_PARTS, EVERYBODY, WEEK_PARTS, StartStates, local_times

FEW_SHOPPERS = "%(shoppers)d shoppers did something, and %(needed)d are needed to learn what a situation tells"
NO_GAIN = "what shoppers begin with is foreseen no better when segment, language and time are known"

_Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StartStateConfig:
    """How shifts are learned."""

    priors: tuple[float, ...] = (10_000.0, 3000.0, 1000.0, 300.0, 100.0, 30.0)  # λ in shoppers, tried besides infinity
    firsts: int = 3  # distinct items that count as a shopper's first
    later_weight: float = 0.5  # of the second item, and of each further one again
    fewest_shoppers: int = 20  # who must share a word or a time before it has a shift
    min_shoppers: int = 100  # below that nothing is learned
    folds: int = 4
    surely: float = 1.645  # standard errors by which the held-out gain must exceed zero
    max_items: int = 5_000  # those that most shoppers began with
    max_cells: int = 4_000_000  # situations × items
    steps: int = 30
    seed: int = 0

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StartStateConfig":
        """Back from plain values."""
        return cls(**{**content, "priors": tuple(content["priors"])})


@dataclass(frozen=True)
class _Firsts:
    """What shoppers did first: m choices."""

    shopper: Ints  # (m,)
    item: Ints  # (m,)
    at_us: Ints  # (m,)
    place: Ints  # (m,) 0 for the very first

    def take(self, rows: Ints) -> "_Firsts":
        """Some of them."""
        return _Firsts(self.shopper[rows], self.item[rows], self.at_us[rows], self.place[rows])


@dataclass(frozen=True)
class _Design:
    """Choices by situation. Rows of ``marks`` are situations, columns shifts: what is common to all, then features."""

    marks: Floats  # (S, k) 0 or 1
    common: int  # first columns: everybody, and one per later place, which is fitted and not kept
    names: tuple[str, ...]  # of the other columns
    situation: Ints  # (m,) of each choice
    shopper: Ints  # (m,)
    item: Ints  # (m,) row of ``vectors``
    place: Ints  # (m,)
    weight: _Doubles  # (m,)
    vectors: Floats  # (n', d)
    logits: Floats  # (n',) of the population's state
    scale: float  # c


@dataclass(frozen=True)
class _Chosen:
    """λ of the shifts that all situations share and of those that tell them apart; infinity: no shift."""

    common: float
    features: float
    common_gain: float = 0.0  # nats per held-out shopper
    features_gain: float = 0.0

    def held(self, config: StartStateConfig) -> "_Chosen":
        """The same where something is fitted to all: what later places share has to go somewhere."""
        return replace(self, common=min(self.common, max(config.priors)))


def start_states_fit(
    sequences: Sequences,
    traits: Sequence[Trait],
    *,
    item_vectors: Floats,
    item_bias: Floats,
    start_state: Floats,
    time_zone: str,
    config: StartStateConfig | None = None,
) -> StartStates | Absent:
    """Learn shifts from what shoppers did first.

    Args:
        sequences: behaviour of u shoppers.
        traits: what is known of each of them besides.
        item_vectors: (n, d) of the encoder.
        item_bias: (n,).
        start_state: (d,) the encoder's state of an empty history.
        time_zone: of the shop.
        config: how.
    Returns: the shifts, or why there are none.
    """
    config = config or StartStateConfig()
    firsts = _firsts_of(sequences, config.firsts)
    shoppers = len(np.unique(firsts.shopper))
    if shoppers < config.min_shoppers:
        return Absent(FEW_SHOPPERS, {"shoppers": shoppers, "needed": config.min_shoppers})
    firsts, items = _items_cap(firsts, len(item_vectors), config.max_items)
    features, names = _features(firsts, traits, time_zone, config.fewest_shoppers)
    logits = item_vectors[items] @ start_state + item_bias[items]
    design = _design(firsts, features, names, np.asarray(item_vectors[items], np.float32), logits, config)
    chosen = _priors_choose(design, config)
    return _learned(design, chosen, time_zone, shoppers, config)


def _learned(
    design: _Design, chosen: _Chosen, time_zone: str, shoppers: int, config: StartStateConfig
) -> StartStates | Absent:
    """What was chosen, learned from everybody."""
    if not np.isfinite([chosen.common, chosen.features]).any():
        return Absent(NO_GAIN)
    nothing = np.zeros((design.marks.shape[1], design.vectors.shape[1]))
    fitted = _fit(design, design.weight, chosen.held(config), config, nothing)
    everybody, features = _centred(design, fitted)
    names: tuple[str, ...] = (EVERYBODY,)
    shifts = [everybody[None]]
    if np.isfinite(chosen.features):
        names, shifts = (*names, *design.names), [*shifts, features]
    return StartStates(
        names,
        np.concatenate(shifts).astype(np.float32),
        time_zone,
        gain=chosen.common_gain + chosen.features_gain,
        situation_gain=chosen.features_gain,
        prior=chosen.features if np.isfinite(chosen.features) else 0.0,
        shoppers=shoppers,
    )


def _centred(design: _Design, fitted: _Doubles) -> tuple[_Doubles, _Doubles]:
    """(d,) everybody's shift and (f, d) those of the features, which are 0 on average over the shoppers who bear one.

    The same states, told apart: what all values of a feature have in common is everybody's.
    """
    everybody, features = fitted[0].copy(), fitted[design.common :].copy()
    bearers = design.marks[design.situation[design.place == 0], design.common :].sum(axis=0)
    kinds = np.array([name.partition("=")[0] for name in design.names])
    for kind in np.unique(kinds):
        rows = np.flatnonzero((kinds == kind) & (bearers > 0))
        if len(rows):
            middle = np.average(features[rows], axis=0, weights=bearers[rows])
            features[rows] -= middle
            everybody += middle
    return everybody, features


def _firsts_of(sequences: Sequences, count: int) -> _Firsts:
    """The first ``count`` distinct items of each shopper, looked for among their first ``4 · count`` entries."""
    position = np.arange(len(sequences.item)) - np.repeat(sequences.start[:-1], sequences.lengths)
    rows = np.flatnonzero((position < 4 * count) & (sequences.item >= 0))
    user = sequences.user[rows]
    _, first = np.unique(user * np.int64(sequences.n_items) + sequences.item[rows], return_index=True)
    rows = rows[np.sort(first)]
    user = sequences.user[rows]
    place = np.arange(len(rows)) - np.searchsorted(user, user)
    kept = place < count
    return _Firsts(user[kept], sequences.item[rows][kept], sequences.at_us[rows][kept], place[kept])


def _items_cap(firsts: _Firsts, n_items: int, limit: int) -> tuple[_Firsts, Ints]:
    """Choices among the items that most shoppers began with, as rows of those items (n',)."""
    if n_items <= limit:
        return firsts, np.arange(n_items)
    begun = np.bincount(firsts.item, minlength=n_items)
    items = np.sort(np.argsort(-begun, kind="stable")[:limit])
    row = np.full(n_items, -1, np.int64)
    row[items] = np.arange(limit)
    kept = firsts.take(np.flatnonzero(row[firsts.item] >= 0))
    return _Firsts(kept.shopper, row[kept.item], kept.at_us, kept.place), items


def _features(firsts: _Firsts, traits: Sequence[Trait], time_zone: str, fewest: int) -> tuple[Ints, tuple[str, ...]]:
    """(m, f) place of each choice's features among the names, -1 unknown; names that too few shoppers bear are gone."""
    parts, weekend = local_times(firsts.at_us, time_zone)
    told = [(trait.code[firsts.shopper], [f"{trait.name}={word}" for word in trait.words]) for trait in traits]
    told += [(parts, [*DAY_PARTS]), (weekend, [*WEEK_PARTS])]
    columns, names = [], list[str]()
    for code, words in told:
        pairs = np.unique(np.stack([code, firsts.shopper], axis=1)[code >= 0], axis=0)
        kept = np.flatnonzero(np.bincount(pairs[:, 0], minlength=len(words)) >= fewest)
        row = np.full(len(words) + 1, -1, np.int64)  # the last for -1
        row[kept] = len(names) + np.arange(len(kept))
        columns.append(row[code])
        names += [words[word] for word in kept.tolist()]
    return np.stack(columns, axis=1), tuple(names)


def _design(
    firsts: _Firsts, features: Ints, names: tuple[str, ...], vectors: Floats, logits: Floats, config: StartStateConfig
) -> _Design:
    keys = np.column_stack([firsts.place, features])
    situations, of, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    limit = max(1, config.max_cells // max(len(vectors), 1))
    kept = np.sort(np.argsort(-count, kind="stable")[:limit])
    row = np.full(len(situations), -1, np.int64)
    row[kept] = np.arange(len(kept))
    rows = np.flatnonzero(row[of] >= 0)
    common = config.firsts
    marks = np.zeros((len(kept), common + len(names) + 1), np.float32)  # the last column takes what is unknown
    marks[:, 0] = 1.0
    later = situations[kept, 0]
    marks[np.flatnonzero(later), later[later > 0]] = 1.0
    for column in range(1, situations.shape[1]):
        value = situations[kept, column]
        marks[np.arange(len(kept)), np.where(value >= 0, common + value, -1)] = 1.0
    chances = np.exp(logits - logits.max())
    chances /= chances.sum()
    mean = chances @ vectors
    scale = float((chances @ (vectors * vectors) - mean * mean).sum() / vectors.shape[1])
    return _Design(
        marks[:, :-1],
        common,
        names,
        row[of][rows],
        firsts.shopper[rows],
        firsts.item[rows],
        firsts.place[rows],
        config.later_weight ** firsts.place[rows].astype(np.float64),
        vectors,
        np.asarray(logits, np.float32),
        max(scale, 1e-12),
    )


def _priors_choose(design: _Design, config: StartStateConfig) -> _Chosen:
    """What held-out shoppers' very first items speak for: first a better start for all, then one by situation."""
    free = _Chosen(np.inf, np.inf)
    common = {prior: replace(free, common=prior) for prior in config.priors}
    prior, gain = _surest(design, common, None, config)
    chosen = replace(free, common=prior, common_gain=gain)
    if not design.names:
        return chosen
    plain = chosen.held(config)
    features = {prior: replace(plain, features=prior) for prior in config.priors}
    prior, gain = _surest(design, features, plain, config)
    return replace(chosen, features=prior, features_gain=gain)


def _surest(
    design: _Design, tried: Mapping[float, _Chosen], plain: _Chosen | None, config: StartStateConfig
) -> tuple[float, float]:
    """The λ that gains most on ``plain`` (None: the population's state) and its gain; infinity if that is not sure."""
    people, person = np.unique(design.shopper, return_inverse=True)
    fold = np.random.default_rng(config.seed).permutation(len(people))[person] % config.folds
    gains: dict[float, list[_Doubles]] = {prior: [] for prior in tried}
    for held in range(config.folds):
        weight = np.where(fold == held, 0.0, design.weight)
        asked = np.flatnonzero((fold == held) & (design.place == 0))
        shifts = np.zeros((design.marks.shape[1], design.vectors.shape[1]))
        if plain is not None:
            shifts = _fit(design, weight, plain, config, shifts)
        without = _told(design, shifts, asked)
        for prior in sorted(tried, reverse=True):
            shifts = _fit(design, weight, tried[prior], config, shifts)
            gains[prior].append(_told(design, shifts, asked) - without)
    whole = {prior: np.concatenate(parts) for prior, parts in gains.items()}
    best = max(whole, key=lambda prior: float(whole[prior].mean()))
    gain, error = float(whole[best].mean()), float(whole[best].std(ddof=1) / np.sqrt(len(whole[best])))
    return (best, gain) if gain > config.surely * error else (np.inf, 0.0)


def _told(design: _Design, shifts: _Doubles, asked: Ints) -> _Doubles:
    """(a,) log-probability of some choices."""
    situations, place = np.unique(design.situation[asked], return_inverse=True)
    logits = design.logits + (design.marks[situations] @ shifts.astype(np.float32)) @ design.vectors.T
    return np.asarray(logits[place, design.item[asked]] - _log_sum(logits)[place], np.float64)


def _log_sum(logits: Floats) -> _Doubles:
    """(S,) log of the sum of exponentials of each row."""
    top = logits.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logits - top).sum(axis=1, dtype=np.float64)), np.float64)


def _fit(design: _Design, weight: _Doubles, chosen: _Chosen, config: StartStateConfig, begin: _Doubles) -> _Doubles:
    """(k, d) shifts by L-BFGS from ``begin``, the population's state where that is zero.

    Minimises Σ_s W_s · log Σ_i exp(state_s · vᵢ + bᵢ) − Σ_s state_s · M_s + c/2 · Σ_f λ_f ‖δ_f‖², where M_s is the sum
    of the vectors chosen in situation s.
    """
    priors = np.full(design.marks.shape[1], chosen.features)
    priors[: design.common] = chosen.common
    used, dim = np.flatnonzero(np.isfinite(priors)), design.vectors.shape[1]
    marks, strength = design.marks[:, used], design.scale * priors[used, None]
    picked = np.zeros((len(marks), dim))
    np.add.at(picked, design.situation, weight[:, None] * design.vectors[design.item])
    total = np.bincount(design.situation, weights=weight, minlength=len(marks))

    def loss(flat: _Doubles) -> tuple[float, _Doubles]:
        shifts = flat.reshape(len(used), dim)
        states = marks @ shifts.astype(np.float32)
        logits = design.logits + states @ design.vectors.T
        log_sum = _log_sum(logits)
        expected = np.exp(logits - log_sum[:, None].astype(np.float32)) @ design.vectors
        value = float(total @ log_sum - (states * picked).sum() + 0.5 * (strength * shifts * shifts).sum())
        gradient = marks.T @ (total[:, None] * expected - picked) + strength * shifts
        return value, np.asarray(gradient, np.float64).ravel()

    start = begin[used].ravel()
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": config.steps, "gtol": 1e-2})
    shifts = np.zeros_like(begin)
    shifts[used] = found.x.reshape(len(used), dim)
    return shifts
