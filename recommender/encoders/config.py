"""The shop's default configuration of everything learned from behaviour.

``manage.py train``, ``evaluate`` and ``benchmark sequences`` read these same defaults: a figure measured on a public
data set is a figure of the product.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from recommender.collaborative.als import AlsConfig
from recommender.collaborative.ease import EaseConfig
from recommender.collaborative.item_knn import ItemKnnConfig
from recommender.collaborative.popularity import PopularityConfig
from recommender.collaborative.sequential_rules import SequentialRulesConfig
from recommender.collaborative.vae import VaeConfig

FAMILIES = ("transformer", "masked", "gru", "lstm", "convolution")
"""Names of the sequence encoders; ``families`` says what they are."""

TIMED = ("transformer", "masked")
"""Those that can read the time between entries."""

LOSSES = ("auto", "full", "sampled", "gbce")
"""Names of the losses; ``losses.loss_choose`` says what they are."""


@dataclass(frozen=True)
class EncoderConfig:
    """A sequence encoder and how it is trained."""

    family: str = "transformer"  # one of FAMILIES
    embedding_dim: int = 64
    n_blocks: int = 2
    n_heads: int = 2  # of families with attention
    time_bias: bool = False  # attention also learns what the time between two entries means
    mask_share: float = 0.3  # entries hidden in training, of the masked family
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
    loss: str = "auto"  # one of LOSSES; auto: full below ``full_softmax_below`` items, sampled from there on
    full_softmax_below: int = 20_000
    n_negatives: int = 4096  # of the sampled losses, shared by a batch
    gbce_calibration: float = 0.75  # 0: plain binary cross-entropy, 1: probabilities as of all negatives
    validation_users: int = 2000
    precision: str = "auto"  # float32, bfloat16, or auto: bfloat16 where the processor multiplies it in hardware

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises: ValueError.
        """
        for name, value, known in (("family", self.family, FAMILIES), ("loss", self.loss, LOSSES)):
            if value not in known:
                raise ValueError(f"there is no {name} {value!r}; choose one of {', '.join(known)}")
        if self.embedding_dim % self.n_heads:
            raise ValueError(f"{self.embedding_dim} dimensions do not divide among {self.n_heads} heads")
        if self.time_bias and self.family not in TIMED:
            raise ValueError(
                f"{self.family} reads no times; set time_bias to false or choose one of {', '.join(TIMED)}"
            )


@dataclass(frozen=True)
class LearningConfig:
    """Every behaviour model of a bundle."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    rules: SequentialRulesConfig = field(default_factory=SequentialRulesConfig)
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    models: tuple[str, ...] = ("ease", "als")  # of collaborative.models, those that a bundle carries besides the above
    ease: EaseConfig = field(default_factory=EaseConfig)
    als: AlsConfig = field(default_factory=AlsConfig)
    vae: VaeConfig = field(default_factory=VaeConfig)

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
            tuple(content["models"]),
            EaseConfig(**content["ease"]),
            AlsConfig(**content["als"]),
            VaeConfig(**content["vae"]),
        )


SHOP_DEFAULTS = LearningConfig()
