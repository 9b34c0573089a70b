"""How well an encoder in training predicts what held-out shoppers did next (torch)."""

import numpy as np
import torch

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.encoders.batches import histories_newest
from recommender.encoders.distributed import ALONE, Group
from recommender.encoders.sequence_model import SequenceModel

ROWS = 256  # shoppers scored at once


@torch.no_grad()
def ndcg_validate(
    model: SequenceModel,
    sequences: Sequences,
    validation: Targets,
    *,
    repeats: bool,
    device: torch.device,
    n: int = 10,
    group: Group = ALONE,
) -> float:
    """Mean NDCG@n of the encoder alone over held-out shoppers, all items ranked, ties against the model.

    Args:
        model: in training; it is left in evaluation mode.
        sequences: behaviour before the targets.
        validation: what the shoppers did next; the first ``validation_users`` of the configuration are asked.
        repeats: whether items already met are ranked as well.
        device: where the model is.
        n: length of the lists.
        group: its processes divide the shoppers among them, and all get the same answer.
    Returns: NaN where nobody is held out.
    Reference: Järvelin, Kekäläinen, 2002.
    """
    model.eval()
    rows = np.arange(len(validation))[: model.config.validation_users][group.rank :: group.size]
    vectors = model.tower()
    gains = [
        _gains(model, vectors, sequences, validation, rows[begin : begin + ROWS], repeats=repeats, device=device, n=n)
        for begin in range(0, len(rows), ROWS)
    ]
    told = [sum(float(part.sum()) for part in gains), float(len(rows))]
    total, users = group.total(torch.tensor(told, device=device, dtype=torch.float64)).tolist()
    return total / users if users else float("nan")


def _gains(
    model: SequenceModel,
    vectors: torch.Tensor,
    sequences: Sequences,
    validation: Targets,
    rows: np.ndarray,
    *,
    repeats: bool,
    device: torch.device,
    n: int,
) -> np.ndarray:
    """(r,) NDCG@n per shopper."""
    histories = histories_newest(sequences, validation.users[rows], model.config.max_length)
    arrays = (histories.items, histories.kinds, histories.lengths, histories.hours)
    last = model.final(vectors, *(torch.from_numpy(array).to(device) for array in arrays))
    scores = (last @ vectors.T + model.tower.bias).cpu().numpy()
    gains = np.zeros(len(rows))
    for place, row in enumerate(rows):
        if not repeats:
            scores[place, sequences.items_of(int(validation.users[row]))] = -np.inf
        wanted = validation.of(int(row))
        wanted = wanted[wanted >= 0]
        ranks = np.array([(scores[place] >= scores[place, item]).sum() for item in wanted])  # 1 is the best
        ranks = np.sort(ranks) if len(ranks) else ranks
        hits = ranks[ranks <= n]
        ideal = (1 / np.log2(np.arange(min(len(validation.of(int(row))), n)) + 2)).sum()
        gains[place] = (1 / np.log2(hits + 1)).sum() / ideal
    return gains
