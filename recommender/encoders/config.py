"""The shop's default configuration of everything learned from behaviour.

``manage.py train``, ``evaluate`` and ``benchmark sequences`` read these same defaults: a figure measured on a public
data set is a figure of the product.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from recommender.collaborative.item_knn import ItemKnnConfig
from recommender.collaborative.popularity import PopularityConfig
from recommender.collaborative.sequential_rules import SequentialRulesConfig


@dataclass(frozen=True)
class EncoderConfig:
    """The causal Transformer and how it is trained."""

    embedding_dim: int = 64
    n_blocks: int = 2
    n_heads: int = 2
    feed_forward: int = 4  # hidden width as a multiple of embedding_dim
    max_length: int = 50  # entries read, newest last
    dropout: float = 0.3
    text_dim: int = 128  # whitened text dimensions that are projected into the item vector
    id_dropout: float = 0.1  # share of input entries that show their text part alone, so unseen items are understood
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 100
    tokens_per_batch: int = 2048
    epochs: int = 40
    patience: int = 3  # epochs without a better validation before training stops
    clip_norm: float = 1.0
    full_softmax_below: int = 20_000  # vocabulary size from which negatives are sampled
    n_negatives: int = 4096
    validation_users: int = 2000
    precision: str = "auto"  # float32, bfloat16, or auto: bfloat16 where the processor multiplies it in hardware


@dataclass(frozen=True)
class LearningConfig:
    """Every behaviour model of a bundle."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    rules: SequentialRulesConfig = field(default_factory=SequentialRulesConfig)
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "LearningConfig":
        """The configuration that ``to_json`` wrote."""
        return cls(
            EncoderConfig(**content["encoder"]),
            SequentialRulesConfig(**content["rules"]),
            ItemKnnConfig(**content["item_knn"]),
            PopularityConfig(**content["popularity"]),
        )


SHOP_DEFAULTS = LearningConfig()
