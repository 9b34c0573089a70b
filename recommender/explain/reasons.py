"""The true cause of every card, as a code with parameters; ``wording`` makes sentences of them.

Codes, in the order in which they are tried:

``rule``              a pin, or a boost that lifted the card more than any history item did; subject = rule id
``keep_browsing``     looked at and not bought; items = (the item itself,)
``search``            matches what was typed
``similar``           like the item on the page; items = (that item,)
``exploration``       drawn mainly by the exploration share: to learn, not because of the shopper
``department_trend``  in demand in the shopper's department (subject); ``trending``: in the whole shop
``new`` / ``deal``    in its row for being new, or reduced
``source_rules``      follows, or is met together with, what the shopper met; items = the strongest cause
``because_item``      the shopper's history raised it; items = strongest cause
``popular``           nothing personal lifted it, and it is in demand; ``fill``: neither
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import ChosenSection, Context, Floats, Gathered, Ints, Reason, Section, Source
from recommender.explain.influence import Influence
from recommender.slate.slate import Slate

LEAST_EFFECT = 0.05
"""Nats an item must have lifted a card by to be named."""

_ASKED_FOR = (Section.KEEP_BROWSING, Section.SIMILAR, Section.RESULTS)
_WITNESS = (Source.SEQUENTIAL_RULES, Source.ITEM_KNN, Source.EASE)


@dataclass(frozen=True)
class Causes:
    """What is known about why the s cards of a slate are where they are."""

    slate: Slate
    influence: Influence  # over the slate's cards, read of ``cards_to_explain`` alone
    boost: Floats  # (s,) what rules added to the score, 0 none
    rule: Ints  # (s,) rule that boosted, 0 none


def cards_to_explain(slate: Slate, rule: Ints) -> Ints:
    """The cards (n,) of a slate whose reason depends on what each history item did for them.

    Args:
        slate: the page.
        rule: (s,) as in ``Causes``.
    """
    settled = np.array([one.code in _ASKED_FOR or _of_section(one) is not None for one in slate.sections], np.bool_)
    is_settled = settled[slate.section_of] | (slate.uniform_share > 0.5)
    return np.flatnonzero((slate.pinned_by == 0) & ((rule != 0) | ~is_settled))


def reasons_make(context: Context, gathered: Gathered, causes: Causes) -> tuple[Reason, ...]:
    """One reason per card."""
    evidence = _evidence(gathered)
    return tuple(_reason(card, context, gathered, causes, evidence) for card in range(len(causes.slate.rows)))


def _evidence(gathered: Gathered) -> set[tuple[int, int]]:
    """(candidate row, history item) pairs for which behaviour of others bears witness."""
    wanted = {int(source) for source in _WITNESS}
    return {
        (row, item)
        for row, source, item in zip(
            gathered.evidence_row.tolist(),
            gathered.evidence_source.tolist(),
            gathered.evidence_item.tolist(),
            strict=True,
        )
        if source in wanted
    }


def _reason(card: int, context: Context, gathered: Gathered, causes: Causes, evidence: set[tuple[int, int]]) -> Reason:
    slate, row = causes.slate, int(causes.slate.rows[card])
    item, effect, share = causes.influence.strongest(card)
    section = slate.sections[int(slate.section_of[card])]
    if slate.pinned_by[card]:
        return Reason("rule", subject=int(slate.pinned_by[card]))
    if causes.rule[card] and causes.boost[card] > max(effect, LEAST_EFFECT):
        return Reason("rule", subject=int(causes.rule[card]))
    if section.code in _ASKED_FOR:
        return _asked_for(section, int(gathered.item_ids[row]), context)
    if slate.uniform_share[card] > 0.5:
        return Reason("exploration")
    if section.code == Section.BECAUSE_YOU_VIEWED:
        return Reason("because_item", items=(section.subject,), weight=share)
    of_section = _of_section(section)
    if of_section:
        return of_section
    if item and effect >= LEAST_EFFECT:
        code = "source_rules" if (row, item) in evidence else "because_item"
        return Reason(code, items=(item,), weight=share)
    return _impersonal(row, gathered)


def _asked_for(section: ChosenSection, item_id: int, context: Context) -> Reason:
    """The reason in rows that answer something the shopper did on purpose."""
    if section.code == Section.KEEP_BROWSING:
        return Reason("keep_browsing", items=(item_id,))
    return Reason("similar", items=(context.anchor_item,)) if section.code == Section.SIMILAR else Reason("search")


def _of_section(section: ChosenSection) -> Reason | None:
    """The reason in rows that are made of one cause, None in others."""
    if section.code == Section.DEPARTMENT_TREND:
        return Reason("department_trend" if section.subject else "trending", subject=section.subject)
    return {Section.NEW_FOR_YOU: Reason("new"), Section.DEALS: Reason("deal")}.get(Section(section.code))


def _impersonal(row: int, gathered: Gathered) -> Reason:
    """The reason of a card that nothing in the history lifted."""
    sources = int(gathered.sources[row])
    for source, code in ((Source.TRENDING, "trending"), (Source.NEW_ARRIVALS, "new"), (Source.DEALS, "deal")):
        if sources >> source & 1:
            return Reason(code)
    return Reason("popular" if gathered.trend[row] > 0 else "fill")
