"""What a decision needs to know about a shopper, folded from deeds. Pure: no database, no clock.

Folding the same deeds in one go, in any number of batches or again from the facts gives the same state; deeds that
arrive late and deeds that are taken back are what ``must_refold`` is for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from catalog.facets import ItemFacets
from users.kinds import Kind, is_answer
from users.taste import Taste, TasteDeed, taste_after

KEPT_RECENT = 100
KEPT_PURCHASED = 200
KEPT_HIDDEN = 2_000
KEPT_FATIGUE = 500
DAY_US = 86_400_000_000

Twins = Mapping[int, Collection[int]]


class Deed(NamedTuple):
    """The part of an interaction that a state is made of."""

    id: UUID | str  # of one kind within a fold: text, which is quicker to read in bulk, is ordered alike
    kind: int
    at_us: int
    item_id: int | None = None
    value: float = float("nan")
    undoes: UUID | str | None = None
    from_page: bool = False  # names the impression it came from


class Recent(NamedTuple):
    """One entry of the recent history."""

    item_id: int
    kind: int
    at_us: int
    value: float


@dataclass(frozen=True)
class StateValue:
    """A shopper's state; ``fatigue`` maps an item id, as text, to how often it was seen in vain."""

    version: int = 0
    recent: tuple[Recent, ...] = ()  # at most 100, oldest first
    hidden: tuple[int, ...] = ()
    purchased: tuple[int, ...] = ()  # at most 200, oldest first
    ignored: tuple[int, ...] = ()
    fewer: tuple[int, ...] = ()  # categories to show fewer of
    raised: Mapping[str, int] = field(default_factory=dict)  # item id, as text → when more like it was asked for, µs
    taste: Taste = field(default_factory=dict)
    fatigue: Mapping[str, int] = field(default_factory=dict)
    fatigue_next: Mapping[str, int] = field(default_factory=dict)
    updated_us: int = 0


def history_of(state: StateValue) -> list[Recent]:
    """What pages are made from, oldest first: the recent deeds, and a look at each raised item when it was raised."""
    again = (Recent(int(item), Kind.VIEW, at_us, float("nan")) for item, at_us in state.raised.items())
    return sorted((*state.recent, *again), key=lambda entry: entry.at_us)[-KEPT_RECENT:]


def must_refold(state: StateValue, deeds: Iterable[Deed]) -> bool:
    """Whether these deeds cannot simply be added: one takes something back or does not come after what is folded."""
    last = state.recent[-1].at_us if state.recent else 0
    return any(deed.kind == Kind.UNDO or deed.at_us <= last for deed in deeds)


def fold(state: StateValue, deeds: Sequence[Deed], facets: Mapping[int, ItemFacets], twins: Twins) -> StateValue:
    """The state after ``deeds`` that are not older than it; the caller raises the version.

    Args:
        state: what is known so far.
        deeds: in any order, none taken back.
        facets: of the deeds' items; an item without facets leaves the taste as it is.
        twins: of the disliked items, hidden with them.
    """
    ordered = sorted((deed for deed in deeds if deed.item_id is not None), key=lambda deed: (deed.at_us, deed.id))
    known = ((facets.get(deed.item_id or 0), deed) for deed in ordered)
    telling = [TasteDeed(facet, deed.kind, deed.value, deed.at_us) for facet, deed in known if facet]
    latest = (Recent(deed.item_id or 0, deed.kind, deed.at_us, deed.value) for deed in ordered[-KEPT_RECENT:])
    bought = [deed.item_id for deed in ordered if deed.kind == Kind.PURCHASE]
    disliked = [deed.item_id for deed in ordered if deed.kind == Kind.DISLIKE]
    recent = (*state.recent, *latest)[-KEPT_RECENT:]
    return replace(
        state,
        recent=recent,
        raised=_within(recent, state.raised),
        hidden=_latest(state.hidden, _with_twins(disliked, twins), KEPT_HIDDEN),
        purchased=_latest(state.purchased, bought, KEPT_PURCHASED),
        taste=taste_after(state.taste, telling),
        fatigue=_without_answered(state.fatigue, ordered),
        fatigue_next=_without_answered(state.fatigue_next, ordered),
    )


