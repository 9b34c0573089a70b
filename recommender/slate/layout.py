"""The sections a page may have: who belongs into each, how its slots are scored, and which are thick enough to show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.ruleset import SectionValue
from recommender.data.types import DAY_US, Bools, Context, Floats, Gathered, Ints, Section, Source
from recommender.slate.rules import Pin

DEFAULT_LAYOUT: tuple[SectionValue, ...] = (
    SectionValue(Section.TOP_PICKS, n=12, minimum=4),
    SectionValue(Section.BECAUSE_YOU_VIEWED, n=8, minimum=4),
    SectionValue(Section.KEEP_BROWSING, n=8, minimum=3),
    SectionValue(Section.DEPARTMENT_TREND, n=8, minimum=4),
    SectionValue(Section.NEW_FOR_YOU, n=8, minimum=4),
    SectionValue(Section.DEALS, n=8, minimum=4),
    SectionValue(Section.SIMILAR, n=12, minimum=1, surface="product"),
    SectionValue(Section.TOP_PICKS, n=24, minimum=1, surface="department"),
    SectionValue(Section.RESULTS, n=24, minimum=1, surface="search"),
    SectionValue(Section.TOP_PICKS, n=8, minimum=1, surface="basket"),
    SectionValue(Section.TOP_PICKS, n=20, minimum=1, surface="push"),
)
"""Used where a ruleset has no sections for a surface."""

ANCHORS = 3
"""How many of the newest viewed items compete for "Because you viewed …"."""

_EVIDENCE = (Source.SEQUENTIAL_RULES, Source.ITEM_KNN, Source.EASE, Source.GRAPH, Source.SIMILAR_TEXT)
_FRESH_HALF_LIFE_DAYS = 14.0


@dataclass(frozen=True)
class Row:
    """One possible section of a page, before anything is placed."""

    code: str
    subject: int  # anchor item or department the title speaks of, 0 none
    members: Bools  # (c,) candidates that belong here
    bonus: Floats  # (c,) what this section adds to a candidate's score
    n: int
    minimum: int
    prior: float  # earlier sections of the layout are likelier
    pins: tuple[Pin, ...] = ()


def layout_for(layout: Sequence[SectionValue], surface: str) -> tuple[SectionValue, ...]:
    """Sections of a surface, from the ruleset or from ``DEFAULT_LAYOUT``."""
    own = tuple(section for section in layout if section.surface == surface)
    return own or tuple(section for section in DEFAULT_LAYOUT if section.surface == surface)


def section_rows(
    section: SectionValue, position: int, context: Context, gathered: Gathered, *, anchors: Ints, department: int
) -> list[Row]:
    """The rows that a section of the layout can become; none where nothing belongs into it.

    Args:
        section: its entry in the layout.
        position: 0-based place in the layout.
        context: who asks.
        gathered: candidates.
        anchors: newest viewed items, newest first.
        department: the shopper's favourite one, 0 unknown.
    """
    if section.code == Section.BECAUSE_YOU_VIEWED:
        subjects = [int(anchor) for anchor in anchors[:ANCHORS]]
    elif section.code == Section.DEPARTMENT_TREND:
        subjects = [department]
    else:
        subjects = [context.anchor_item if section.code == Section.SIMILAR else context.department]
    rows = []
    for subject in subjects:
        members = _members(section.code, subject, gathered) & _of_the_page(context, gathered)
        if members.any():
            bonus = _bonus(section.code, context, gathered, members)
            rows.append(Row(section.code, subject, members, bonus, section.n, section.minimum, -float(position)))
    return rows


def _of_the_page(context: Context, gathered: Gathered) -> Bools:
    """(c,) False for what a department page must not show: other departments."""
    if context.surface != "department":
        return np.ones(len(gathered), np.bool_)
    return np.asarray((gathered.department == context.department) | (gathered.category == context.department))


def _members(code: str, subject: int, gathered: Gathered) -> Bools:
    everyone = np.ones(len(gathered), np.bool_)
    if code == Section.BECAUSE_YOU_VIEWED:
        return _cited(subject, gathered)
    if code == Section.SIMILAR:  # not what a shopper met elsewhere, or the row and its reasons would not be true
        return np.asarray(
            _cited(subject, gathered) | gathered.has(Source.SAME_DEPARTMENT) | gathered.has(Source.EDITORIAL)
        )
    if code == Section.DEPARTMENT_TREND:
        if subject:
            return np.asarray(gathered.has(Source.DEPARTMENT_TREND) & (gathered.department == subject))
        return gathered.has(Source.TRENDING)
    by_source = {
        Section.NEW_FOR_YOU: Source.NEW_ARRIVALS,
        Section.KEEP_BROWSING: Source.KEEP_BROWSING,
        Section.DEALS: Source.DEALS,
        Section.RESULTS: Source.SEARCH,
    }
    source = by_source.get(Section(code)) if code in list(Section) else None
    return everyone if source is None else gathered.has(source)


def _cited(subject: int, gathered: Gathered) -> Bools:
    """(c,) candidates that a source proposed because of the item ``subject``."""
    members = np.zeros(len(gathered), np.bool_)
    cited = (gathered.evidence_item == subject) & np.isin(gathered.evidence_source, _EVIDENCE)
    members[gathered.evidence_row[cited]] = True
    return members


def _bonus(code: str, context: Context, gathered: Gathered, members: Bools) -> Floats:
    """What makes an item good in this section apart from being good: (c,) float32, 0 where nothing."""
    if code == Section.DEPARTMENT_TREND:
        return _standard(np.log1p(gathered.trend), members)
    if code == Section.NEW_FOR_YOU:
        return _standard(freshness(gathered.published_us, context.now_us), members)
    if code == Section.DEALS:
        return _standard(discount(gathered), members)
    if code == Section.KEEP_BROWSING:
        return 2.0 * _standard(_recency(context, gathered), members)
    return np.zeros(len(gathered), np.float32)


def _standard(values: Floats, members: Bools) -> Floats:
    """Values in standard deviations from the mean of the members."""
    spread = float(values[members].std())
    if spread <= 1e-9:
        return np.zeros(len(values), np.float32)
    return np.asarray((values - values[members].mean()) / spread, np.float32)


def freshness(published_us: Ints, now_us: int) -> Floats:
    """(c,) 1 for what was published now, halved every 14 days; 0 where unknown (0 µs)."""
    days = np.maximum(now_us - published_us, 0) / DAY_US
    return np.exp2(-days / _FRESH_HALF_LIFE_DAYS).astype(np.float32)


def discount(gathered: Gathered) -> Floats:
    """(c,) share taken off the list price, 0 where there is none."""
    known = (gathered.list_price_minor > gathered.price_minor) & (gathered.price_minor >= 0)
    share = 1.0 - gathered.price_minor / np.maximum(gathered.list_price_minor, 1)
    return np.where(known, share, 0.0).astype(np.float32)


def _recency(context: Context, gathered: Gathered) -> Floats:
    """(c,) place of each candidate's newest history entry, counted from the oldest; 0 where it has none."""
    place = {int(item): at + 1 for at, item in enumerate(context.history.item_ids)}
    return np.array([place.get(int(item), 0) for item in gathered.item_ids], np.float32)
