"""Ask a bundle for every shopper's list, exactly as the shop would: exact gather, then ``decide``."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints
from recommender.ranking.choices import context_of, state_of
from recommender.ranking.components import components_compute
from recommender.ranking.fusion import FusionWeights
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle

LIST = 100


@dataclass(frozen=True)
class Answer:
    """One shopper's list, best first, in vocabulary indices."""

    user: int
    index: Ints  # (k,)
    scores: Floats  # (k,)


def answers_fused(
    bundle: Bundle, sequences: Sequences, users: Ints, *, now_us: int = 0, repeats: bool = False
) -> Iterator[Answer]:
    """Each shopper's list."""
    gather = ExactGather(bundle.arrays)
    fusion = FusionWeights.from_json(bundle.manifest.fusion)
    for user in users.tolist():
        context = context_of(sequences, user, bundle.arrays.item_ids, now_us=now_us)
        history_index = bundle.index_of(context.history.item_ids)
        state = state_of(context, history_index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
        gathered = gather(context, history_index=history_index, state=state, repeats=repeats)
        components = components_compute(context, gathered, bundle.arrays, history_index=history_index, state=state)
        scores = fusion.fuse(components)
        best = np.lexsort((gathered.index, -scores))[:LIST]
        yield Answer(user, gathered.index[best], scores[best])
