"""What candidates are to the items of a shopper's profile: looked up once, read by every version of the shopper."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recommender.data.item_model import TableModel
from recommender.data.learned import LearnedArrays
from recommender.data.neighbours import Neighbours
from recommender.data.profile import Profile
from recommender.data.types import Bools, Floats, Gathered, Ints
from recommender.encoders.whitening import Whitening


@dataclass(frozen=True)
class CandidateTables:
    """Tables over u distinct items of a profile and c candidates, each made when first asked for."""

    item_ids: Ints  # (u,) sorted
    index: Ints  # (u,) vocabulary index, -1 unknown
    gathered: Gathered
    arrays: LearnedArrays
    now_us: int = 0  # time of the request, 0 where there are no times

    @classmethod
    def of(cls, profile: Profile, gathered: Gathered, arrays: LearnedArrays, now_us: int = 0) -> "CandidateTables":
        """Tables for a profile and whatever is left of it when some of its items are taken away.

        Args:
            profile: of the shopper.
            gathered: candidates.
            arrays: of the bundle.
            now_us: time of the request in microseconds since 1970; 0 where there are no times.
        """
        ids, first = np.unique(profile.item_ids, return_index=True)
        return cls(ids, profile.index[first], gathered, arrays, now_us)

    @cached_property
    def known(self) -> Bools:
        """(c,) candidates that the vocabulary has."""
        return self.gathered.index >= 0

    @cached_property
    def rules(self) -> Floats:
        """(u, c) weight of each item's rule to each candidate."""
        return self._neighbours(Neighbours(self.arrays.rules_start, self.arrays.rules_item, self.arrays.rules_weight))

    @cached_property
    def knn(self) -> Floats:
        """(u, c) cosine of each item's behaviour to each candidate's, 0 beyond its neighbours."""
        return self._neighbours(Neighbours(self.arrays.knn_start, self.arrays.knn_item, self.arrays.knn_weight))

    @cached_property
    def ease(self) -> Floats:
        """(u, c) what each item's presence says for or against each candidate; zeros without the model."""
        model = self.arrays.models.get("ease")
        if not isinstance(model, TableModel):
            return np.zeros((len(self.index), len(self.gathered)), np.float32)
        return self._neighbours(model.neighbours)

    @cached_property
    def vectors(self) -> Floats:
        """(c, d) item vectors; fresh ones for items newer than the bundle, zeros where there is none."""
        gathered, learned = self.gathered, self.arrays.item_vectors
        vectors = np.zeros((len(gathered), learned.shape[1]), np.float32)
        vectors[self.known] = learned[gathered.index[self.known]]
        if len(gathered.fresh_rows) and gathered.fresh_vectors.shape[1] == learned.shape[1]:
            vectors[gathered.fresh_rows] = gathered.fresh_vectors
        return vectors

    @cached_property
    def bias(self) -> Floats:
        """(c,) bias of the encoder's logit; the vocabulary's mean for items newer than the bundle."""
        learned = self.arrays.item_bias
        return self.of_candidates(learned, float(learned.mean()) if len(learned) else 0.0)

    @cached_property
    def text(self) -> Floats:
        """(u, c) cosine of whitened texts, 0 for items that the vocabulary does not have."""
        return np.asarray(self._item_text @ self._candidate_text.T, np.float32)

    @cached_property
    def text_gram(self) -> Floats:
        """(u, u) products of the items' whitened texts with each other."""
        return np.asarray(self._item_text @ self._item_text.T, np.float32)

    @cached_property
    def attributes(self) -> tuple[Floats, Floats, Floats]:
        """(u, c) 1 where an item has the candidate's brand, its category, its department; 0 where it has none."""
        arrays, gathered = self.arrays, self.gathered
        return (
            self._same(arrays.brand, gathered.brand),
            self._same(arrays.category, gathered.category),
            self._same(arrays.department, gathered.department),
        )

    @cached_property
    def column(self) -> Ints:
        """(u,) the candidate that each item is, -1 where it is none."""
        item, candidate = np.nonzero(self.item_ids[:, None] == self.gathered.item_ids)
        column = np.full(len(self.item_ids), -1, np.int64)
        column[item] = candidate
        return column

    def of_candidates(self, values: npt.NDArray[np.generic], missing: float) -> Floats:
        """(c,) ``values`` (n,) of the candidates; ``missing`` where the vocabulary does not have one."""
        if not len(values):
            return np.full(len(self.gathered), missing, np.float32)
        return np.asarray(np.where(self.known, values[self.gathered.index], missing), np.float32)

    def _neighbours(self, table: Neighbours) -> Floats:
        there = np.flatnonzero(self.index >= 0)
        row, entry = table.entries(self.index[there])
        candidate = self._place[table.item[entry]]
        kept = np.flatnonzero(candidate >= 0)
        weights = np.zeros((len(self.index), len(self.gathered)), np.float32)
        weights[there[row[kept]], candidate[kept]] = table.weight[entry[kept]]
        return weights

    @cached_property
    def _place(self) -> Ints:
        """(n,) candidate of each vocabulary item, -1 for those that are none."""
        place = np.full(len(self.arrays.item_ids), -1, np.int64)
        place[self.gathered.index[self.known]] = np.flatnonzero(self.known)
        return place

    @cached_property
    def _item_text(self) -> Floats:
        """(u, w) whitened text vectors of the items, zeros where unknown."""
        whitened = self.arrays.text_whitened
        text = np.zeros((len(self.index), whitened.shape[1]), np.float32)
        there = self.index >= 0
        text[there] = whitened[self.index[there]]
        return text

    @cached_property
    def _candidate_text(self) -> Floats:
        """(c, w) whitened text vectors; those of items newer than the bundle are whitened here."""
        gathered, arrays = self.gathered, self.arrays
        text = np.zeros((len(gathered), arrays.text_whitened.shape[1]), np.float32)
        text[self.known] = arrays.text_whitened[gathered.index[self.known]]
        if len(gathered.fresh_rows) and gathered.fresh_text.shape[1] == arrays.text_vectors.shape[1]:
            text[gathered.fresh_rows] = Whitening(arrays.text_mean, arrays.text_whitening).apply(gathered.fresh_text)
        return text

    def _same(self, of_vocabulary: Ints, of_candidates: Ints) -> Floats:
        there = self.index >= 0
        same = np.zeros((len(self.index), len(of_candidates)), np.float32)
        same[there] = (of_vocabulary[self.index[there]][:, None] == of_candidates) & (of_candidates != 0)
        return same
