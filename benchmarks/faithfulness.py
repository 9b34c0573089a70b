"""Whether what a card cites is its cause: the page is made again without each history item, down to the index.

    effect(i, a) = s_t(a|h) − s_t(a|h, without i)

over the full score of the card's slot: ranker, rules, section, diversity and calibration, with everything before it as
it was shown and no draw repeated. Sources are asked again: a card that is not brought into its row without i is lost,
which counts as more than any number of nats. The strongest item that is *not* cited is looked for in the whole history;
where both lose the card, the cited one has to lower what was learned of it by more.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.data.ruleset import RulesetValue
from recommender.data.types import Context, Decision, Gathered
from recommender.serving.bundle import Bundle
from recommender.serving.redraw import Redrawing
from recommender.serving.state import context_without
from recommender.slate.following import ShownSlots

Gather = Callable[[Context], Gathered]
Effect = tuple[bool, float]  # lost without the item; nats of the slot's score otherwise

FROM_HISTORY = ("because_item", "source_rules", "keep_browsing")
_EPSILON = 1e-6


@dataclass(frozen=True)
class CardFinding:
    """A card that cites an item, and how it fares without that and without the strongest other."""

    code: str
    section: str
    cited: int
    cited_effect: Effect
    rival: int  # 0: the history holds nothing else
    rival_effect: Effect
    n_items: int  # distinct items in the history

    @property
    def faithful(self) -> bool:
        """Whether the cited item lowers the card more than any other does."""
        lost, nats = self.cited_effect
        return (lost or nats > _EPSILON) and self.cited_effect > self.rival_effect


def page_findings(
    context: Context, gather: Gather, ruleset: RulesetValue, bundle: Bundle, decision: Decision
) -> list[CardFinding]:
    """Findings of every card of a page that cites an item of the history.

    Args:
        context: of the request.
        gather: the same that the page was made with.
        ruleset: of the arm.
        bundle: that served.
        decision: with its reasons.
    """
    citing = [card for card, reason in enumerate(decision.reasons) if reason.code in FROM_HISTORY and reason.items]
    if not citing:
        return []
    cards = _Cards(decision, citing)
    whole = cards.scores(Redrawing(context, gather(context), ruleset, bundle))
    items = np.unique(context.history.item_ids[~np.isin(context.history.item_ids, context.ignored_ids)]).tolist()
    effects: dict[int, list[Effect]] = {}
    for item in items:
        without = context_without(context, item)
        again = cards.scores(Redrawing(without, gather(without), ruleset, bundle))
        effects[item] = [_effect(old, new) for old, new in zip(whole, again, strict=True)]
    return [_finding(decision, card, place, effects) for place, card in enumerate(citing)]


def _effect(before: tuple[float, float], after: tuple[float, float]) -> Effect:
    """From (full score, learned score) with an item to those without it."""
    if np.isnan(after[0]):
        return True, float(np.nan_to_num(before[1] - after[1]))
    return False, before[0] - after[0]


def _finding(decision: Decision, card: int, place: int, effects: dict[int, list[Effect]]) -> CardFinding:
    reason, section = decision.reasons[card], decision.sections[int(decision.section_of[card])]
    cited = reason.items[0]
    others = {item: found[place] for item, found in effects.items() if item not in reason.items}
    rival = max(others, key=lambda item: others[item]) if others else 0
    nothing: Effect = (False, 0.0)
    mine = effects[cited][place] if cited in effects else nothing
    return CardFinding(reason.code, str(section.code), cited, mine, rival, others.get(rival, nothing), len(effects))


class _Cards:
    """The citing cards of a page, found again in whatever is gathered without an item."""

    def __init__(self, decision: Decision, citing: list[int]) -> None:
        self.decision, self.citing = decision, citing

    def scores(self, redrawing: Redrawing) -> list[tuple[float, float]]:
        """Per citing card the slot's full score, NaN where it is lost, and what was learned of it alone.

        Base scores are shifted by that of the weakest candidate; the shift is taken out again.
        """
        gathered, decision = redrawing.request.gathered, self.decision
        rows = np.minimum(np.searchsorted(gathered.item_ids, decision.item_ids), max(len(gathered) - 1, 0))
        there = gathered.item_ids[rows] == decision.item_ids
        shown = ShownSlots(np.where(there, rows, -1), decision.section_of, decision.sections)
        laws, scores = redrawing.laws(shown), redrawing.request.scores
        found = []
        for card in self.citing:
            law, row = laws[card], int(shown.rows[card])
            if row < 0:
                found.append((float("nan"), float("nan")))
                continue
            told = float(scores.told[row])
            slot = float("nan") if law is None else law.score_of(row)
            found.append((slot - float(scores.base[row]) + told, told))
        return found
