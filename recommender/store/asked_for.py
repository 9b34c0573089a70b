"""Candidates and tags that a draft asks for and a logged request did not gather, put into the request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from recommender.data.ruleset import RulesetValue
from recommender.data.types import Context, Gathered, History, Ints, Source
from recommender.retrieval.sources import CONFIG_OF
from recommender.serving.bundle import Bundle
from recommender.store.arrays import array_text
from recommender.store.candidate_facts import CandidateFacts, facts_read
from recommender.store.filters import AVAILABLE, filter_parameters
from recommender.store.rulesets import editorial_of, kinds_included, tags_of

_TAGGED = "SELECT tag_id, item_id FROM catalog_item_tags WHERE tag_id = ANY(%s) ORDER BY item_id, tag_id"
_NEWEST = f"""
WITH borne AS (
    SELECT 'brand' AS kind, i.brand_id AS name, i.id, i.published_at FROM catalog_item i
    WHERE {AVAILABLE} AND i.brand_id = ANY(%(brand)s)
    UNION SELECT 'category', i.category_id, i.id, i.published_at FROM catalog_item i
    WHERE {AVAILABLE} AND i.category_id = ANY(%(category)s)
    UNION SELECT 'category', i.department_id, i.id, i.published_at FROM catalog_item i
    WHERE {AVAILABLE} AND i.department_id = ANY(%(category)s)
    UNION SELECT 'tag', t.tag_id, i.id, i.published_at FROM catalog_item_tags t JOIN catalog_item i ON i.id = t.item_id
    WHERE {AVAILABLE} AND t.tag_id = ANY(%(tag)s)
), ranked AS (
    SELECT kind, name, id, row_number() OVER (PARTITION BY kind, name ORDER BY published_at DESC, id DESC) AS place
    FROM borne)
