"""One encoder trained by a group of processes: the first reads facts and writes the outcome, the others help (torch).

    torchrun --nproc-per-node 2 manage.py train

All call ``group_joined``; rank 0 then calls ``encoder_train_together`` as often as it likes and ``helpers_dismiss`` in
the end, the others ``encoder_help``. Data travel through the group, so hosts need share no disk.
"""

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recommender.data.sequences import Sequences
from recommender.data.splits import Targets
from recommender.data.types import Bools, Floats
from recommender.encoders.checkpoints import Checkpointing
from recommender.encoders.config import EncoderConfig
from recommender.encoders.distributed import ALONE, Group
from recommender.encoders.item_facts import FactReading, ItemFacts
from recommender.encoders.trained import OnEpoch, Progress, TrainedEncoder, no_epoch, no_progress
from recommender.encoders.training_loop import encoder_train
from recommender.encoders.warm_start import WarmStart
from recommender.encoders.whitening import Whitening

_FACTS = ("brand", "category", "price_minor", "image")


@dataclass(frozen=True)
class Lesson:
    """What a training learns from: the arguments of ``training_loop.encoder_train`` that decide its outcome."""

    sequences: Sequences
    item_text: Floats | None
    config: EncoderConfig
    facts: ItemFacts | None = None
    validation: Targets | None = None
    repeats: bool = False
    seed: int = 0
    warm: WarmStart | None = None
    learn_from: Bools | None = None


def encoder_train_together(
    lesson: Lesson,
    *,
    device: str = "cpu",
    progress: Progress = no_progress,
    on_epoch: OnEpoch = no_epoch,
    checkpointing: Checkpointing | None = None,
    group: Group = ALONE,
) -> TrainedEncoder:
    """``training_loop.encoder_train`` on rank 0, with the help of the others where there are any.

    Args:
        lesson: what is learned, and how; the others of the group are sent it.
        device: where rank 0 computes.
        progress: as the next two, see ``encoder_train``.
        on_epoch: after each epoch.
        checkpointing: where to go on from.
        group: who helps.
    """
    if group.size > 1:
        group.told(*_packed(lesson))
    return encoder_train(
        lesson.sequences,
        lesson.item_text,
        lesson.config,
        facts=lesson.facts,
        validation=lesson.validation,
        repeats=lesson.repeats,
        seed=lesson.seed,
        warm=lesson.warm,
        learn_from=lesson.learn_from,
        device=device,
        progress=progress,
        on_epoch=on_epoch,
        checkpointing=checkpointing,
        group=group,
    )


def encoder_help(group: Group) -> int:
    """What the other processes do: train along until they are dismissed. Returns the trainings they helped with."""
    helped = 0
    while True:
        tensors, facts = group.told({}, {})
        if not facts:
            return helped
        lesson = _unpacked(tensors, facts)
        given = {field.name: getattr(lesson, field.name) for field in fields(lesson)}
        encoder_train(**given, group=group)
        helped += 1


def helpers_dismiss(group: Group) -> None:
    """Rank 0 needs no more help."""
    if group.size > 1:
        group.told({}, {})


_PARTS: dict[str, Any] = {
    "sequences": Sequences,
    "facts": ItemFacts,
    "validation": Targets,
    "warm": WarmStart,
    "warm.whitening": Whitening,
    "warm.facts": FactReading,
    "warm.facts.image": Whitening,
    "config": EncoderConfig,
}
"""Where a lesson holds another dataclass, and which."""


def _packed(lesson: Lesson) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A lesson as tensors and JSON, each under its path."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}

    def put(path: str, value: Any) -> None:
        if isinstance(value, torch.Tensor):
            tensors[path] = value
        elif isinstance(value, np.ndarray):
            tensors[path] = torch.from_numpy(np.array(value))
        elif isinstance(value, dict):
            for name, one in value.items():
                put(f"{path}:{name}", one)
        elif is_dataclass(value):
            for field in fields(value):
                put(f"{path}.{field.name}", getattr(value, field.name))
        else:
            plain[path] = value

    for field in fields(lesson):
        put(field.name, getattr(lesson, field.name))
    return tensors, plain


def _unpacked(tensors: dict[str, Tensor], plain: dict[str, Any]) -> Lesson:
    """What ``_packed`` took."""

    def get(path: str) -> Any:
        if path in plain:
            return plain[path]
        if path in tensors:
            return tensors[path].numpy()
        if path in _PARTS:
            kind = _PARTS[path]
            return kind(**{field.name: get(f"{path}.{field.name}") for field in fields(kind)})
        return {name.removeprefix(f"{path}:"): one for name, one in tensors.items() if name.startswith(f"{path}:")}

    return Lesson(**{field.name: get(field.name) for field in fields(Lesson)})
