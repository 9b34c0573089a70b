"""The true cause of every card, as a code with parameters; ``wording`` makes sentences of them.

Codes, in the order in which they are tried:

``rule``              a pin, a quota that asked for it, or a boost that lifted it more than any history item did;
                      subject = rule id. ``sponsored`` and ``small_provider``: the slot was set apart for such items
``keep_browsing``     looked at and not bought; items = (the item itself,)
``search``            matches what was typed
``similar``           like the item on the page; items = that item
``exploration``       drawn mainly by the exploration share: to learn, not because of the shopper
``because_item``      in the row of an item: items = that item, and another one where no source brought the card
                      without it
``department_trend``  in demand in the shopper's department (subject); ``trending``: in the whole shop
``new`` / ``deal``    in its row for being new, or reduced
``source_rules``      follows, or is met together with, what the shopper met; items = the strongest cause
``because_item``      one item of the shopper's history raised it; items = that item
what brought it       no single item raised it enough, or it hangs on others: ``taste`` (subject = liked tag),
                      ``buy_again``, ``segment_trend``, ``department_trend``, ``trending``, ``new``, ``deal``, ``cold``,
                      ``history`` (all that the shopper met together)
``popular``           nothing of this, and it is in demand; ``fill``: neither
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.types import ChosenSection, Context, Floats, Gathered, Ints, Reason, Section, Source
from recommender.explain.influence import Influence
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.slate.limits import AD, SMALL_PROVIDER
from recommender.slate.slate import Slate

LEAST_EFFECT = 0.2
"""Nats an item must have lifted a card by to be named: smaller ones change places with items beyond the newest."""

LEAST_BOOST = 0.05
"""Nats a rule must have lifted a card by to be named."""

_ASKED_FOR = (Section.KEEP_BROWSING, Section.SIMILAR, Section.RESULTS)
_WITNESS = frozenset((Source.SEQUENTIAL_RULES, Source.ITEM_KNN, Source.EASE))
_NOT_OF_ITEMS = frozenset((Source.TASTE_TAGS, Source.SEARCH))
"""Sources whose evidence is a tag, or a place among what was found."""
_SETTERS = {AD: "sponsored", SMALL_PROVIDER: "small_provider"}
_BROUGHT = (
    (Source.BUY_AGAIN, "buy_again"),
    (Source.SEGMENT_TREND, "segment_trend"),
    (Source.DEPARTMENT_TREND, "department_trend"),
    (Source.TRENDING, "trending"),
    (Source.NEW_ARRIVALS, "new"),
    (Source.DEALS, "deal"),
    (Source.COLD_ITEMS, "cold"),
)
"""What a source says of a card that nothing personal is named for, the more personal first."""

_OF_HISTORY = (Source.STATE_VECTOR, Source.SEQUENTIAL_RULES, Source.SIMILAR_TEXT, Source.ITEM_KNN)
_BY_HISTORY = sum(1 << source for source in (*_OF_HISTORY, *MODEL_SOURCES.values()))
"""Bits of the sources that start from what the shopper met."""

_OF_ROW: dict[str, Reason] = {Section.NEW_FOR_YOU: Reason("new"), Section.DEALS: Reason("deal")}

Evidence = Mapping[int, Sequence[tuple[int, int]]]
"""Candidate row → (source, item or tag)."""


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
    return np.flatnonzero((slate.pinned_by == 0) & (slate.held_by == 0) & ((rule != 0) | ~is_settled))


def reasons_make(context: Context, gathered: Gathered, causes: Causes) -> tuple[Reason, ...]:
    """One reason per card."""
    evidence = _evidence(gathered, causes.slate.rows)
    strongest = causes.influence.strongest()
    return tuple(_reason(card, context, gathered, causes, evidence, one) for card, one in enumerate(strongest))


def _evidence(gathered: Gathered, rows: Ints) -> Evidence:
    """What the sources say of the shown candidates."""
    shown = np.zeros(len(gathered), np.bool_)
    shown[rows] = True
    told = np.flatnonzero(shown[gathered.evidence_row])
    found: dict[int, list[tuple[int, int]]] = {}
    columns = (gathered.evidence_row, gathered.evidence_source, gathered.evidence_item)
    for row, source, item in zip(*(column[told].tolist() for column in columns), strict=True):
        found.setdefault(row, []).append((source, item))
    return found


def _reason(
    card: int,
    context: Context,
    gathered: Gathered,
    causes: Causes,
    evidence: Evidence,
    strongest: tuple[int, float, float],
) -> Reason:
    slate, row = causes.slate, int(causes.slate.rows[card])
    item, effect, share = strongest
    section, told = slate.sections[int(slate.section_of[card])], evidence.get(row, ())
    ruled = _of_rules(card, causes, effect)
    if ruled:
        return ruled
    if section.code in _ASKED_FOR:
        return _asked_for(section, int(gathered.item_ids[row]), context)
    if slate.uniform_share[card] > 0.5:
        return Reason("exploration")
    if section.code == Section.BECAUSE_YOU_VIEWED:
        return Reason("because_item", items=_needed(section.subject, told), weight=share)
    of_section = _of_section(section)
    if of_section:
        return of_section
    cited = _cited(item, int(gathered.sources[row]), told) if item and effect >= LEAST_EFFECT else 0
    if cited:
        code = "source_rules" if any(source in _WITNESS and of == cited for source, of in told) else "because_item"
        return Reason(code, items=(cited,), weight=share if cited == item else float("nan"))
    return _brought(row, gathered, told, has_history=len(causes.influence.items) > 0)


def _cited(item: int, sources: int, told: Sequence[tuple[int, int]]) -> int:
    """The item to name for a card that ``item`` lifted most: itself, another that it hangs on more, or 0 for none.

    A card is here by some source's grace, and without it gone, which is more than any lift. What nothing but the state
    brought may be the last of its list, where every item of the history decides; what only items brought is gone
    without those that the sources name. The lift decides where ``item`` is named, or the card stands on other feet.
    """
    named: dict[int, set[int]] = {}
    for source, of in told:
        if source not in _NOT_OF_ITEMS:
            named.setdefault(source, set()).add(of)
    plain = [source for source in Source if sources >> source & 1 and source not in named]
    if plain == [Source.STATE_VECTOR] and not named:
        return 0
    if plain or not named or any(item in items for items in named.values()):
        return item
    witnesses = set().union(*named.values())
    return witnesses.pop() if len(witnesses) == 1 else 0


def _of_rules(card: int, causes: Causes, effect: float) -> Reason | None:
    """What staff ruled, where that is why the card is here."""
    slate = causes.slate
    held_by = int(slate.held_by[card])
    if slate.pinned_by[card] or held_by > 0:
        return Reason("rule", subject=int(slate.pinned_by[card]) or held_by)
    if held_by in _SETTERS:
        return Reason(_SETTERS[held_by])
    if causes.rule[card] and causes.boost[card] > max(effect, LEAST_BOOST):
        return Reason("rule", subject=int(causes.rule[card]))
    return None


def _needed(subject: int, told: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The item of a row, and the one without which no source would have brought a card because of it.

    A source adds up what speaks for a card. Where it names the row's item alone, that was enough; where in every source
    another item speaks for the card as well, the one that does so most often is needed too.
    """
    sources = {source for source, item in told if item == subject}
    others = [[item for source, item in told if source == one and item != subject] for one in sources]
    if not others or not all(others):
        return (subject,)
    flat = [item for items in others for item in items]
    return subject, max(flat, key=lambda item: (flat.count(item), -flat.index(item)))


