"""Gather without a database: what the SQL gather proposes, found by exact search over numpy arrays.

Evaluation, benchmarks and precompute use it; it shares its contract test with ``recommender.store_gather``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.data.item_model import ItemModel, TableModel
from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.profile import Profile, profile_of
from recommender.data.snapshot import ItemTable
from recommender.data.types import Bits, Bools, Context, Floats, Gathered, Ints, Source
from recommender.retrieval.sources import CONFIG_OF, MODEL_SOURCES


@dataclass(frozen=True)
class GatherSizes:
    """Candidates each source may propose: the quotas of ``retrieval.sources``."""

    state_vector: int = CONFIG_OF[Source.STATE_VECTOR].quota
    sequential_rules: int = CONFIG_OF[Source.SEQUENTIAL_RULES].quota
    item_knn: int = CONFIG_OF[Source.ITEM_KNN].quota
    similar_text: int = CONFIG_OF[Source.SIMILAR_TEXT].quota
    trending: int = CONFIG_OF[Source.TRENDING].quota
    models: Mapping[str, int] = field(
        default_factory=lambda: {name: CONFIG_OF[of].quota for name, of in MODEL_SOURCES.items()}
    )
    buy_again: int = 80  # asked only where repeats are allowed; what a shopper has met is then half of the truth


RULES_HISTORY, RULES_DECAY = 10, 0.8
KNN_HISTORY, KNN_DECAY = 50, 0.95
TEXT_HISTORY, TEXT_DECAY = 10, 0.8

Proposal = tuple[Source, Ints]
Evidence = tuple[Source, Ints, Ints]  # (e,) vocabulary index proposed, (e,) history item id that proposed it


class ExactGather:
    """Exact search over one bundle's arrays."""

    def __init__(
        self, arrays: LearnedArrays, *, items: ItemTable | None = None, sizes: GatherSizes | None = None
    ) -> None:
        """Prepare what does not depend on the shopper.

        Args:
            arrays: of the bundle.
            items: facts by vocabulary index (prices, times, availability); unknown where missing.
            sizes: candidates per source.
        """
        self.arrays, self.items, self.sizes = arrays, items, sizes or GatherSizes()
        self.n = len(arrays.item_ids)
        self.rules = Neighbours(arrays.rules_start, arrays.rules_item, arrays.rules_weight)
        self.knn = Neighbours(arrays.knn_start, arrays.knn_item, arrays.knn_weight)
        self.text = arrays.text_whitened
        self.available = np.ones(self.n, np.bool_) if items is None else items.available
        self.by_id = np.argsort(arrays.item_ids, kind="stable")
        self.sorted_ids = arrays.item_ids[self.by_id]
        self.by_trend = np.lexsort((-arrays.popularity, -arrays.recent_popularity))

    def __call__(self, context: Context, *, history_index: Ints, state: Floats, repeats: bool = False) -> Gathered:
        """Candidates of one shopper.

        Args:
            context: who asks; ``hidden_ids`` are never proposed.
            history_index: (h,) vocabulary index of each history entry, -1 unknown.
            state: (d,) state vector.
            repeats: whether items already met may be proposed; without, they are left out.
        """
        return self.many([context], histories=[history_index], states=state[None], repeats=repeats)[0]

    def many(
        self, contexts: Sequence[Context], *, histories: Sequence[Ints], states: Floats, repeats: bool = False
    ) -> list[Gathered]:
        """Candidates of b shoppers: what compares a shopper with every item is one matrix product for all of them.

        Args:
            contexts: b of them, as for ``__call__``.
            histories: their (h,) vocabulary indices.
            states: (b, d) their state vectors.
            repeats: as for ``__call__``.
        """
        profiles = [profile_of(*pair) for pair in zip(contexts, histories, strict=True)]
        logits = states @ self.arrays.item_vectors.T + self.arrays.item_bias  # (b, n)
        texts = self._similar_texts(profiles)
        return [
            self._one(context, profile, self._allowed(context, index, repeats=repeats), near, text, repeats=repeats)
            for context, profile, index, near, text in zip(contexts, profiles, histories, logits, texts, strict=True)
        ]

    def _one(
        self, context: Context, profile: Profile, allowed: Bools, near: Floats, text: Floats | None, *, repeats: bool
    ) -> Gathered:
        """Candidates of one shopper, given what the state (n,) and the history's texts (n,) say of every item."""
        proposals: list[Proposal] = [(Source.STATE_VECTOR, _top(near, allowed, self.sizes.state_vector))]
        evidence: list[Evidence] = []
        for source, table, size, recent in (
            (
                Source.SEQUENTIAL_RULES,
                self.rules,
                self.sizes.sequential_rules,
                profile.recent(RULES_HISTORY, RULES_DECAY),
            ),
            (Source.ITEM_KNN, self.knn, self.sizes.item_knn, profile.recent(KNN_HISTORY, KNN_DECAY)),
        ):
            found, causes = _neighbours_best(table, recent, allowed, size)
            proposals.append((source, found))
            evidence.append((source, found, self.arrays.item_ids[causes]))
        similar = np.zeros(0, np.int64) if text is None else _top(text, allowed, self.sizes.similar_text)
        proposals.append((Source.SIMILAR_TEXT, similar))
        for name, model in self.arrays.models.items():
            found, causes = self._by_model(model, profile, allowed, self.sizes.models[name])
            proposals.append((MODEL_SOURCES[name], found))
            evidence.append((MODEL_SOURCES[name], found[: len(causes)], self.arrays.item_ids[causes]))
        proposals.append((Source.TRENDING, self.by_trend[allowed[self.by_trend]][: self.sizes.trending]))
        if repeats:
            proposals.append((Source.BUY_AGAIN, self._own(profile, allowed)))
        return self._gathered(proposals, evidence)

    def _allowed(self, context: Context, history_index: Ints, *, repeats: bool) -> Bools:
        allowed: Bools = self.available.copy()
        if not repeats:
            allowed[history_index[history_index >= 0]] = False
        if len(context.hidden_ids) and self.n:
            place = np.minimum(np.searchsorted(self.sorted_ids, context.hidden_ids), self.n - 1)
            allowed[self.by_id[place[self.sorted_ids[place] == context.hidden_ids]]] = False
        return allowed

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
            return _neighbours_best(model.neighbours, (asked.index, asked.weight), allowed, n)
        return _top(model.scores([profile.index])[0], allowed, n), nothing

    def _own(self, profile: Profile, allowed: Bools) -> Ints:
        """Items met before: most often first, then latest."""
        known = profile.index[profile.index >= 0]
        index, first, counts = np.unique(known, return_index=True, return_counts=True)
        ordered = index[np.lexsort((first, -counts))]
        return ordered[allowed[ordered]][: self.sizes.buy_again]

    def _gathered(self, proposals: list[Proposal], evidence: list[Evidence]) -> Gathered:
        index = np.unique(np.concatenate([found for _, found in proposals]))
        sources: Bits = np.zeros(len(index), np.uint32)
        for source, found in proposals:
            sources[np.searchsorted(index, found)] |= np.uint32(1 << source)
        rows = np.concatenate([np.searchsorted(index, found) for _, found, _ in evidence])
        kinds = np.concatenate([np.full(len(found), source, np.int64) for source, found, _ in evidence])
        causes = np.concatenate([items for _, _, items in evidence])
        facts, arrays, c = self.items, self.arrays, len(index)
        nothing = np.zeros(0, np.int64)
        return Gathered(
            item_ids=np.asarray(arrays.item_ids[index]),
            index=index,
            sources=sources,
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
        )