def refold(state: StateValue, facts: Sequence[Deed], facets: Mapping[int, ItemFacets], twins: Twins) -> StateValue:
    """The state made again from the person's facts, late ones in their place and undone ones left out.

    What has no facts (ignored and raised items, kinds to show fewer of, items owned from elsewhere, fatigue) is kept
    from ``state``.

    Args:
        state: what is known so far.
        facts: every interaction that still counts, in any order, undos and what they undo included.
        facets: of the facts' items.
        twins: of the items disliked in ``facts``, undone ones included.
    """
    undone_ids = {deed.undoes for deed in facts if deed.kind == Kind.UNDO}
    undone = [deed for deed in facts if deed.id in undone_ids]
    kept = [deed for deed in facts if deed.id not in undone_ids and deed.kind != Kind.UNDO]
    shown_again = set(_with_twins((deed.item_id for deed in undone if deed.kind == Kind.DISLIKE), twins))
    returned = {deed.item_id for deed in undone if deed.kind == Kind.PURCHASE}
    start = replace(
        state,
        recent=(),
        taste={},
        hidden=tuple(item for item in state.hidden if item not in shown_again),
        purchased=tuple(item for item in state.purchased if item not in returned),
    )
    return fold(start, kept, facets, twins)


def next_version(state: StateValue, now_us: int) -> StateValue:
    """The state that the next decision sees: one version later, what was seen since counted into the fatigue."""
    idle_days = max(0, now_us - state.updated_us) // DAY_US if state.updated_us else 0
    aged = {item: count >> min(idle_days, 62) for item, count in state.fatigue.items()}
    counts = {item: aged.get(item, 0) + state.fatigue_next.get(item, 0) for item in {*aged, *state.fatigue_next}}
    strongest = sorted((item for item in counts if counts[item]), key=lambda item: (-counts[item], int(item)))
    fatigue = {item: counts[item] for item in strongest[:KEPT_FATIGUE]}
    return replace(state, version=state.version + 1, fatigue=fatigue, fatigue_next={}, updated_us=now_us)


def seen_in_vain(state: StateValue, item_ids: Iterable[int]) -> StateValue:
    """Count items that were seen; they tire with the next version, so a reload changes nothing."""
    counts = dict(state.fatigue_next)
    for item in item_ids:
        counts[str(item)] = counts.get(str(item), 0) + 1
    strongest = sorted(counts, key=lambda item: (-counts[item], int(item)))[:KEPT_FATIGUE]
    return replace(state, fatigue_next={item: counts[item] for item in strongest})


def states_joined(first: StateValue, second: StateValue) -> StateValue:
    """What two states of one person know without facts, with the higher version; refold it from their facts."""
    return StateValue(
        version=max(first.version, second.version),
        hidden=_latest(second.hidden, first.hidden, KEPT_HIDDEN),
        purchased=_latest(second.purchased, first.purchased, KEPT_PURCHASED),
        ignored=_latest(second.ignored, first.ignored, KEPT_HIDDEN),
        fewer=_latest(second.fewer, first.fewer, KEPT_HIDDEN),
        raised=_larger(first.raised, second.raised),
        fatigue=_larger(first.fatigue, second.fatigue),
        fatigue_next=_larger(first.fatigue_next, second.fatigue_next),
        updated_us=max(first.updated_us, second.updated_us),
    )


def _with_twins(items: Iterable[int | None], twins: Twins) -> list[int]:
    return [hidden for item in items if item is not None for hidden in (item, *sorted(twins.get(item, ())))]


def _latest(old: Sequence[int], new: Iterable[int | None], kept: int) -> tuple[int, ...]:
    """Old and new without repeats, the latest mention counting, the oldest falling out."""
    order = dict.fromkeys(old)
    for item in new:
        if item is not None:
            order.pop(item, None)
            order[item] = None
    return tuple(order)[-kept:]


def _within(recent: Sequence[Recent], raised: Mapping[str, int]) -> dict[str, int]:
    """What was raised and is still met in the history: a wish goes with the deeds it was about."""
    met = {entry.item_id for entry in recent} if raised else set()
    return {item: at_us for item, at_us in raised.items() if int(item) in met}


def _without_answered(counts: Mapping[str, int], deeds: Iterable[Deed]) -> dict[str, int]:
    answered = {str(deed.item_id) for deed in deeds if is_answer(deed.kind, from_page=deed.from_page)}
    return {item: count for item, count in counts.items() if item not in answered}


def _larger(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {item: max(first.get(item, 0), second.get(item, 0)) for item in {*first, *second}}
