"""What a training is asked to do: every number that can change its outcome, and the identity they have together."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from recommender.data.event_weights import EventWeightsConfig
from recommender.data.preprocessing import PreprocessingConfig
from recommender.data.segment_learning import SegmentsConfig
from recommender.data.types import DataError
from recommender.encoders.config import SHOP_DEFAULTS, LearningConfig
from recommender.encoders.image_training import ImageConfig
from recommender.encoders.start_states_training import StartStateConfig
from recommender.encoders.update import UpdateConfig
from recommender.evaluation.promotion_gate import GateConfig
from recommender.language.text_encoder_export import TextEncoderConfig
from recommender.policy.dqn_training import DqnConfig
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.second_stage_training import SecondStageConfig
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.training.recipe_values import values_merge

VERSION = 4  # raise when equal recipes give other bundles


@dataclass(frozen=True)
class HoldoutConfig:
    """Which shoppers' newest step is kept back to stop, fuse and judge with."""

    max_users: int = 3000
    min_length: int = 3  # entries a shopper needs


@dataclass(frozen=True)
class DoubtConfig:
    """Small encoders of other seeds beside the one that serves, whose disagreement tells how sure one can be."""

    members: int = 0  # 0: none

    def __post_init__(self) -> None:
        """One has nobody to disagree with.

        Raises: ValueError.
        """
        if self.members == 1:
            raise ValueError("doubt.members is 1; one encoder cannot disagree, name 2 or more, or 0 for none")


@dataclass(frozen=True)
class TrainingRecipe:
    """Everything a training depends on besides the facts."""

    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    event_weights: EventWeightsConfig = field(default_factory=EventWeightsConfig)
    text: TextEncoderConfig = field(default_factory=TextEncoderConfig)
    images: ImageConfig = field(default_factory=ImageConfig)
    learning: LearningConfig = SHOP_DEFAULTS
    update: UpdateConfig = field(default_factory=UpdateConfig)
    doubt: DoubtConfig = field(default_factory=DoubtConfig)
    start_states: StartStateConfig = field(default_factory=StartStateConfig)
    second_stage: SecondStageConfig = field(default_factory=SecondStageConfig)
    ranker: RankerConfig = field(default_factory=RankerConfig)
    policy: DqnConfig = field(default_factory=DqnConfig)
    segments: SegmentsConfig = field(default_factory=SegmentsConfig)
    holdout: HoldoutConfig = field(default_factory=HoldoutConfig)
    gate: GateConfig = field(default_factory=GateConfig)
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "TrainingRecipe":
        """The recipe that ``to_json`` wrote; what is missing keeps its default.

        Raises: ValueError for a name that no recipe has, a value of another kind, and what cannot be built.
        """
        whole = values_merge(cls().to_json(), content)
        for name in whole["learning"]["models"]:
            if name not in MODEL_SOURCES:
                raise DataError(f"recipe.learning.models names {name!r}; choose from {', '.join(MODEL_SOURCES)}")
        return cls(
            preprocessing=PreprocessingConfig(**whole["preprocessing"]),
            event_weights=EventWeightsConfig(**whole["event_weights"]),
            text=TextEncoderConfig(**whole["text"]),
            images=ImageConfig(**whole["images"]),
            learning=LearningConfig.from_json(whole["learning"]),
            update=UpdateConfig(**whole["update"]),
            doubt=DoubtConfig(**whole["doubt"]),
            start_states=StartStateConfig.from_json(whole["start_states"]),
            second_stage=SecondStageConfig(**whole["second_stage"]),
            ranker=RankerConfig(**whole["ranker"]),
            policy=DqnConfig(**whole["policy"]),
            segments=SegmentsConfig(**whole["segments"]),
            holdout=HoldoutConfig(**whole["holdout"]),
            gate=GateConfig(**whole["gate"]),
            seed=int(whole["seed"]),
        )

    def fingerprint(self, *, shop_id: int, until: datetime) -> str:
        """Identity of a training: this recipe on the facts of a shop up to a moment."""
        whole = {"version": VERSION, "shop": shop_id, "until": until.isoformat(), "recipe": self.to_json()}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
