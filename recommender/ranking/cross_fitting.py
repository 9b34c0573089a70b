"""Nets that tell the truth about a recipe: each is fitted on half of the shoppers and judged on the others (torch)."""

import numpy as np
import torch

from recommender.data.folds import FOLDS
from recommender.data.reward import outcome_weights
from recommender.data.types import Bools, Floats, Ints
from recommender.ranking.multi_task_net import MultiTaskNet, net_fit, net_logits
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_evaluation import HeldOut
from recommender.ranking.training_rows import TrainingRows

LATE_SHARE = 0.25
"""Share of pages, the latest, that reports are made on."""


class CrossFit:
    """Nets over one set of rows."""

    def __init__(
        self, rows: TrainingRows, offset: Floats, config: RankerConfig, seed: int, device: torch.device
    ) -> None:
        """Take the rows.

        Args:
            rows: of many pages.
            offset: (n,) examination where each card stood.
            config: of the nets.
            seed: of the first half's net; others follow it.
            device: where to train.
        """
        self.rows, self.offset, self.config, self.seed, self.device = rows, offset, config, seed, device
        self.weights = outcome_weights(rows.labels)

    def net(self, mask: Bools, seed: int) -> MultiTaskNet:
        """A net fitted on the rows where ``mask`` (n,) is true."""
        features, labels = self.rows.features[mask], self.rows.labels[mask]
        weights, offset = self.weights[mask], self.offset[mask]
        return net_fit(features, labels, weights, offset, self.config, seed=seed, device=self.device)

    def halves(self, half_of_shopper: Ints) -> tuple[list[MultiTaskNet], HeldOut]:
        """A net per half of the shoppers, and every row's logits by the net of the other half.

        Args:
            half_of_shopper: (u,) 0 or 1.
        """
        rows, half, late = self.rows, half_of_shopper[self.rows.shopper], self.late
        nets = [self.net((half == fold) & ~late, self.seed + fold) for fold in range(FOLDS)]
        logits = np.where((half == 0)[:, None], net_logits(nets[1], rows.features), net_logits(nets[0], rows.features))
        return nets, self.held_out(logits)

    @property
    def late(self) -> Bools:
        """(n,) rows of the latest pages, which no half's net is fitted on."""
        return np.asarray(self.rows.at_us >= np.quantile(self.rows.at_us, 1 - LATE_SHARE))

    def held_out(self, logits: Floats) -> HeldOut:
        """The rows with (n, H) logits of nets that never met their shoppers."""
        rows = self.rows
        return HeldOut(
            logits=logits,
            labels=np.nan_to_num(rows.labels),
            known=self.weights,
            offset=self.offset,
            exploration=rows.exploration,
            fused=rows.fused,
            page=rows.page,
            shopper=rows.shopper,
            late=self.late,
        )
