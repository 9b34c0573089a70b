"""The mean of a model's weights over its latest steps, steadier and better than the weights of any one step (torch).

    mean ← d · mean + (1 − d) · weights,   d = min(decay, (1 + t) / (10 + t)) after step t

A fresh model's first weights say nothing, so the mean forgets quickly at first.

Reference: Polyak and Juditsky, 1992; Tarvainen and Valpola, 2017.
"""

import copy

import torch

from recommender.encoders.sequence_model import SequenceModel


class WeightAverage:
    """A model whose weights follow those of the one in training."""

    def __init__(self, model: SequenceModel, decay: float) -> None:
        """Begin with the weights as they are; ``decay`` 0 follows at once.

        What is given and not learned, such as text vectors, is shared with ``model``.
        """
        self.decay = decay
        self.model: SequenceModel = copy.deepcopy(model, {id(given): given for given in model.buffers()})

    @torch.no_grad()
    def follow(self, model: SequenceModel, step: int) -> None:
        """Take in the weights after ``step`` (from 1)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, weights in zip(self.model.parameters(), model.parameters(), strict=True):
            mean.lerp_(weights, 1 - decay)
