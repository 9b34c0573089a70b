"""One step of learning: gradients of a few batches, added up over processes, clipped and applied (torch)."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from recommender.data.types import DataError
from recommender.encoders.adversarial import adversarial_shift
from recommender.encoders.batches import Batch
from recommender.encoders.config import EncoderConfig
from recommender.encoders.distributed import Group
from recommender.encoders.losses import loss_choose
from recommender.encoders.sequence_model import SequenceModel


class Optimisation:
    """A model under AdamW, with warm-up and clipping.

    Args:
        model: on its device.
        config: of training.
        item_counts: (n,) how often each item was met.
        dtype: of the large products; on a GPU, of the whole model's.
        group: the processes that train together; each is given its share of every batch.
    """

    def __init__(
        self, model: SequenceModel, config: EncoderConfig, item_counts: Tensor, dtype: torch.dtype, group: Group
    ) -> None:
        self.model, self.config, self.group, self.dtype = model, config, group, dtype
        self.device = item_counts.device
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
        )
        self.measure = loss_choose(config, item_counts, dtype)
        self.steps = 0

    def step(self, batches: Sequence[Batch]) -> float | None:
        """Learn from batches as if they were one.

        Returns: mean loss per answer in nats, None where nothing was asked.
        Raises: DataError if the loss is infinite or NaN.
        """
        self.steps += 1
        warmth = min(1.0, self.steps / max(self.config.warmup_steps, 1))
        for options in self.optimiser.param_groups:
            options["lr"] = self.config.learning_rate * warmth
        self.optimiser.zero_grad(set_to_none=True)
        alone = self.group.size == 1 and len(batches) == 1
        parts = [self._gradients_add(batch, alone=alone) for batch in batches if len(batch.items)]
        lost, answers = sum(part[0] for part in parts), sum(part[1] for part in parts)
        if not alone:
            lost, answers = self._gradients_share(lost, answers)
        if not answers:
            return None
        if not math.isfinite(lost):
            raise DataError(
                f"the loss is {lost} at step {self.steps}, so nothing more can be learned; lower learning_rate, or "
                "look for infinite values among the items' vectors"
            )
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimiser.step()
        return lost / answers

    def _gradients_add(self, batch: Batch, *, alone: bool) -> tuple[float, int]:
        """Summed loss and number of answers of a batch; gradients are of the mean if ``alone``, else of the sum."""
        arrays = (batch.items, batch.kinds, batch.lengths, batch.hours, batch.targets)
        tensors = tuple(torch.from_numpy(array).to(self.device) for array in arrays)
        loss, vectors, answers = self._loss(tensors)
        if not answers:
            return 0.0, 0
        if self.config.adversarial:
            shift = adversarial_shift(loss, vectors, self.config.adversarial)
            attacked, _, others = self._loss(tensors, shift)
            loss = loss + self.config.adversarial_weight * attacked if others else loss
        (loss if alone else loss * answers).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach()) * answers, answers

    def _loss(self, tensors: tuple[Tensor, ...], shift: Tensor | None = None) -> tuple[Tensor, Tensor, int]:
        """Mean loss of a batch, (n, d) vectors of all items, number of answers."""
        with self._mixed():
            states, answers, vectors = self.model(*tensors, shift=shift)
        if not len(answers):
            return states.sum() * 0.0, vectors, 0
        return self.measure(states.float(), vectors, self.model.tower.bias, answers), vectors, len(answers)

    @contextmanager
    def _mixed(self) -> Iterator[None]:
        """On a GPU the model computes in ``dtype`` where that is safe; weights and losses stay in float32."""
        wanted = self.device.type == "cuda" and self.dtype == torch.bfloat16
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=wanted):
            yield

    def _gradients_share(self, lost: float, answers: int) -> tuple[float, int]:
        """Gradients of the mean over everybody's batches; their summed loss and number of answers."""
        parameters = [one for one in self.model.parameters() if one.requires_grad]
        slopes = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
        counts = torch.tensor([lost, answers], device=self.device, dtype=torch.float64)
        counts = self.group.total(counts)
        lost, answers = float(counts[0]), int(counts[1])
        flat = self.group.total(torch.cat([slope.reshape(-1) for slope in slopes])) / max(answers, 1)
        begin = 0
        for one in parameters:
            one.grad = flat[begin : begin + one.numel()].view_as(one)
            begin += one.numel()
        return lost, answers

    def tensors(self) -> dict[str, Tensor]:
        """Moments of the optimiser, for a checkpoint."""
        states: dict[int, dict[str, Tensor]] = self.optimiser.state_dict()["state"]
        return {f"{number}.{name}": value for number, state in states.items() for name, value in state.items()}

    def tensors_load(self, tensors: dict[str, Tensor]) -> None:
        """Take up the moments that ``tensors`` gave."""
        whole: dict[str, Any] = self.optimiser.state_dict()
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            number, _, name = key.partition(".")
            states.setdefault(int(number), {})[name] = value
        self.optimiser.load_state_dict({**whole, "state": states})
