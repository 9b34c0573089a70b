"""The shop's default configuration of everything learned from behaviour.

``manage.py train``, ``evaluate`` and ``benchmark sequences`` read these same defaults: a figure measured on a public
data set is a figure of the product.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from recommender.collaborative.als import AlsConfig
from recommender.collaborative.ease import EaseConfig
from recommender.collaborative.gan import GanConfig
from recommender.collaborative.graph import GraphConfig
from recommender.collaborative.item_knn import ItemKnnConfig
from recommender.collaborative.popularity import PopularityConfig
from recommender.collaborative.sequential_rules import SequentialRulesConfig
from recommender.collaborative.vae import VaeConfig
from recommender.data.negatives import WAYS

FAMILIES = ("transformer", "masked", "gru", "lstm", "convolution")
"""Names of the sequence encoders; ``families`` says what they are."""

TIMED = ("transformer", "masked")
"""Those that can read the time between entries."""

TOWERS = ("sum", "network")
"""How the item tower joins its parts: added, or added with what a small network makes of all of them."""

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
    mask_share: float = 0.15  # entries hidden in training, of the masked family
    feed_forward: int = 4  # hidden width as a multiple of embedding_dim
    max_length: int = 50  # entries read, newest last
    dropout: float = 0.3
    text_dim: int = 128  # whitened text dimensions that are projected into the item vector
    image_dim: int = 64  # whitened image dimensions that are projected into the item vector
    tower: str = "sum"  # one of TOWERS
    modality_dropout: float = 0.1  # share of items that a batch sees without their text, their picture, …
    id_dropout: float = 0.1  # share of input entries that show what is known of them alone: unseen items are understood
    stranger_share: float = 0.0  # share of items that a batch takes for unseen ones, as answers too
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 100
    tokens_per_batch: int = 2048
    epochs: int = 100  # at most
    patience: int = 3  # epochs without a better validation before training stops …
    patience_steps: int = 400  # … and at least so many steps: an epoch of little behaviour has few, and says little
    weight_average: float = 0.998  # of the weights that are judged and kept (``averaging``); 0: those of the last step
    clip_norm: float = 1.0
    loss: str = "auto"  # one of LOSSES; auto: full below ``full_softmax_below`` items, sampled from there on
    full_softmax_below: int = 20_000
    n_negatives: int = 4096  # of the sampled losses, shared by a batch
    negatives: str = "popularity"  # one of data.negatives.WAYS: how the sampled softmax draws them
    negative_power: float = 0.75  # of the counts that ``popularity`` draws by
    hard_negatives: int = 0  # items besides that the model at present scores best, wrongly
    gbce_calibration: float = 0.75  # 0: plain binary cross-entropy, 1: probabilities as of all negatives
    validation_users: int = 2000
    precision: str = "auto"  # float32, bfloat16, or auto: bfloat16 where the processor multiplies it in hardware
    accumulate: int = 1  # batches whose gradients are added up before a step
    deterministic: bool = False  # only algorithms that give equal bits for equal inputs, also on a GPU
    augment_below: int = 20  # sequences with fewer entries are varied, by these shares (0: not at all):
    crop_share: float = 0.0  # … of sequences, of which a random run of entries is read
    hide_share: float = 0.0  # … of entries that are left out of what is read, though they stay what is predicted
    reorder_share: float = 0.0  # … of sequences, of which a short run is read in another order
    substitute_share: float = 0.0  # … of entries that are read as an item similar to theirs
    adversarial: float = 0.0  # length of the worst small change of item vectors, as a share of theirs; 0: none
    adversarial_weight: float = 0.5  # of the loss under that change
    logq: float = 1.0  # 1: learns how popular items are, 0: learns what popularity does not explain
    inverse_propensity: float = 0.0  # answers count (1 / share of the item)^this, so that rare ones are heard

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises: ValueError.
        """
        for name, value, known in (
            ("family", self.family, FAMILIES),
            ("loss", self.loss, LOSSES),
            ("tower", self.tower, TOWERS),
            ("way to draw negatives", self.negatives, WAYS),
        ):
            if value not in known:
                raise ValueError(f"there is no {name} {value!r}; choose one of {', '.join(known)}")
        if self.embedding_dim % self.n_heads:
            raise ValueError(f"{self.embedding_dim} dimensions do not divide among {self.n_heads} heads")
        if self.time_bias and self.family not in TIMED:
            raise ValueError(
                f"{self.family} reads no times; set time_bias to false or choose one of {', '.join(TIMED)}"
            )
        for name in (
            "modality_dropout",
            "id_dropout",
            "stranger_share",
            "crop_share",
            "hide_share",
            "reorder_share",
            "substitute_share",
            "logq",
            "inverse_propensity",
            "weight_average",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a share between 0 and 1")
        if self.family == "masked" and self.substitute_share:
            raise ValueError("the masked family predicts what it reads, so substitute_share must be 0")
        if self.accumulate < 1 or self.adversarial < 0 or self.adversarial_weight < 0:
            raise ValueError("accumulate is at least 1; adversarial and adversarial_weight are not negative")


@dataclass(frozen=True)
class LearningConfig:
    """Every behaviour model of a bundle."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    rules: SequentialRulesConfig = field(default_factory=SequentialRulesConfig)
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    models: tuple[str, ...] = ("ease",)  # of collaborative.models, those that a bundle carries besides the above
    ease: EaseConfig = field(default_factory=EaseConfig)
    als: AlsConfig = field(default_factory=AlsConfig)
    vae: VaeConfig = field(default_factory=VaeConfig)
    graph: GraphConfig = field(default_factory=GraphConfig)
    gan: GanConfig = field(default_factory=GanConfig)

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
            GraphConfig(**content["graph"]),
            GanConfig(**content["gan"]),
        )


SHOP_DEFAULTS = LearningConfig()
