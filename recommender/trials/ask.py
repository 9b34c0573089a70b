"""Ask a bundle for every shopper's list, exactly as the shop would: exact gather, then ``decide``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from recommender.data.ruleset import EVALUATION_KNOBS, RulesetValue
from recommender.data.sequences import Sequences
from recommender.data.types import Floats, Ints
from recommender.ranking.choices import context_of, state_of
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.trials.lists import Lists, lists_collect

EVALUATION_RULESET = RulesetValue("evaluation", EVALUATION_KNOBS)


@dataclass(frozen=True)
class Answer:
    """One shopper's list, best first, in vocabulary indices."""

    user: int
    index: Ints  # (k,)
    scores: Floats  # (k,) the slot scores that ``decide`` chose by


def answers(
    bundle: Bundle, sequences: Sequences, users: Ints, *, now_us: int = 0, repeats: bool = False
) -> Iterator[Answer]:
    """Each shopper's list under the knobs ``evaluation``.

    Args:
        bundle: what was learned; its ids are vocabulary index + 1.
        sequences: what the shoppers had done, in the bundle's vocabulary.
        users: whom to ask for, index into ``sequences``.
        now_us: time of the request.
        repeats: whether items already met may be shown.
    """
    gather = ExactGather(bundle.arrays)
    ruleset = replace(EVALUATION_RULESET, knobs=replace(EVALUATION_KNOBS, repeats=repeats))
    for user in users.tolist():
        yield answer(bundle, gather, ruleset, sequences, user, now_us=now_us)


def answer(
    bundle: Bundle, gather: ExactGather, ruleset: RulesetValue, sequences: Sequences, user: int, *, now_us: int = 0
) -> Answer:
    """One shopper's list: history, state, candidates, decision.

    Args:
        bundle: as for ``answers``.
        gather: over the bundle's arrays.
        ruleset: under whose knobs and layout to decide.
        sequences: as for ``answers``.
        user: whom to ask for.
        now_us: time of the request.
    """
    context = context_of(sequences, user, bundle.arrays.item_ids, now_us=now_us)
    index = bundle.index_of(context.history.item_ids)
    state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
    gathered = gather(context, history_index=index, state=state, repeats=ruleset.knobs.repeats)
    decision = decide(context, gathered, ruleset, bundle, seed=user)
    return Answer(user, gathered.index[decision.rows], decision.scores)


def lists_of(answers: Iterable[Answer], n: int) -> Lists:
    """``n`` answers as a table."""
    return lists_collect(((answer.index, answer.scores) for answer in answers), n)
