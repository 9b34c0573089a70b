"""Gather with SQL: everything a decision needs to know about its candidates, in a handful of statements."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from catalog.moments import moment_of
from recommender.data.coarse import coarse_counts, coarse_times
from recommender.data.types import Context, Floats, Gathered, Ints, Source
from recommender.models import TEXT_DIM, PrecomputedList
from recommender.retrieval.by_items import by_items
from recommender.retrieval.personal import by_content, by_segment, by_taste
from recommender.retrieval.quotas import DEFAULT_QUOTAS
from recommender.retrieval.sources import HISTORY_ASKED
from recommender.retrieval.union import Proposal, evidence_rows, source_bits, union
from recommender.serving.bundle import Bundle
from recommender.serving.state import ShopperView, shopper_view
from recommender.slate.calibration import department_mix, favourite_department
from recommender.store import source_queries
from recommender.store.candidate_facts import CandidateFacts, facts_read, fresh_text_read, tags_read
from recommender.store.filters import filter_parameters
from recommender.store.live import Serving
from recommender.store.nearest import nearest
from recommender.store.own_sources import buy_again, by_meaning, keep_browsing, returning
from recommender.store.rulesets import kinds_included
from recommender.store.source_queries import NewerThanBundle
from recommender.store.vectors import item_vectors_read


@dataclass
class _Haul:
    """What the sources have brought so far, and which of them were late."""

    proposals: list[Proposal]
    late: list[str]

    def add(self, source: Source, item_ids: Ints | None) -> None:
        """Take a plain proposal; None says that the source was late."""
        if item_ids is None:
            self.late.append(source.word)
        elif len(item_ids):
            self.proposals.append(Proposal.plain(source, item_ids))


class SqlGather:
    """``retrieval.sources.Gather`` over Postgres and the arrays of the live bundle."""

    def __init__(self, serving: Serving, *, tag_ids: Collection[int] = (), repeats: bool = False) -> None:
        """Prepare for one shop.

        Args:
            serving: what serves now.
            tag_ids: tags that rules speak of; only these are looked up.
            repeats: whether items already met may be proposed everywhere.
        """
        self.serving, self.tag_ids, self.repeats = serving, tuple(tag_ids), repeats
        self.quotas = serving.bundle.quotas if serving.bundle else DEFAULT_QUOTAS
        self.view: ShopperView | None = None  # of the shopper for whom was gathered last

    def __call__(self, context: Context) -> Gathered:
        """Candidates of a request with their facts."""
        fresh_ids, fresh_vectors = self._fresh_history(context)
        view = self.view = shopper_view(context, self.serving.bundle, fresh_ids, fresh_vectors)
        haul = _Haul([], [])
        now = moment_of(context.now_us)
        filters = filter_parameters(context, now, foreign_texts=self.serving.trend.foreign_texts)
        self._personal(haul, context, view, filters)
        self._shop(haul, context, view, filters)
        self._surface(haul, context, filters)
        ready = self._ready(context)
        wanted = union(haul.proposals, ready)
        facts = facts_read(filters, wanted, big_providers=self.serving.trend.big_providers)
        return self._gathered(context, facts, haul, ready, fresh_ids, fresh_vectors)

    def _personal(self, haul: _Haul, context: Context, view: ShopperView, filters: dict[str, object]) -> None:
        """Sources that start from the shopper."""
        quotas, bundle, bundle_id = self.quotas, self.serving.bundle, self.serving.bundle_id
        haul.add(Source.KEEP_BROWSING, keep_browsing(context)[: quotas[Source.KEEP_BROWSING]])
        if self.repeats:
            haul.add(Source.BUY_AGAIN, buy_again(context, view, bundle)[: quotas[Source.BUY_AGAIN]])
        elif self.serving.ruleset.knobs.replenish and len(context.purchased_ids):
            again = returning(context, bundle, self.serving.ruleset.knobs.replenish)
            haul.add(Source.BUY_AGAIN, again[: quotas[Source.BUY_AGAIN]])
        if bundle is None or bundle_id is None:
            return
        if context.surface in ("homepage", "basket", "push", "department"):
            self._nearest(haul, bundle, bundle_id, view.state, filters, self._met(context))
            self._by_what_it_is(haul, bundle, context, view.state)
        asked = view.anchors[:HISTORY_ASKED]
        if context.anchor_item:
            asked = np.array([context.anchor_item], np.int64)
        index = bundle.index_of(asked)
        haul.proposals.extend(by_items(bundle.arrays, index[index >= 0], quotas))

    def _by_what_it_is(self, haul: _Haul, bundle: Bundle, context: Context, state: Floats) -> None:
        """Sources that go by tags and by content, without what was met."""
        arrays, met = bundle.arrays, bundle.index_of(self._met(context))
        allowed = np.ones(len(bundle), np.bool_)
        allowed[met[met >= 0]] = False
        if len(context.taste_tags):
            liked = by_taste(arrays, context.taste_tags, state, self.quotas[Source.TASTE_TAGS], allowed)
            haul.proposals.append(liked)
        cold = by_content(arrays, state, self.quotas[Source.COLD_ITEMS], allowed)
        haul.add(Source.COLD_ITEMS, np.asarray(arrays.item_ids)[cold])

    def _nearest(
        self, haul: _Haul, bundle: Bundle, bundle_id: int, state: Floats, filters: dict[str, object], met: Ints
    ) -> None:
        quota = self.quotas[Source.STATE_VECTOR]
        found, late = nearest(filters, bundle.arrays, bundle_id=bundle_id, state=state, met=met, n=quota)
        haul.add(Source.STATE_VECTOR, found)
        if late:
            haul.late.append(Source.STATE_VECTOR.word)

    def _shop(self, haul: _Haul, context: Context, view: ShopperView, filters: dict[str, object]) -> None:
        """Sources that start from the shop."""
        quotas, bundle = self.quotas, self.serving.bundle
        haul.add(Source.EDITORIAL, context.editorial_ids[: quotas[Source.EDITORIAL]])
        kinds = kinds_included(self.serving.ruleset, context)
        if kinds:
            haul.add(Source.EDITORIAL, source_queries.kind_items(filters, kinds))
        if context.surface in ("search", "product"):
            return
        trend = self.serving.trend
        haul.add(Source.TRENDING, trend.top(quotas[Source.TRENDING]))
        haul.add(Source.SEGMENT_TREND, by_segment(trend.segments, context)[: quotas[Source.SEGMENT_TREND]])
        for department in self._departments(haul, context, view):
            haul.add(Source.DEPARTMENT_TREND, trend.top(quotas[Source.DEPARTMENT_TREND], department))
        newer = NewerThanBundle(self.serving.bundle_id, view.state) if bundle and self.serving.bundle_id else None
        lists = source_queries.catalogue_lists(filters, quotas, met=self._met(context), newer=newer)
        if lists is None:
            late = (Source.NEW_ARRIVALS, Source.DEALS, *((Source.COLD_ITEMS,) if newer else ()))
            haul.late.extend(source.word for source in late)
        for source, ids in (lists or {}).items():
            haul.add(source, ids)

    def _departments(self, haul: _Haul, context: Context, view: ShopperView) -> list[int]:
        """Departments of the recent history; without a bundle the favourite one alone, by the catalogue."""
        if self.serving.bundle is not None:
            recent = np.unique(view.departments[:HISTORY_ASKED])
            return [int(department) for department in recent if department > 0]
        if not len(view.profile) or not len(self.serving.trend.item_ids):
            return []
        departments = source_queries.departments_of(context.shop_id, view.profile.item_ids)
        if departments is None:
            haul.late.append(Source.DEPARTMENT_TREND.word)
            return []
        favourite = favourite_department(department_mix(departments))
        return [favourite] if favourite else []

    def _surface(self, haul: _Haul, context: Context, filters: dict[str, object]) -> None:
        """Sources that start from the page."""
        department = context.department
        if context.surface == "product" and context.anchor_item:
            department = source_queries.department_of(context.shop_id, context.anchor_item)
        if department:
            haul.add(Source.SAME_DEPARTMENT, source_queries.department_items(filters, department))
        if context.surface == "search" and context.query:
            self._search(haul, context, filters)

    def _search(self, haul: _Haul, context: Context, filters: dict[str, object]) -> None:
        matches = source_queries.word_matches(filters, context.query)
        if matches is None:
            haul.late.append(Source.SEARCH.word)
            matches = np.zeros(0, np.int64)
        quota = self.quotas[Source.SEARCH]
        meant = by_meaning(self.serving.bundle, context.query_vector, quota)
        ids = np.concatenate([matches, meant[~np.isin(meant, matches)]])[:quota]
        haul.proposals.append(Proposal(Source.SEARCH, ids, matches, np.arange(1, len(matches) + 1)))

    def _ready(self, context: Context) -> Ints:
        """The list made ahead, for a page without a bundle; one made under another arm belongs to that arm.

        While all rules are switched off, a list that rules may have made waits.
        """
        if self.serving.bundle is not None or not context.shopper_id or not context.personalise:
            return np.zeros(0, np.int64)
        if context.surface in self.serving.ruleset.plain_surfaces:
            return np.zeros(0, np.int64)
        ruleset, lists = self.serving.ruleset, PrecomputedList.objects.filter(pk=context.shopper_id, arm=context.arm)
        made = (lists.filter(ruleset_hash=ruleset.hash) if ruleset.rules_off else lists).first()
        return np.array(made.item_ids[:100] if made else [], np.int64)

    def _met(self, context: Context) -> Ints:
        if self.repeats or context.surface == "department":
            return np.zeros(0, np.int64)
        return np.union1d(context.history.item_ids, context.purchased_ids)

    def _fresh_history(self, context: Context) -> tuple[Ints, Floats]:
        """Vectors of history items, and of the page's own, that the bundle does not know."""
        bundle, bundle_id = self.serving.bundle, self.serving.bundle_id
        dim = bundle.manifest.item_dim if bundle else 0
        ids = np.unique(context.history.item_ids[-100:])
        if context.anchor_item:
            ids = np.union1d(ids, [context.anchor_item])
        unknown = ids[bundle.index_of(ids) < 0] if bundle else ids[:0]
        if bundle_id is None or not len(unknown):
            return np.zeros(0, np.int64), np.zeros((0, dim), np.float32)
        vectors = item_vectors_read(bundle_id=bundle_id, item_ids=unknown)
        there = np.isfinite(vectors).all(axis=1)
        return unknown[there], vectors[there]

    def _gathered(
        self, context: Context, facts: CandidateFacts, haul: _Haul, ready: Ints, fresh_ids: Ints, fresh_vectors: Floats
    ) -> Gathered:
        ids, bundle = facts.item_ids, self.serving.bundle
        index = bundle.index_of(ids) if bundle else np.full(len(ids), -1, np.int64)
        rows, vectors, text = self._fresh(ids, index)
        evidence = evidence_rows(haul.proposals, ids)
        tag_ids, tag_rows = tags_read(ids, self.tag_ids)
        return Gathered(
            item_ids=ids,
            index=index,
            sources=source_bits(haul.proposals, ids),
            price_minor=facts.price_minor,
            list_price_minor=facts.list_price_minor,
            published_us=coarse_times(facts.published_us, context.now_us),
            department=facts.department,
            category=facts.category,
            brand=facts.brand,
            group=facts.group,
            rating=facts.rating,
            trend=self._trend(ids),
            fresh_rows=rows,
            fresh_vectors=vectors,
            fresh_text=text,
            evidence_row=evidence[0],
            evidence_source=evidence[1],
            evidence_item=evidence[2],
            tag_ids=tag_ids,
            tag_rows=tag_rows,
            fresh_history_ids=fresh_ids,
            fresh_history_vectors=fresh_vectors,
            ready_ids=ready,
            timed_out=tuple(haul.late),
            section_appeal=self.serving.trend.section_appeal if context.surface == "homepage" else (),
            sponsored_rows=np.flatnonzero(facts.sponsored),
            small_rows=np.flatnonzero(facts.small),
            lasting_rows=np.flatnonzero(facts.lasts_days),
            lasting_days=facts.lasts_days[facts.lasts_days > 0],
        )

    def _fresh(self, ids: Ints, index: Ints) -> tuple[Ints, Floats, Floats]:
        """Rows newer than the bundle that have a vector, with item and text vectors."""
        bundle, bundle_id = self.serving.bundle, self.serving.bundle_id
        unknown = np.flatnonzero(index < 0)
        if bundle is None or bundle_id is None or not len(unknown):
            dim, text_dim = (bundle.manifest.item_dim, TEXT_DIM) if bundle else (0, 0)
            return np.zeros(0, np.int64), np.zeros((0, dim), np.float32), np.zeros((0, text_dim), np.float32)
        vectors = item_vectors_read(bundle_id=bundle_id, item_ids=ids[unknown])
        there = np.isfinite(vectors).all(axis=1)
        rows = unknown[there]
        return rows, vectors[there], fresh_text_read(ids[rows], bundle.manifest.text_encoder)

    def _trend(self, ids: Ints) -> Floats:
        trend = self.serving.trend
        order = np.argsort(trend.item_ids)
        known = trend.item_ids[order]
        if not len(known):
            return np.zeros(len(ids), np.float32)
        place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return coarse_counts(np.where(known[place] == ids, trend.counts[order][place], 0).astype(np.float32))