def _asked_for(section: ChosenSection, item_id: int, context: Context) -> Reason:
    """The reason in rows that answer something the shopper did on purpose."""
    if section.code == Section.KEEP_BROWSING:
        return Reason("keep_browsing", items=(item_id,))
    return Reason("similar", items=(context.anchor_item,)) if section.code == Section.SIMILAR else Reason("search")


def _of_section(section: ChosenSection) -> Reason | None:
    """The reason in rows that are made of one cause, None in others."""
    if section.code == Section.DEPARTMENT_TREND:
        return Reason("department_trend" if section.subject else "trending", subject=section.subject)
    return _OF_ROW.get(section.code)


def _brought(row: int, gathered: Gathered, told: Sequence[tuple[int, int]], *, has_history: bool) -> Reason:
    """The reason of a card that no single item is named for: what brought it here."""
    tag = next((item for source, item in told if source == Source.TASTE_TAGS), 0)
    if tag:
        return Reason("taste", subject=tag)
    sources = int(gathered.sources[row])
    for source, code in _BROUGHT:
        if sources >> source & 1:
            return Reason(code, subject=int(gathered.department[row]) if code == "department_trend" else 0)
    if has_history and sources & _BY_HISTORY:
        return Reason("history")
    return Reason("popular" if gathered.trend[row] > 0 else "fill")
