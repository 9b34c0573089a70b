"""What the pure rooms read of a bundle: ``serving.bundle.BundleArrays`` fits, and so does a test's stand-in."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from recommender.data.item_model import ItemModel
from recommender.data.types import Floats, Ints


class LearnedArrays(Protocol):
    """Arrays over a vocabulary of ``n`` items; the names and shapes are those of ``BundleArrays``."""

    @property
    def item_ids(self) -> Ints:
        """(n,) database or file ids."""

    @property
    def item_vectors(self) -> Floats:
        """(n, d); logit = state · vector + bias."""

    @property
    def item_bias(self) -> Floats:
        """(n,)."""

    @property
    def text_vectors(self) -> npt.NDArray[np.float16]:
        """(n, 384) unit length, zero rows where an item has no text; (n, 0) where nothing has."""

    @property
    def text_mean(self) -> Floats:
        """(384,)."""

    @property
    def text_whitening(self) -> Floats:
        """(384, w)."""

    @property
    def text_whitened(self) -> Floats:
        """(n, w) whitened text vectors of unit length; (n, 0) where there is no text."""

    @property
    def department(self) -> Ints:
        """(n,) category id, 0 none."""

    @property
    def category(self) -> Ints:
        """(n,) category id, 0 none."""

    @property
    def brand(self) -> Ints:
        """(n,) brand id, 0 none."""

    @property
    def price_minor(self) -> Ints:
        """(n,) -1 unknown."""

    @property
    def popularity(self) -> Floats:
        """(n,) interactions in the window."""

    @property
    def recent_popularity(self) -> Floats:
        """(n,) decayed count."""

    @property
    def replenishment(self) -> Floats:
        """(n, 3) intervals between repeat purchases, columns of ``collaborative.replenishment``; (0, 3) unknown."""

    @property
    def rules_start(self) -> Ints:
        """(n+1,) sequential rules, CSR by item."""

    @property
    def rules_item(self) -> Ints:
        """(r,) consequents."""

    @property
    def rules_weight(self) -> Floats:
        """(r,) weights."""

    @property
    def knn_start(self) -> Ints:
        """(n+1,) neighbours, CSR by item."""

    @property
    def knn_item(self) -> Ints:
        """(k,) neighbours."""

    @property
    def knn_weight(self) -> Floats:
        """(k,) similarities."""

    @property
    def tag(self) -> Ints:
        """(t,) tags of items, ascending; none in bundles of older versions."""

    @property
    def tagged(self) -> Ints:
        """(t,) vocabulary index of the item that bears each of them."""

    @property
    def hardly_met(self) -> Ints:
        """Vocabulary indices of items that hardly anybody has met, newest first."""

    @property
    def models(self) -> Mapping[str, ItemModel]:
        """Collaborative models by the names of ``retrieval.sources.MODEL_SOURCES``, as many as were learned."""
