"""GAN recommender: a generator of tastes that a discriminator cannot tell from real ones; what serving needs."""

from dataclasses import dataclass

from recommender.data.item_model import Asking


@dataclass(frozen=True)
class GanConfig:
    """Both networks, how they are trained, and how the generator is asked."""

    hidden: int = 128
    dropout: float = 0.5  # share of a shopper's items that are hidden from the generator
    masked: float = 4.0  # items not met that are shown to the discriminator, per item met (partial masking)
    zeros: float = 4.0  # items not met whose score is held at 0, per item met (zero reconstruction)
    zeros_weight: float = 0.5  # of that penalty beside the discriminator's verdict
    learning_rate: float = 1e-3  # of the generator
    judge_rate: float = 3e-4  # learning rate of the discriminator
    weight_decay: float = 1e-4
    batch: int = 256  # shoppers
    steps: int = 20_000
    check_every: int = 250  # steps between validations
    patience: int = 8  # validations without a better one before training stops
    minutes: float = 10.0  # the longest that training goes on
    stoppers: int = 1000  # shoppers whose newest item is kept back to stop with, at most a fifth of all
    max_items: int = 20_000  # the items met most often are learned, the others are left to other models
    max_user_items: int = 500  # the newest items of one shopper that count
    history: int = 100  # newest entries that are asked
    decay: float = 0.9  # weight of an entry = decay ** (its age in steps)

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        return Asking(self.history, self.decay)
