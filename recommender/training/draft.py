"""A bundle in the making: what the finished steps have left, opened when a later step asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.event_weights import DeedWeights, EventWeights
from recommender.data.item_model import ItemModel
from recommender.data.item_model_files import item_model_read
from recommender.data.snapshot import Snapshot
from recommender.data.snapshot_files import snapshot_open
from recommender.data.splits import Targets
from recommender.data.types import Floats
from recommender.encoders.distributed import ALONE, Group
from recommender.encoders.item_facts import ItemFacts
from recommender.language.text_encoder import TextEncoder
from recommender.models import BundleVersion
from recommender.ranking.fusion import FusionWeights
from recommender.serving.bundle import ARRAYS, BundleArrays
from recommender.serving.onnx_model import OnnxStateEncoder
from recommender.training.holdout import Holdout, holdout_make
from recommender.training.recipe import TrainingRecipe
from recommender.training.workspace import Workspace

Report = Callable[[float, float], None]
"""Called with (done, total) of the current step."""


@dataclass(frozen=True)
class Draft:
    """One training: its orders and its workspace."""

    shop: Shop
    recipe: TrainingRecipe
    until: datetime
    workspace: Workspace
    device: str
    update_from: BundleVersion | None = None  # the bundle whose encoder is taught what is new; None: from scratch
    group: Group = ALONE  # processes that train the encoder together

    @property
    def fingerprint(self) -> str:
        """Identity of this training."""
        return self.recipe.fingerprint(shop_id=self.shop.pk, until=self.until)

    @cached_property
    def snapshot(self) -> Snapshot:
        """Facts to learn from."""
        return snapshot_open(self.workspace.path("snapshot"))

    @cached_property
    def holdout(self) -> Holdout:
        """What is learned and what is kept back."""
        return holdout_make(self.snapshot, self.recipe.holdout)

    @cached_property
    def text_vectors(self) -> Floats:
        """(n, 384) text vectors, zero rows where an item has no text."""
        vectors: Floats = self.workspace.array("texts", "vectors")
        return vectors

    @property
    def texts_to_read(self) -> Floats | None:
        """Text vectors for an encoder; None where no item has a text."""
        return self.text_vectors if self.text_vectors.any() else None

    @property
    def stop_targets(self) -> Targets | None:
        """What the shoppers who stop a training did next; None where there are none."""
        return self.holdout.thirds.stop if len(self.holdout.thirds.stop) else None

    @property
    def deed_weights(self) -> DeedWeights:
        """What the kinds of deeds weigh in the tables."""
        weights = EventWeights.from_json(self.workspace.json("tables", "event_weights"))
        return DeedWeights(weights, self.recipe.event_weights)

    @property
    def item_facts(self) -> ItemFacts:
        """What the item tower reads besides texts."""
        items, images = self.snapshot.items, self.workspace.array("images", "vectors")
        return ItemFacts(items.brand, items.category, items.price_minor, images if images.shape[1] else None)

    @property
    def text_encoder(self) -> TextEncoder:
        """The exported text encoder."""
        return TextEncoder(Path(self.workspace.json("texts")["folder"]))

    @property
    def update_since_us(self) -> int:
        """End of what the encoder to be updated has learned from, microseconds UTC."""
        until = datetime.fromisoformat(self.update_from.window["until"]) if self.update_from else self.until
        return microseconds(until)

    @cached_property
    def arrays(self) -> BundleArrays:
        """All arrays of the bundle."""
        return BundleArrays(**{name: self._array(name) for name in ARRAYS}, models=self._models())

    def _models(self) -> dict[str, ItemModel]:
        """The collaborative models that were learned."""
        n = len(self.snapshot.items)
        folders = sorted((self.workspace.path("models") / "learned").glob("*"))
        return {folder.name: item_model_read(folder, n_items=n) for folder in folders}

    def _array(self, name: str) -> np.ndarray:
        items, relations = self.snapshot.items, self.snapshot.relations
        by_tag = np.lexsort((relations.tagged, relations.tag))
        facts = {
            "tag": relations.tag[by_tag],
            "tagged": relations.tagged[by_tag],
            "item_ids": items.ids,
            "department": items.department,
            "category": items.category,
            "brand": items.brand,
            "price_minor": items.price_minor,
        }
        if name in facts:
            return facts[name]
        if name == "text_vectors":
            return self.text_vectors.astype(np.float16)
        learned_by_encoder = name in ("item_vectors", "item_bias", "text_mean", "text_whitening")
        return self.workspace.array("encoder" if learned_by_encoder else "tables", name)

    @cached_property
    def state_encoder(self) -> OnnxStateEncoder:
        """The exported state encoder."""
        config = self.recipe.learning.encoder
        path = self.workspace.path("encoder") / "state_encoder.onnx"
        return OnnxStateEncoder(path, dim=config.embedding_dim, max_length=config.max_length)

    @cached_property
    def fusion(self) -> FusionWeights:
        """The fitted fusion."""
        return FusionWeights.from_json(self.workspace.json("fusion")["fusion"])
