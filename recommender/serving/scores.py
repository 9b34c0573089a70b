"""Scores of candidates inside a decision: components, ranker or fusion, long-term value."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.profile import Profile, profile_of, profiles_without
from recommender.data.reward import RewardWeights
from recommender.data.ruleset import KnobValues
from recommender.data.types import ArtifactMismatch, Context, Floats, Gathered, Ints, Source
from recommender.policy.q_value import QScaling, q_scores
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.components import COMPONENTS, components_of
from recommender.ranking.features import features, features_of
from recommender.ranking.fusion import FusionWeights
from recommender.ranking.rank import Ranked, rank
from recommender.serving.bundle import Bundle
from recommender.serving.second_look import SecondLook, second_look, second_look_without
from recommender.serving.state import ShopperView, states_of
from recommender.slate.diversity import unit_rows
from recommender.slate.layout import freshness

REWARDS = RewardWeights()

FEWER = 2.0
"""Nats that an item loses whose kind the shopper wants to see less of."""

_READY, _READY_STEP = 30.0, 0.1
"""Nats of the first item of a list made earlier, and what each place costs: it goes before all that trends."""

_SEGMENT = 10.0
"""Nats of what trends in the shopper's favourite department where nothing was learned: it goes before the shop's."""


@dataclass(frozen=True)
class Scores:
    """What the models say about c candidates; ``base`` is in nats above the weakest candidate."""

    components: Floats  # (c, K), columns as ``names``
    names: tuple[str, ...]
    fused: Floats  # (c,) fusion, or what stands in for it where there is no bundle
    ranked: Ranked | None  # None: no ranker
    look: SecondLook | None  # None: no second stage, or a ranker that makes it needless
    base: Floats  # (c,) ≥ 0, a difference of 1 is e times as good
    q: Floats  # (c,) long-term value, zeros where the policy has no weight
    vectors: Floats  # (c, d) item vectors of unit length, zeros where there is none
    tables: CandidateTables | None = None  # what the components were made from; None: nothing was learned
    features: Floats | None = None  # (c, F) what the ranker read, columns as ``features.feature_names``

    @property
    def told(self) -> Floats:
        """(c,) the last word of what was learned: the ranker's, else the second stage's, else the fusion's."""
        if self.ranked is not None:
            return self.ranked.score
        return self.fused if self.look is None else self.look.scores


def base_scores(
    context: Context, gathered: Gathered, bundle: Bundle, view_index: Ints, state: Floats
) -> tuple[Floats, Floats, Ranked | None, Floats]:
    """Components (c, K), fused (c,), ranker's outputs, and the raw score (c,) that the slate starts from."""
    scores = _learned_scores(context, gathered, bundle, profile_of(context, view_index), view_index, state)
    return scores.components, scores.fused, scores.ranked, scores.told


def _learned_scores(
    context: Context, gathered: Gathered, bundle: Bundle, profile: Profile, view_index: Ints, state: Floats
) -> Scores:
    """What the bundle says, before anything is added; ``base`` and ``q`` are still zeros."""
    tables = CandidateTables.of(profile, gathered, bundle.arrays, context.now_us)
    components = components_of([profile], tables, state[None])[0]
    fused = fusion_of(bundle).fuse(components)
    ranked, inputs, look = None, None, None
    if bundle.ranker is not None:
        inputs = features(context, gathered, bundle.arrays, view_index, components)
        ranked = rank(bundle.ranker, inputs, REWARDS)
    elif bundle.second_stage is not None and len(profile):
        look = second_look(bundle.second_stage, context, profile, tables, components, fused)
    nothing = np.zeros(len(gathered), np.float32)
    vectors = unit_rows(tables.vectors)
    return Scores(components, COMPONENTS, fused, ranked, look, nothing, nothing, vectors, tables, inputs)


def scores_without(
    context: Context, scores: Scores, bundle: Bundle, view: ShopperView, items: Ints, rows: Ints
) -> Floats:
    """Raw scores of some candidates, had the shopper never met each of up to ``INFLUENCE_ITEMS`` items.

    Everything that compares candidates compares all of them; only rows that somebody asks for are ranked.

    Args:
        context: who asks.
        scores: of the shopper as they are.
        bundle: what was learned.
        view: the shopper.
        items: (k,) history items.
        rows: (s,) candidates.
    Returns: (k, s).
    """
    tables = scores.tables
    if tables is None:
        return np.repeat(scores.told[None, rows], len(items), axis=0)
    if scores.look is not None and bundle.second_stage is not None:
        stage = bundle.second_stage
        return second_look_without(scores.look, context, tables, bundle, stage, view, scores.fused, items, rows)
    gathered = tables.gathered
    profiles = profiles_without(context, view.history_index, items)
    kept = np.append(rows, gathered.trend.argmax())  # the trend feature is a share of the largest
    states = states_of(context, profiles, gathered, bundle)
    components = components_of(profiles, tables, states, kept)  # (k, s + 1, K)
    if bundle.ranker is None:
        return fusion_of(bundle).fuse(components)[:, :-1]
    history = context.history.item_ids
    knows = ~(history[:, None] == context.ignored_ids).any(axis=1) & (history != items[:, None])  # (k, h)
    part = candidates_take(gathered, kept)
    inputs = features_of(knows, context, part, bundle.arrays, view.history_index, components)
    ranked = rank(bundle.ranker, inputs.reshape(-1, inputs.shape[2]), REWARDS)
    return ranked.score.reshape(len(items), len(kept))[:, :-1]


