"""Several processes, on one host or many, that train one model together (torch).

``torchrun`` starts them and names each in the environment (RANK, WORLD_SIZE, MASTER_ADDR …). They speak over gloo on
CPUs and over NCCL on GPUs. Only tensors and JSON travel between them.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from recommender.encoders.devices import device_choose

CPU = torch.device("cpu")
PATIENCE = timedelta(hours=6)  # how long a helper waits for the first process to reach the encoder


@dataclass(frozen=True)
class Group:
    """The processes of a training and which of them this one is. Rank 0 alone reads and writes."""

    rank: int = 0
    size: int = 1
    device: torch.device = CPU

    def total(self, values: Tensor) -> Tensor:
        """The sum of everybody's ``values``, the same bits for all."""
        if self.size == 1:
            return values
        distributed.all_reduce(values)
        return values

    def told(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """What rank 0 hands in, for everybody; what others hand in is not looked at."""
        if self.size == 1:
            return dict(tensors), dict(facts)
        shapes = {name: (list(one.shape), _name_of(one.dtype)) for name, one in tensors.items()}
        header = self._words_told(json.dumps({"facts": facts, "shapes": shapes}))
        found = {}
        for name, (shape, dtype) in header["shapes"].items():
            mine = tensors[name].to(self.device).contiguous() if self.rank == 0 else None
            one = torch.empty(shape, dtype=getattr(torch, dtype), device=self.device) if mine is None else mine
            distributed.broadcast(one, src=0)
            found[name] = one.cpu()
        return found, header["facts"]

    def _words_told(self, words: str) -> dict[str, Any]:
        data = np.frombuffer(words.encode(), np.uint8)
        length = torch.tensor([len(data)], device=self.device)
        distributed.broadcast(length, src=0)
        if self.rank == 0:
            buffer = torch.from_numpy(data.copy()).to(self.device)
        else:
            buffer = torch.empty(int(length), dtype=torch.uint8, device=self.device)
        distributed.broadcast(buffer, src=0)
        content: dict[str, Any] = json.loads(buffer.cpu().numpy().tobytes())
        return content


ALONE = Group()


def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def is_launched() -> bool:
    """Whether torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def group_joined(device: str) -> Iterator[Group]:
    """The group that torchrun made of this process and others; ``ALONE`` where it did not.

    Args:
        device: cpu, cuda or auto.
    """
    if not is_launched():
        yield ALONE
        return
    chosen = device_choose(device)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Group(distributed.get_rank(), distributed.get_world_size(), chosen)
        distributed.barrier()  # nobody leaves while another still listens
    finally:
        distributed.destroy_process_group()
