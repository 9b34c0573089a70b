"""Held-out shoppers as choices among the candidates serving would give them: fusion and second stage learn on them."""

from collections.abc import Callable

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.profile import Profile, profile_of
from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import Context, Encoder, Floats, Gathered, History, Ints
from recommender.encoders.inputs import encoder_inputs, state_encode
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.components import components_of
from recommender.ranking.fusion import Choice
from recommender.ranking.request_facts import newest_of, request_facts
from recommender.ranking.versions import Versions
from recommender.retrieval.exact import ExactGather

MAX_USERS = 10_000


def context_of(sequences: Sequences, user: int, item_ids: Ints, *, now_us: int = 0) -> Context:
    """A shopper of the sequences asking for a page.

    Args:
        sequences: behaviour of everybody.
        user: row of the shopper, who is named by it.
        item_ids: (n,) ids of the vocabulary.
        now_us: time of the request in microseconds since 1970; 0 where there are no times.
    """
    part = slice(int(sequences.start[user]), int(sequences.start[user + 1]))
    history = History(item_ids[sequences.item[part]], sequences.kind[part], sequences.at_us[part])
    return Context(
        shop_id=0, shopper_id=user + 1, session="", surface="homepage", now_us=now_us, history=history, state_version=1
    )


def state_of(context: Context, history_index: Ints, arrays: LearnedArrays, encoder: Encoder, max_length: int) -> Floats:
    """(d,) state vector of a context.

    Args:
        context: who asks.
        history_index: vocabulary index of each entry of the history, -1 unknown.
        arrays: of the bundle.
        encoder: that made its item vectors.
        max_length: entries that it reads.
    """
    profile = profile_of(context, history_index)
    return state_encode(encoder, encoder_inputs(profile, arrays.item_vectors, max_length=max_length))


def choices_make(
    sequences: Sequences,
    targets: Targets,
    arrays: LearnedArrays,
    encoder: Encoder,
    *,
    max_length: int,
    gather: ExactGather,
    repeats: bool = False,
    now_us: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Choice]:
    """One choice per held-out shopper at least one of whose targets was gathered.

    Args:
        sequences: behaviour before the targets, indices as in ``arrays``.
        targets: what the shoppers did next; the first ``MAX_USERS`` are used.
        arrays: of the bundle, fitted without the targets.
        encoder: the exported state encoder.
        max_length: entries it reads.
        gather: exact search over ``arrays``.
        repeats: whether items already met may be chosen.
        now_us: time of the request.
        progress: called with (shoppers done, shoppers).
    """
    choices: list[Choice] = []
    rows = min(len(targets), MAX_USERS)
    for row in range(rows):
        user = int(targets.users[row])
        context = context_of(sequences, user, arrays.item_ids, now_us=now_us)
        history_index = sequences.items_of(user)
        state = state_of(context, history_index, arrays, encoder, max_length)
        gathered = gather(context, history_index=history_index, state=state, repeats=repeats)
        chosen = np.flatnonzero(np.isin(gathered.index, targets.of(row)))
        if len(chosen):
            choices.append(_choice(profile_of(context, history_index), gathered, arrays, state, chosen, now_us))
        if progress:
            progress(row + 1, rows)
    return choices


def _choice(
    profile: Profile, gathered: Gathered, arrays: LearnedArrays, state: Floats, chosen: Ints, now_us: int
) -> Choice:
    tables = CandidateTables.of(profile, gathered, arrays, now_us)
    versions = Versions.of([profile], tables.item_ids)
    facts = request_facts(versions, tables, newest_of([profile]), now_us, np.arange(len(gathered)))
    return Choice(components_of([profile], tables, state[None])[0], chosen, facts[0])