def candidates_take(gathered: Gathered, rows: Ints) -> Gathered:
    """Some candidates with their facts, as far as ``ranking.features`` reads them."""
    columns = ("item_ids", "index", "sources", "price_minor", "list_price_minor", "published_us", "department")
    more = ("category", "brand", "group", "rating", "trend")
    return replace(gathered, **{name: getattr(gathered, name)[rows] for name in (*columns, *more)})


def fusion_of(bundle: Bundle) -> FusionWeights:
    """The bundle's fusion weights."""
    return FusionWeights.from_json(bundle.manifest.fusion)


def scores_compute(
    context: Context, gathered: Gathered, bundle: Bundle | None, view: ShopperView, knobs: KnobValues
) -> Scores:
    """Score all candidates of a request.

    The base score is the ranker's log value where the bundle has a ranker, else the second stage's utility, else the
    fusion's, or what is in demand, lifted by the situation, for somebody of whom nothing is known; freshness,
    popularity and fatigue are added, then the whole is shifted so that the weakest candidate has 0.

    Raises:
        ArtifactMismatch: the networks gave NaN or infinite scores.
    """
    c = len(gathered)
    nothing = np.zeros(c, np.float32)
    if bundle is None:
        ready = unlearned_scores(gathered, context.now_us)
        base = _adjusted(ready, context, gathered, knobs)
        return Scores(np.zeros((c, 0), np.float32), (), ready, None, None, base, nothing, np.zeros((c, 0), np.float32))
    learned = _learned_scores(context, gathered, bundle, view.profile, view.history_index, view.state)
    raw = learned.told
    if learned.ranked is None and not len(view.profile):
        raw = unknown_scores(learned.components, gathered)
        if view.situation is not None and learned.tables is not None:
            raw = raw + situation_lift(learned.tables.vectors, view.situation)
    if not np.isfinite(raw).all():
        raise ArtifactMismatch("the bundle gives scores that are not finite; roll back or train again")
    return replace(
        learned,
        base=_adjusted(raw, context, gathered, knobs),
        q=_long_term(bundle, view.state, learned.tables.vectors) if knobs.policy_weight and learned.tables else nothing,
    )


def _long_term(bundle: Bundle, state: Floats, vectors: Floats) -> Floats:
    """(c,) scaled Q values, zeros where the bundle has no policy."""
    if bundle.policy is None:
        return np.zeros(len(vectors), np.float32)
    return q_scores(bundle.policy, QScaling.from_json(bundle.manifest.policy), state, vectors)


def unlearned_scores(gathered: Gathered, now_us: int) -> Floats:
    """(c,) without a bundle: a list made earlier, what trends in the favourite department, in the shop, what is new."""
    place = {int(item): at for at, item in enumerate(gathered.ready_ids)}
    ready = np.array([_READY - _READY_STEP * place[i] if i in place else 0.0 for i in gathered.item_ids.tolist()])
    trend = np.log1p(gathered.trend) + _SEGMENT * gathered.has(Source.DEPARTMENT_TREND)
    return np.asarray(ready + trend + 0.5 * freshness(gathered.published_us, now_us), np.float32)


def unknown_scores(components: Floats, gathered: Gathered) -> Floats:
    """(c,) for somebody of whom nothing is known: what was in demand when the bundle was trained, and what is now.

    The fusion's weights were fitted on people with a history and say nothing here: next to an encoder that knows what
    sells, they make less of what sells, and without a history hardly anything else is left of them.
    """
    in_demand = components[:, COMPONENTS.index("recent_popularity")]
    return np.asarray(0.5 * (in_demand + np.log1p(gathered.trend)), np.float32)


def situation_lift(vectors: Floats, shift: Floats) -> Floats:
    """(c,) nats that a situation adds to each candidate's logit, 0 on average and for items without a vector.

    Args:
        vectors: (c, d) of the candidates, zeros where there is none.
        shift: (d,) of the start state.
    """
    there = vectors.any(axis=1)
    lift = vectors @ shift
    middle = lift[there].mean() if there.any() else 0.0
    return np.asarray(np.where(there, lift - middle, 0.0), np.float32)


def kind_of(gathered: Gathered) -> Ints:
    """(c,) category of each candidate, its department where it has none."""
    return np.where(gathered.category > 0, gathered.category, gathered.department)


def _adjusted(raw: Floats, context: Context, gathered: Gathered, knobs: KnobValues) -> Floats:
    score: Floats = raw.astype(np.float32)
    if knobs.freshness:
        score = score + np.float32(knobs.freshness) * freshness(gathered.published_us, context.now_us)
    if knobs.popularity:
        score = score + np.float32(knobs.popularity) * np.asarray(np.log1p(gathered.trend), np.float32)
    if knobs.fatigue and len(context.fatigue_ids):
        count = dict(zip(context.fatigue_ids.tolist(), context.fatigue_counts.tolist(), strict=True))
        shown = np.array([count.get(item, 0) for item in gathered.item_ids.tolist()], np.float32)
        tiredness: Floats = (knobs.fatigue * np.log2(1.0 + shown)).astype(np.float32)
        score = score - tiredness
    if len(context.fewer_ids):
        score = score - np.float32(FEWER) * np.isin(kind_of(gathered), context.fewer_ids).astype(np.float32)
    return np.asarray(score - score.min() if len(score) else score, np.float32)
