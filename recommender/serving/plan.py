"""From scored candidates to the sections a page may have, each with the score of every candidate in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from recommender.data.ruleset import RulesetValue, RuleValue, SectionValue
from recommender.data.types import Bools, Context, Floats, Gathered, Ints, Section, Source
from recommender.retrieval.used_up import bought_days, lasting_days, used_up
from recommender.serving.bundle import Bundle
from recommender.serving.page_limits import limits_of, rows_mask
from recommender.serving.scores import Scores
from recommender.serving.state import ShopperView
from recommender.slate.calibration import favourite_department
from recommender.slate.diversity import unit_rows
from recommender.slate.layout import Row, layout_for, section_rows
from recommender.slate.limits import Limit
from recommender.slate.rules import (
    Pin,
    RuleEffects,
    rule_effects,
    rules_here,
)
from recommender.slate.slate import Board

ONE_LIST = 100
"""Length of the list under ``KnobValues.one_list`` where the layout names none."""

AFFINITY: dict[str, float] = {Section.SIMILAR: 4.0, Section.BECAUSE_YOU_VIEWED: 1.0}
"""Nats that a cosine of 1 with the section's subject is worth."""

RELEVANCE = 6.0
"""Nats that a perfect match with a query is worth, by meaning and by words alike."""

_ANSWERS = (Section.KEEP_BROWSING, Section.SIMILAR, Section.RESULTS)
"""Rows that answer something asked for: nobody wants to be surprised there."""

_SHOWS_MET_ITEMS = (Section.KEEP_BROWSING, Section.SIMILAR, Section.RESULTS)


@dataclass(frozen=True)
class Plan:
    """What a composer is given: possible rows, and per row the (c,) score of each candidate, -inf where barred."""

    rows: tuple[Row, ...]
    scores: tuple[Floats, ...]
    effects: dict[str, RuleEffects]  # by section code
    limits: tuple[Limit, ...] = ()
    rules_left_aside: bool = False


@dataclass(frozen=True)
class Request:
    """Everything a plan is made from."""

    context: Context
    gathered: Gathered
    ruleset: RulesetValue
    bundle: Bundle | None
    view: ShopperView
    scores: Scores


def plan_make(request: Request) -> Plan:
    """The rows that this request's page may have."""
    context, gathered = request.context, request.gathered
    here = rules_here(request.ruleset.rules, context, gathered)
    met = np.isin(gathered.item_ids, np.concatenate([context.history.item_ids, context.purchased_ids]))
    if request.ruleset.knobs.replenish:
        met[returning_rows(request)] = False
    rows: list[Row] = []
    scores: list[Floats] = []
    effects: dict[str, RuleEffects] = {}
    favourite = _favourite(request)
    lift = {code: request.ruleset.knobs.section_appeal * nats for code, nats in gathered.section_appeal}
    surprise = surprise_of(request) if request.ruleset.knobs.serendipity else None
    for position, section in enumerate(_layout(request)):
        effect = effects[section.code] = rule_effects(here, len(gathered), section.code)
        claimed = {pin.row for row in rows for pin in row.pins}
        pins = tuple(pin for pin in effect.pins if pin.row not in claimed and pin.slot < section.n)
        barred = effect.excluded if _may_repeat(section.code, request) else effect.excluded | met
        anchors = request.view.anchors
        for row in section_rows(section, position, context, gathered, anchors=anchors, department=favourite):
            values = section_scores(row, request, effect)
            if surprise is not None and section.code not in _ANSWERS:
                values = values + surprise
            rows.append(_with_rules(row, pins, effect, lift.get(row.code, 0.0)))
            scores.append(np.where(barred, np.float32(-np.inf), values))
    return Plan(tuple(rows), tuple(scores), effects, limits_of(context, gathered, request.ruleset.knobs, here))


def thickened(request: Request) -> Request:
    """The same request with every section shown however thin and repeats allowed: for those who have met everything."""
    ruleset = request.ruleset
    layout = tuple(replace(section, minimum=1) for section in layout_for(ruleset.layout, request.context.surface))
    return replace(request, ruleset=replace(ruleset, layout=layout, knobs=replace(ruleset.knobs, repeats=True)))


