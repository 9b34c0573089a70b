"""What may stand in a recipe: names there are, values of their default's kind, numbers that can be built."""

import math
from enum import StrEnum
from typing import Any

from recommender.data.types import DataError

ONE_AT_LEAST = frozenset(
    {
        "accumulate",
        "batch",
        "dim",
        "embedding_dim",
        "epochs",
        "factors",
        "feed_forward",
        "hidden",
        "iterations",
        "latent",
        "max_length",
        "max_tokens",
        "n",
        "n_blocks",
        "n_heads",
        "n_negatives",
        "size",
        "steps",
        "tokens_per_batch",
        "width",
    }
)
"""Numbers of which none would leave nothing to compute."""
ABOVE_ZERO = frozenset({"clip_norm", "judge_rate", "learning_rate"})
BELOW_ONE = frozenset({"dropout", "id_dropout", "mask_share", "modality_dropout", "own_dropout", "weight_average"})
"""Shares of which the whole would leave nothing to learn from."""
PRECISIONS = ("auto", "float32", "bfloat16")


def values_merge(default: Any, given: Any, place: str = "recipe") -> Any:
    """``given`` over ``default``; a misspelt name must not leave a default in its place unnoticed.

    Raises: DataError with the place, and with what could stand there.
    """
    if isinstance(default, dict):
        if not isinstance(given, dict):
            raise DataError(f"{place} is {given!r}; it is an object with any of {', '.join(default)}")
        for name in given:
            if name not in default:
                raise DataError(f"{place} has no {name!r}; choose from {', '.join(default)}")
        return {name: values_merge(one, given.get(name, one), f"{place}.{name}") for name, one in default.items()}
    if not _is_like(default, given):
        like = f"one of {', '.join(type(default))}" if isinstance(default, StrEnum) else f"of the kind of {default!r}"
        raise DataError(f"{place} is {given!r}; it has to be {like}")
    wanted = _wanted(place.rpartition(".")[2], given)
    if wanted:
        raise DataError(f"{place} is {given!r}; it has to be {wanted}")
    return given


def _is_like(default: Any, given: Any) -> bool:
    """Whether a value is of its default's kind, as JSON knows kinds: whole numbers are numbers, truth is none."""
    if isinstance(default, StrEnum):
        return given in list(type(default))
    if isinstance(default, tuple):
        return isinstance(given, list | tuple) and all(_is_like(default[0], one) for one in given)
    if isinstance(default, bool) or isinstance(given, bool):
        return isinstance(default, bool) and isinstance(given, bool)
    if isinstance(default, float):
        return isinstance(given, int | float)
    return isinstance(given, int if isinstance(default, int) else str)


def _wanted(name: str, given: Any) -> str:
    """What a value has to be that it is not; empty where it is fine."""
    if name == "precision" and given not in PRECISIONS:
        return f"one of {', '.join(PRECISIONS)}"
    if not isinstance(given, int | float):
        return ""
    if not math.isfinite(given) or given < 0:
        return "a number that is not negative"
    if name in ONE_AT_LEAST and given < 1:
        return "1 or more"
    if name in ABOVE_ZERO and given == 0:
        return "more than 0"
    return "less than 1" if name in BELOW_ONE and given >= 1 else ""
