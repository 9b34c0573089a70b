"""Gather without a database: what the SQL gather proposes, found by exact search over numpy arrays.

Evaluation, benchmarks and precompute use it; it shares its contract test with ``recommender.store.gather``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.factors import FactorModel
from recommender.data.item_model import ItemModel, TableModel
from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.profile import Profile, profile_of
from recommender.data.snapshot import ItemTable
from recommender.data.types import Bools, Context, Floats, Gathered, Ints, Limits, Source
from recommender.retrieval.limits import ItemLimits
from recommender.retrieval.marks import ItemMarks
from recommender.retrieval.personal import by_content, by_segment, by_taste, due_again
from recommender.retrieval.quotas import Quotas
from recommender.retrieval.sources import CONFIG_OF, MODEL_SOURCES
from recommender.retrieval.union import Proposal, evidence_rows, source_bits, union
from recommender.retrieval.used_up import bought_days, lasting_days, used_up


@dataclass(frozen=True)
class GatherSizes:
    """Candidates each source may propose: the quotas of ``retrieval.sources``, or those that a bundle has learned."""

    state_vector: int = CONFIG_OF[Source.STATE_VECTOR].quota
    sequential_rules: int = CONFIG_OF[Source.SEQUENTIAL_RULES].quota
    item_knn: int = CONFIG_OF[Source.ITEM_KNN].quota
    similar_text: int = CONFIG_OF[Source.SIMILAR_TEXT].quota
    taste_tags: int = CONFIG_OF[Source.TASTE_TAGS].quota
    cold_items: int = CONFIG_OF[Source.COLD_ITEMS].quota
    segment_trend: int = CONFIG_OF[Source.SEGMENT_TREND].quota
    trending: int = CONFIG_OF[Source.TRENDING].quota
    models: Mapping[str, int] = field(
        default_factory=lambda: {name: CONFIG_OF[of].quota for name, of in MODEL_SOURCES.items()}
    )
    buy_again: int = 80  # asked only where repeats are allowed; what a shopper has met is then half of the truth
    used_up: int = CONFIG_OF[Source.BUY_AGAIN].quota  # of it, asked where they are not

    @classmethod
    def of(cls, quotas: Quotas) -> "GatherSizes":
        """Sizes under other quotas."""
        one_each = ("state_vector", "sequential_rules", "item_knn", "similar_text", "taste_tags", "cold_items")
        sizes = {name: quotas[Source[name.upper()]] for name in (*one_each, "segment_trend", "trending")}
        models = {name: quotas[source] for name, source in MODEL_SOURCES.items()}
        return cls(**sizes, models=models, used_up=quotas[Source.BUY_AGAIN])


RULES_HISTORY, RULES_DECAY = 10, 0.8
KNN_HISTORY, KNN_DECAY = 50, 0.95
TEXT_HISTORY, TEXT_DECAY = 10, 0.8


class ExactGather:
    """Exact search over one bundle's arrays."""

    def __init__(
        self,
        arrays: LearnedArrays,
        *,
        items: ItemTable | None = None,
        sizes: GatherSizes | None = None,
        segments: Mapping[str, Ints] | None = None,
        limits: ItemLimits | None = None,
        marks: ItemMarks | None = None,
        witnessed: bool = True,
    ) -> None:
        """Prepare what does not depend on the shopper.

        Args:
            arrays: of the bundle.
            items: facts by vocabulary index (prices, times, availability); unknown where missing.
            sizes: candidates per source.
            segments: what trends in each segment, as item ids, most wanted first.
            limits: who may see what; without, everybody everything.
            marks: what slots may be kept for, and how long things last; without, nothing is known of either.
            witnessed: whether candidates tell the history items that brought them, which reasons alone ask for.
        """
        self.arrays, self.items, self.sizes = arrays, items, sizes or GatherSizes()
        self.segments, self.limits, self.marks = segments or {}, limits, marks
        self.witnessed = witnessed
        self._kept: tuple[Limits, Bools] | None = None
        self.n = len(arrays.item_ids)
        self.rules = Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)
        self.knn = Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)
        self.text = arrays.text_whitened
        self.available = np.ones(self.n, np.bool_) if items is None else items.available
        self.by_id = np.argsort(arrays.item_ids, kind="stable")
        self.sorted_ids = arrays.item_ids[self.by_id]
        self.by_trend = np.lexsort((-arrays.popularity, -arrays.recent_popularity))

    def __call__(
        self, context: Context, *, history_index: Ints, state: Floats, repeats: bool = False, replenish: float = 0.0
    ) -> Gathered:
        """Candidates of one shopper.

        Args:
            context: who asks; ``hidden_ids`` are never proposed.
            history_index: (h,) vocabulary index of each history entry, -1 unknown.
            state: (d,) state vector.
            repeats: whether items already met may be proposed; without, they are left out …
            replenish: … but for what was bought and is used up after this share of the time that it lasts, 0 never.
        """
        made = self.many(
            [context], histories=[history_index], states=state[None], repeats=repeats, replenish=[replenish]
        )
        return made[0]

    def many(
        self,
        contexts: Sequence[Context],
        *,
        histories: Sequence[Ints],
        states: Floats,
        repeats: bool = False,
        replenish: Sequence[float] | None = None,
    ) -> list[Gathered]:
        """Candidates of b shoppers: what compares a shopper with every item is one matrix product for all of them.

        Args:
            contexts: b of them, as for ``__call__``.
            histories: their (h,) vocabulary indices.
            states: (b, d) their state vectors.
            repeats: as for ``__call__``.
            replenish: of each, as for ``__call__``; 0 for all without.
        """
        profiles = [profile_of(*pair) for pair in zip(contexts, histories, strict=True)]
        logits = states @ self.arrays.item_vectors.T + self.arrays.item_bias  # (b, n)
        texts = self._similar_texts(profiles)
        shares = [0.0] * len(contexts) if replenish is None else replenish
        asked = zip(contexts, profiles, histories, states, logits, texts, shares, strict=True)
        return [self._one(*one, repeats=repeats) for one in asked]

    def _one(
        self,
        context: Context,
        profile: Profile,
        history_index: Ints,
        state: Floats,
        near: Floats,
        text: Floats | None,
        replenish: float,
        *,
        repeats: bool,
    ) -> Gathered:
        """Candidates of one shopper, given what the state (n,) and the history's texts (n,) say of every item."""
        allowed, sizes = self._allowed(context, history_index, repeats=repeats), self.sizes
        rules, knn = profile.recent(RULES_HISTORY, RULES_DECAY), profile.recent(KNN_HISTORY, KNN_DECAY)
        similar = np.zeros(0, np.int64) if text is None else _top(text, allowed, sizes.similar_text)
        proposals = [
            self._plain(Source.STATE_VECTOR, _top(near, allowed, sizes.state_vector)),
            self._told(Source.SEQUENTIAL_RULES, *self._best(self.rules, rules, allowed, sizes.sequential_rules)),
            self._told(Source.ITEM_KNN, *self._best(self.knn, knn, allowed, sizes.item_knn)),
            self._plain(Source.SIMILAR_TEXT, similar),
            self._plain(Source.TRENDING, self.by_trend[allowed[self.by_trend]][: sizes.trending]),
            *self._by_what_it_is(context, state, allowed),
        ]
        for name, model in self.arrays.models.items():
            found, causes = self._by_model(model, profile, allowed, sizes.models[name])
            proposals.append(self._told(MODEL_SOURCES[name], found, causes))
        if repeats:
            own = self._own(context, profile, history_index, allowed)
            proposals.append(self._plain(Source.BUY_AGAIN, own))
        elif replenish and len(context.purchased_ids):
            proposals.append(self._plain(Source.BUY_AGAIN, self._used_up(context, replenish)))
        return self._gathered(proposals)

    def _best(self, table: Neighbours, recent: tuple[Ints, Floats], allowed: Bools, n: int) -> tuple[Ints, Ints]:
        """The items with the largest summed contributions above 0, and who contributed most to each, if it is told."""
        row, item, amount = table.contributions(*recent)
        total = np.bincount(item, weights=amount, minlength=len(table))
        best = _top(total, allowed & (total > 0), n)
        if not self.witnessed:
            return best, best[:0]
        is_best = np.zeros(len(table), np.bool_)
        is_best[best] = True
        kept = is_best[item]
        row, item, amount = row[kept], item[kept], amount[kept]
        weakest_first = np.argsort(-amount, kind="stable")[::-1]  # of equal ones the newest entry comes last, and stays
        cause = np.zeros(len(table), np.int64)
        cause[item[weakest_first]] = row[weakest_first]
        return best, recent[0][cause[best]]

    def _plain(self, source: Source, found: Ints) -> Proposal:
        return Proposal.plain(source, self.arrays.item_ids[found])

    def _told(self, source: Source, found: Ints, causes: Ints) -> Proposal:
        """A proposal of (p,) vocabulary indices and the history item behind each; no ``causes``, no evidence."""
        ids = self.arrays.item_ids
        return Proposal(source, ids[found], ids[found[: len(causes)]], ids[causes])

    def _by_what_it_is(self, context: Context, state: Floats, allowed: Bools) -> list[Proposal]:
        """Sources that go by tags, by content and by segment."""
        trending = self._index(by_segment(self.segments, context))
        return [
            by_taste(self.arrays, context.taste_tags, state, self.sizes.taste_tags, allowed),
            self._plain(Source.COLD_ITEMS, by_content(self.arrays, state, self.sizes.cold_items, allowed)),
            self._plain(Source.SEGMENT_TREND, trending[allowed[trending]][: self.sizes.segment_trend]),
        ]

    def _index(self, item_ids: Ints) -> Ints:
        """Vocabulary indices of those ids that the bundle knows, in their order."""
        return self._known(item_ids)[0]

    def _known(self, item_ids: Ints) -> tuple[Ints, Bools]:
        """``_index``, and which of the ids those are."""
        if not self.n:
            return np.zeros(0, np.int64), np.zeros(len(item_ids), np.bool_)
        place = np.minimum(np.searchsorted(self.sorted_ids, item_ids), self.n - 1)
        known = self.sorted_ids[place] == item_ids
        return self.by_id[place[known]], known

    def _allowed(self, context: Context, history_index: Ints, *, repeats: bool) -> Bools:
        allowed: Bools = self.available.copy() if self.limits is None else self._within(context.limits)
        if not repeats:
            allowed[history_index[history_index >= 0]] = False
        if len(context.hidden_ids):
            allowed[self._index(context.hidden_ids)] = False
        return allowed

    def _within(self, limits: Limits) -> Bools:
        """(n,) available items within the limits of a request; those of the last one are kept at hand."""
        if self._kept is None or self._kept[0] != limits:
            allow = self.limits.allow(limits) if self.limits else True
            self._kept = limits, np.asarray(self.available & allow)
        return self._kept[1].copy()

    def _similar_texts(self, profiles: Sequence[Profile]) -> list[Floats | None]:
        """Per shopper (n,) how close each item's text is to the newest of theirs; None where nothing can be said."""
        recent = [profile.recent(TEXT_HISTORY, TEXT_DECAY) for profile in profiles]
        wanted = np.stack([weight @ self.text[index] for index, weight in recent])  # (b, w)
        closeness = wanted @ self.text.T  # (b, n)
        has_text = bool(self.text.shape[1])
        return [row if has_text and len(index) else None for row, (index, _) in zip(closeness, recent, strict=True)]

    def _by_model(self, model: ItemModel, profile: Profile, allowed: Bools, n: int) -> tuple[Ints, Ints]:
        """The items that a model scores best, and the history items that speak most for them where it is a table."""
        nothing = np.zeros(0, np.int64)
        if not (profile.index >= 0).any():
            return nothing, nothing
        if isinstance(model, TableModel):
            asked = model.asking.of([profile.index])
            return self._best(model.neighbours, (asked.index, asked.weight), allowed, n)
        best = _top(model.scores([profile.index])[0], allowed, n)
        return best, self._speaks(model, profile, best) if self.witnessed else nothing

    def _speaks(self, model: ItemModel, profile: Profile, best: Ints) -> Ints:
        """(k,) the history item that speaks most for each of the best; (0,) where the model cannot name one."""
        known = profile.index[profile.index >= 0]
        entry, item = model.witnesses(known, best, 1) if isinstance(model, FactorModel) else (known[:0], known[:0])
        return known[entry[np.argsort(item)]] if len(item) == len(best) else known[:0]

    def _own(self, context: Context, profile: Profile, history_index: Ints, allowed: Bools) -> Ints:
        """Items met before: what falls due first where intervals were learned, then most often met, then latest."""
        known = profile.index[profile.index >= 0]
        index, first, counts = np.unique(known, return_index=True, return_counts=True)
        ordered = index[np.lexsort((first, -counts))]
        if len(self.arrays.replenishment):
            due = due_again(self.arrays, history_index, context.history, context.now_us)
            due = due[: CONFIG_OF[Source.BUY_AGAIN].quota]
            ordered = np.concatenate([due, ordered[~np.isin(ordered, due)]])
        return ordered[allowed[ordered]][: self.sizes.buy_again]

    def _used_up(self, context: Context, replenish: float) -> Ints:
        """Vocabulary indices of what was bought and is used up by now, what was bought longest ago first."""
        bought, days = bought_days(context)
        index, known = self._known(bought)
        days = days[known]
        told = np.zeros(len(index), np.int64) if self.marks is None else self.marks.lasts_days[index]
        over = used_up(days, lasting_days(self.arrays, index, told), replenish)
        if not over.any():
            return index[:0]
        index = index[over][np.argsort(-days[over], kind="stable")]
        allowed = self._allowed(context, index, repeats=True)
        return index[allowed[index]][: self.sizes.used_up]

    def _gathered(self, proposals: list[Proposal]) -> Gathered:
        ids = union(proposals, np.zeros(0, np.int64))
        index = self._index(ids)
        rows, kinds, causes = evidence_rows(proposals, ids)
        facts, arrays, c = self.items, self.arrays, len(index)
        nothing = np.zeros(0, np.int64)
        told = nothing if self.marks is None else self.marks.lasts_days[index]
        return Gathered(
            item_ids=ids,
            index=index,
            sources=source_bits(proposals, ids),
            price_minor=np.asarray(arrays.price_minor[index]),
            list_price_minor=np.full(c, -1, np.int64) if facts is None else facts.list_price_minor[index],
            published_us=np.zeros(c, np.int64) if facts is None else facts.published_us[index],
            department=np.asarray(arrays.department[index]),
            category=np.asarray(arrays.category[index]),
            brand=np.asarray(arrays.brand[index]),
            group=np.zeros(c, np.int64) if facts is None else facts.group[index],
            rating=np.full(c, np.nan, np.float32),
            trend=np.asarray(arrays.recent_popularity[index]),
            fresh_rows=nothing,
            fresh_vectors=np.zeros((0, arrays.item_vectors.shape[1]), np.float32),
            fresh_text=np.zeros((0, arrays.text_vectors.shape[1]), np.float32),
            evidence_row=rows,
            evidence_source=kinds,
            evidence_item=causes,
            tag_ids=nothing,
            tag_rows=nothing,
            sponsored_rows=nothing if self.marks is None else np.flatnonzero(self.marks.sponsored[index]),
            small_rows=nothing if self.marks is None else np.flatnonzero(self.marks.small[index]),
            lasting_rows=np.flatnonzero(told),
            lasting_days=told[told > 0],
        )


def _top(scores: npt.NDArray[np.number[Any]], allowed: Bools, n: int) -> Ints:
    """The ``n`` best allowed items, best first; ties go to the lower index."""
    masked = np.where(allowed, scores, -np.inf)
    n = min(n, int(allowed.sum()))
    if n == 0:
        return np.zeros(0, np.int64)
    edge = np.partition(masked, len(masked) - n)[len(masked) - n]
    best = np.flatnonzero(masked >= edge)
    return best[np.argsort(-masked[best], kind="stable")][:n].astype(np.int64)