def easings(request: Request) -> Iterator[tuple[Request, int]]:
    """What is tried, one after another, where a page would stay empty, and with how many cards it is taken.

    First sections however thin, and repeats. If quotas and caps then leave less than the thinnest section asks for,
    they are left aside where that helps; next the rules that bar whole brands, categories or tags, last all of them:
    what staff rule must not leave a shopper without a page.
    """
    rules, eased = request.ruleset.rules, thickened(request)
    uncounted = tuple(rule for rule in rules if rule.action not in ("quota", "cap"))
    if len(uncounted) < len(rules):
        least = min((section.minimum for section in _layout(request)), default=1)
        yield eased, least
        yield _under(request, uncounted), least
    yield eased, 1
    kept = tuple(rule for rule in rules if rule.action != "exclude" or rule.target == "item")
    if len(kept) < len(rules):
        yield _under(eased, kept), 1
    if rules:
        yield _under(eased, ()), 1


def _under(request: Request, rules: tuple[RuleValue, ...]) -> Request:
    return replace(request, ruleset=replace(request.ruleset, rules=rules))


def board_of(request: Request, limits: tuple[Limit, ...] = ()) -> Board:
    """The composer's view of the candidates, with the limits of their plan."""
    context, gathered = request.context, request.gathered
    never = np.concatenate([context.hidden_ids, context.basket_ids, context.served_ids])
    unknown = gathered.index < 0
    return Board(
        order=np.where(unknown, len(request.bundle or ()) + gathered.item_ids, gathered.index),
        vectors=request.scores.vectors,
        brand=gathered.brand,
        group=gathered.group,
        department=gathered.department,
        limits=limits,
        ads=rows_mask(gathered.sponsored_rows, len(gathered)) if len(gathered.sponsored_rows) else None,
        open=~(
            np.isin(gathered.item_ids, never) | (gathered.item_ids == context.anchor_item) | _variants_served(request)
        ),
    )


def _variants_served(request: Request) -> Bools:
    """(c,) variants of what stood on an earlier page."""
    gathered, served = request.gathered, request.context.served_ids
    groups = gathered.group[np.isin(gathered.item_ids, served)] if len(served) else gathered.group[:0]
    return np.isin(gathered.group, groups[groups > 0]) if groups.any() else np.zeros(len(gathered), np.bool_)


def returning_rows(request: Request) -> Ints:
    """Candidates that were bought, are used up by now and may be shown again like anything new."""
    context, gathered, bundle = request.context, request.gathered, request.bundle
    if not len(context.purchased_ids):
        return np.zeros(0, np.int64)
    bought, days = bought_days(context)
    rows = np.flatnonzero(np.isin(gathered.item_ids, bought))
    told = np.zeros(len(gathered), np.int64)
    told[gathered.lasting_rows] = gathered.lasting_days
    lasting = lasting_days(bundle.arrays if bundle else None, gathered.index[rows], told[rows])
    since = days[np.searchsorted(bought, gathered.item_ids[rows])]
    return rows[used_up(since, lasting, request.ruleset.knobs.replenish)]


def surprise_of(request: Request) -> Floats:
    """(c,) nats for what is relevant and unlike the history; zeros for somebody without one.

        serendipity · base / max base · (1 − max(0, max over the newest history items of the cosine))

    Reference: Adamopoulos, Tuzhilin, 2014 (unexpectedness times utility).
    """
    vectors = [_vector_of(item, request) for item in request.view.anchors.tolist()]
    known = [vector for vector in vectors if vector is not None]
    base = request.scores.base
    if not known or not len(base):
        return np.zeros(len(base), np.float32)
    nearest = np.maximum((request.scores.vectors @ np.stack(known).T).max(axis=1), 0.0)
    relevance = base / max(float(base.max()), 1e-9)
    return np.asarray(request.ruleset.knobs.serendipity * relevance * (1.0 - nearest), np.float32)


