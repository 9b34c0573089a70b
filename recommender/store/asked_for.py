"""Candidates and tags that a draft asks for and a logged request did not gather, put into the request."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
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
from recommender.store.filters import filter_parameters
from recommender.store.rulesets import editorial_of, tags_of

_TAGGED = "SELECT tag_id, item_id FROM catalog_item_tags WHERE tag_id = ANY(%s) ORDER BY item_id, tag_id"
_PLACES = tuple(one.name for one in fields(Gathered) if one.name.endswith(("_row", "_rows")))
"""Columns that name rows."""
_COLUMNS = ("price_minor", "list_price_minor", "published_us", "department", "category", "brand", "rating")


@dataclass(frozen=True)
class AskedFor:
    """What a ruleset speaks of: facts of the items it names, as of now, and who bears its tags."""

    ruleset: RulesetValue
    facts: CandidateFacts
    tag_ids: Ints  # (t,)
    tagged: Ints  # (t,) item


def asked_for_read(
    shop_id: int, ruleset: RulesetValue, now: datetime, *, big_providers: Sequence[str] = ()
) -> AskedFor:
    """Look up what ``ruleset`` names, once for many requests; all other than ``big_providers``, if any, are small."""
    named = [rule for rule in ruleset.rules if rule.target == "item" and rule.action in ("pin", "include", "boost")]
    ids = np.unique(np.array([item for rule in named for item in rule.target_ids], np.int64))
    nobody = Context(shop_id, 0, "", "homepage", 0, History.empty())
    facts = facts_read(filter_parameters(nobody, now), ids, big_providers=big_providers)
    with connection.cursor() as cursor:
        cursor.execute(_TAGGED, [array_text(sorted(tags_of(ruleset)))])
        found = np.array(cursor.fetchall(), np.int64).reshape(-1, 2)
    return AskedFor(ruleset, facts, found[:, 0], found[:, 1])


def gathered_with(asked: AskedFor, context: Context, gathered: Gathered, bundle: Bundle | None) -> Gathered:
    """A request's candidates, and what the rules in force then ask for by name; tags are those of the ruleset.

    Added items have the facts of now and no trend; one that was hidden from the shopper stays away.
    """
    wanted = editorial_of(asked.ruleset, context)[: CONFIG_OF[Source.EDITORIAL].quota]
    wanted = wanted[~np.isin(wanted, gathered.item_ids) & ~np.isin(wanted, context.hidden_ids)]
    new = np.flatnonzero(np.isin(asked.facts.item_ids, wanted))
    if len(new):
        gathered = _with_items(gathered, asked.facts, new, bundle)
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