SELECT kind, name, id FROM ranked WHERE place <= %(n)s
"""  # noqa: S608 — the inserted text is a constant
_FAMILIES = """
SELECT i."group", array_agg(i.id) FROM catalog_item i
WHERE i.shop_id = %s AND i."group" <> '' AND i."group" IN (SELECT "group" FROM catalog_item WHERE id = ANY(%s))
GROUP BY 1 HAVING count(*) > 1 ORDER BY 1
"""
_PLACES = tuple(one.name for one in fields(Gathered) if one.name.endswith(("_row", "_rows")))
"""Columns that name rows."""
_COLUMNS = ("price_minor", "list_price_minor", "published_us", "department", "category", "brand", "rating")
_QUOTA = CONFIG_OF[Source.EDITORIAL].quota
_Kinds = dict[tuple[str, int], list[int]]


@dataclass(frozen=True)
class AskedFor:
    """What a ruleset speaks of: facts of the items it wants gathered, as of now, and who bears its tags."""

    ruleset: RulesetValue
    facts: CandidateFacts
    tag_ids: Ints  # (t,)
    tagged: Ints  # (t,) item
    families: tuple[Ints, ...] = ()  # items of each variant group that a wanted item belongs to
    included: _Kinds = field(default_factory=dict)  # newest items by brand, category and tag that an include names
    found: dict[tuple[tuple[str, int], ...], Ints] = field(default_factory=dict)  # ``newest`` so far

    def newest(self, context: Context) -> Ints:
        """Items of the brands, categories and tags that rules in force want gathered, newest first."""
        kinds = tuple((kind, one) for kind, ids in kinds_included(self.ruleset, context).items() for one in ids)
        if kinds not in self.found:
            among = np.isin(self.facts.item_ids, [item for one in kinds for item in self.included.get(one, ())])
            ids, published = self.facts.item_ids[among], self.facts.published_us[among]
            self.found[kinds] = ids[np.lexsort((-ids, -published))]
        return self.found[kinds]


def asked_for_read(
    shop_id: int, ruleset: RulesetValue, now: datetime, *, big_providers: Sequence[str] = ()
) -> AskedFor:
    """Look up what ``ruleset`` names, once for many requests; all other than ``big_providers``, if any, are small."""
    named = [rule for rule in ruleset.rules if rule.target == "item" and rule.action in ("pin", "include", "boost")]
    filters = filter_parameters(Context(shop_id, 0, "", "homepage", 0, History.empty()), now)
    included = _newest_read(ruleset, filters)
    wanted = [rule.target_ids for rule in named] + list(included.values())
    ids = np.unique(np.array([item for items in wanted for item in items], np.int64))
    facts = facts_read(filters, ids, big_providers=big_providers)
    with connection.cursor() as cursor:
        cursor.execute(_TAGGED, [array_text(sorted(tags_of(ruleset)))])
        found = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
        cursor.execute(_FAMILIES, [shop_id, array_text(facts.item_ids.tolist())])
        families = tuple(np.array(members, np.int64) for _group, members in cursor.fetchall())
    return AskedFor(ruleset, facts, found[:, 0], found[:, 1], families, included)


def _newest_read(ruleset: RulesetValue, filters: dict[str, Any]) -> _Kinds:
    """Items of each brand, category and tag that an include names, of each as many as all may bring together."""
    kinds: dict[str, set[int]] = {"brand": set(), "category": set(), "tag": set()}
    for rule in ruleset.rules:
        if rule.action == "include" and rule.target in kinds:
            kinds[rule.target].update(rule.target_ids)
    found: _Kinds = {}
    if any(kinds.values()):
        with connection.cursor() as cursor:
            ids = {kind: array_text(sorted(names)) for kind, names in kinds.items()}
            cursor.execute(_NEWEST, {**filters, **ids, "n": _QUOTA})
            for kind, name, item in cursor.fetchall():
                found.setdefault((kind, name), []).append(item)
    return found


def gathered_with(asked: AskedFor, context: Context, gathered: Gathered, bundle: Bundle | None) -> Gathered:
    """A request's candidates, and what the rules in force then ask for, by name or kind; tags are the ruleset's.

    Added items have the facts of now and no trend; one that was hidden from the shopper stays away.
    """
    named, newest = editorial_of(asked.ruleset, context)[:_QUOTA], asked.newest(context)
    wanted = np.concatenate([named, newest[~np.isin(newest, context.hidden_ids)][:_QUOTA]])
    wanted = wanted[~np.isin(wanted, gathered.item_ids) & ~np.isin(wanted, context.hidden_ids)]
    new = np.flatnonzero(np.isin(asked.facts.item_ids, wanted))
    if len(new):
        gathered = _with_items(gathered, asked.facts, new, bundle)
        gathered = replace(gathered, group=_grouped(gathered, asked.families))
    if len(asked.tag_ids):
        here = np.isin(asked.tagged, gathered.item_ids)
        rows = np.searchsorted(gathered.item_ids, asked.tagged[here])
        gathered = replace(gathered, tag_ids=asked.tag_ids[here], tag_rows=rows)
    return gathered


def _with_items(gathered: Gathered, facts: CandidateFacts, new: Ints, bundle: Bundle | None) -> Gathered:
    ids = np.concatenate([gathered.item_ids, facts.item_ids[new]])
    order = np.argsort(ids, kind="stable")
    place = np.argsort(order, kind="stable")  # where each row went

    def joined(before: np.ndarray, more: np.ndarray) -> np.ndarray:
        return np.concatenate([before, more.astype(before.dtype)])[order]

    n = len(new)
    columns: dict[str, Any] = {name: joined(getattr(gathered, name), getattr(facts, name)[new]) for name in _COLUMNS}
    index = np.full(n, -1, np.int64) if bundle is None else bundle.index_of(facts.item_ids[new])
    added = place[len(gathered) :]
    rows = {name: place[getattr(gathered, name)] for name in _PLACES}
    rows["sponsored_rows"] = np.union1d(rows["sponsored_rows"], added[facts.sponsored[new]])
    rows["small_rows"] = np.union1d(rows["small_rows"], added[facts.small[new]])
    return replace(
        gathered,
        item_ids=ids[order],
        index=joined(gathered.index, index),
        sources=joined(gathered.sources, np.full(n, 1 << Source.EDITORIAL)),
        group=joined(gathered.group, np.zeros(n)),
        trend=joined(gathered.trend, np.zeros(n)),
        **rows,
        **columns,
    )


def _grouped(gathered: Gathered, families: Sequence[Ints]) -> Ints:
    """(c,) variant groups once added items are with theirs: the number that a family has already, else a new one."""
    group = gathered.group.copy()
    for family in families:
        rows = np.flatnonzero(np.isin(gathered.item_ids, family))
        if len(rows) > 1:
            group[rows] = group[rows].max() or group.max() + 1
    return group
