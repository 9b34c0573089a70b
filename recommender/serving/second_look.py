"""The second stage inside a decision: which candidates it looks at, what it says, and what it would have said."""

from dataclasses import dataclass

import numpy as np

from recommender.data.profile import Profile, profiles_without
from recommender.data.types import Context, Floats, Ints
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.components import components_of
from recommender.ranking.fusion import FusionWeights
from recommender.ranking.request_facts import newest_of, request_facts
from recommender.ranking.second_stage import SecondStage
from recommender.ranking.versions import Versions
from recommender.serving.bundle import Bundle
from recommender.serving.state import ShopperView, states_of


@dataclass(frozen=True)
class SecondLook:
    """What the second stage said of c candidates."""

    rows: Ints  # (m,) candidates of its list, best by fusion first
    scores: Floats  # (c,) of all candidates, in nats


def second_look(
    stage: SecondStage,
    context: Context,
    profile: Profile,
    tables: CandidateTables,
    components: Floats,
    fused: Floats,
) -> SecondLook:
    """Rerank the fused best.

    Args:
        stage: of the bundle.
        context: when it is asked.
        profile: the shopper.
        tables: of the profile and c candidates.
        components: (c, K).
        fused: (c,).
    """
    rows = stage.reranked(components, fused)
    facts = request_facts(Versions.of([profile], tables.item_ids), tables, newest_of([profile]), context.now_us, rows)
    within = stage.within(components[rows], fused[rows], facts[0])
    return SecondLook(rows, stage.whole(fused, rows, within, components))


def second_look_without(
    look: SecondLook,
    context: Context,
    tables: CandidateTables,
    bundle: Bundle,
    stage: SecondStage,
    view: ShopperView,
    fused: Floats,
    items: Ints,
    rows: Ints,
) -> Floats:
    """Scores of some candidates, had the shopper never met each of up to ``INFLUENCE_ITEMS`` items.

    The list stays the one that was looked at, like the candidates themselves: a change of score is then a change of
    opinion and not of company. Beyond the list only the fusion has an opinion.

    Args:
        look: at the shopper as they are.
        context: who asks.
        tables: of the profile that the items are taken out of.
        bundle: what was learned.
        stage: the bundle's second stage.
        view: the shopper.
        fused: (c,) of the shopper as they are.
        items: (k,) history items.
        rows: (s,) candidates.
    Returns: (k, s).
    """
    listed = np.flatnonzero(np.isin(look.rows, rows))  # places in the list that somebody asks for
    beyond = np.setdiff1d(rows, look.rows)
    wanted = np.concatenate([look.rows, beyond])
    profiles = profiles_without(context, view.history_index, items)
    components = components_of(profiles, tables, states_of(context, profiles, tables.gathered, bundle), wanted)
    again = FusionWeights.from_json(bundle.manifest.fusion).fuse(components)  # (k, m + o)
    m = len(look.rows)
    versions = Versions.of(profiles, tables.item_ids)
    facts = request_facts(versions, tables, newest_of(profiles), context.now_us, look.rows)
    scores = np.zeros((len(items), len(look.scores)), np.float32)
    scores[:, look.rows[listed]] = stage.within(components[:, :m], again[:, :m], facts, listed)
    change = np.float32(stage.fused_weight) * (again[:, m:] - fused[beyond])
    scores[:, beyond] = look.scores[beyond] + change
    return np.asarray(scores[:, rows], np.float32)