def _top(scores: Floats, allowed: Bools, n: int) -> Ints:
    """The ``n`` best allowed items, best first; ties go to the lower index."""
    masked = np.where(allowed, scores, -np.inf)
    n = min(n, int(allowed.sum()))
    if n == 0:
        return np.zeros(0, np.int64)
    edge = np.partition(masked, len(masked) - n)[len(masked) - n]
    best = np.flatnonzero(masked >= edge)
    return best[np.argsort(-masked[best], kind="stable")][:n].astype(np.int64)


def _neighbours_best(table: Neighbours, recent: tuple[Ints, Floats], allowed: Bools, n: int) -> tuple[Ints, Ints]:
    """The items with the largest summed contributions above 0, and the history item that contributed most to each."""
    row, item, amount = table.contributions(*recent)
    total = np.bincount(item, weights=amount, minlength=len(table))
    found = np.flatnonzero((total > 0) & allowed)
    best = found[np.argsort(-total[found], kind="stable")[:n]]
    is_best = np.zeros(len(table), np.bool_)
    is_best[best] = True
    kept = is_best[item]
    row, item, amount = row[kept], item[kept], amount[kept]
    weakest_first = np.argsort(-amount, kind="stable")[::-1]  # of equal ones the newest entry comes last, and stays
    cause = np.zeros(len(table), np.int64)
    cause[item[weakest_first]] = row[weakest_first]
    return best, recent[0][cause[best]]