def section_scores(row: Row, request: Request, effect: RuleEffects) -> Floats:
    """(c,) score·boost + w·Q + what the section adds."""
    scores, knobs = request.scores, request.ruleset.knobs
    values = scores.base * effect.factor
    if knobs.policy_weight:
        values = values + np.float32(knobs.policy_weight) * scores.q
    values = values + row.bonus
    if row.subject and row.code in AFFINITY:
        values = values + np.float32(AFFINITY[row.code]) * subject_similarity(row.subject, request)
    if row.code == Section.RESULTS:
        values = values + np.float32(RELEVANCE) * query_relevance(request)
    return np.asarray(values, np.float32)


def subject_similarity(item_id: int, request: Request) -> Floats:
    """(c,) cosine of each candidate's item vector with that of ``item_id``; 0 where either has none."""
    vector = _vector_of(item_id, request)
    return np.zeros(len(request.gathered), np.float32) if vector is None else request.scores.vectors @ vector


def query_relevance(request: Request) -> Floats:
    """(c,) how well candidates match a query: cosine of text and query, plus 1 / place among the matches by words."""
    gathered, bundle, query = request.gathered, request.bundle, request.context.query_vector
    relevance = np.zeros(len(gathered), np.float32)
    if bundle is not None and query is not None and bundle.arrays.text_vectors.shape[1] == len(query):
        known = gathered.index >= 0
        relevance[known] = bundle.arrays.text_vectors[gathered.index[known]].astype(np.float32) @ query
        if len(gathered.fresh_rows):
            relevance[gathered.fresh_rows] = gathered.fresh_text @ query
    by_words = gathered.evidence_source == int(Source.SEARCH)
    relevance[gathered.evidence_row[by_words]] += 1.0 / np.sqrt(gathered.evidence_item[by_words])
    return relevance


def _vector_of(item_id: int, request: Request) -> Floats | None:
    bundle, gathered = request.bundle, request.gathered
    if bundle is None:
        return None
    index = int(bundle.index_of(np.array([item_id]))[0])
    if index >= 0:
        return np.asarray(unit_rows(bundle.arrays.item_vectors[[index]])[0])
    fresh = np.flatnonzero(gathered.fresh_history_ids == item_id)
    return np.asarray(unit_rows(gathered.fresh_history_vectors[fresh[:1]])[0]) if len(fresh) else None


def _layout(request: Request) -> tuple[SectionValue, ...]:
    surface, layout = request.context.surface, request.ruleset.layout
    if not request.ruleset.knobs.one_list:
        return layout_for(layout, surface)
    own = tuple(section for section in layout if section.surface == surface)[:1]
    return own or (SectionValue(Section.TOP_PICKS, n=ONE_LIST, minimum=1, surface=surface),)


def _favourite(request: Request) -> int:
    """The department that most of the shopper's recent history lies in, 0 unknown.

    Without a bundle the only department whose trend was gathered is that one.
    """
    if request.bundle is not None:
        return favourite_department(request.view.mix)
    gathered = request.gathered
    return int(gathered.department[gathered.has(Source.DEPARTMENT_TREND)].max(initial=0))


def _may_repeat(code: str, request: Request) -> bool:
    surface = request.context.surface
    return request.ruleset.knobs.repeats or code in _SHOWS_MET_ITEMS or surface == "department"


def _with_rules(row: Row, pins: tuple[Pin, ...], effect: RuleEffects, lift: float) -> Row:
    """The row with what rules put into it, and with what its clicks say of it."""
    if lift:
        row = replace(row, prior=row.prior + lift)
    if len(effect.included):
        members = row.members.copy()
        members[effect.included] = True
        row = replace(row, members=members)
    return replace(row, pins=pins) if pins else row


def boosts_of(plan: Plan, rows: Ints, codes: list[str], base: Floats) -> tuple[Floats, Ints]:
    """What rules added to shown cards.

    Args:
        plan: the page's plan.
        rows: (s,) candidates shown.
        codes: per card, the code of its section.
        base: (c,) scores before rules.
    Returns: (s,) nats added, (s,) rule id, 0 where none.
    """
    added = np.zeros(len(rows), np.float32)
    rule = np.zeros(len(rows), np.int64)
    for card, (row, code) in enumerate(zip(rows.tolist(), codes, strict=True)):
        effect = plan.effects[code]
        added[card], rule[card] = base[row] * (effect.factor[row] - 1), effect.rule[row]
    return added, rule
