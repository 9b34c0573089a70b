"""Collaborative models on disk: a folder each, arrays and ONNX beside a page that says how they are asked."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.factors import FactorModel, Factors, Fold, Network, Ridge, Sum
from recommender.data.item_model import Asking, ItemModel, TableModel
from recommender.data.neighbours import Neighbours
from recommender.data.types import ArtifactMismatch, DataError, Floats

_ABOUT, _GRAPH = "about.json", "network.onnx"
_TABLE = ("start", "item", "weight")


def item_model_write(folder: Path, model: ItemModel) -> None:
    """Write a model into ``folder``, which is made.

    Raises: DataError for a form that is neither a table nor factors.
    """
    folder.mkdir(parents=True)
    about: dict[str, Any] = {"asking": asdict(model.asking)}
    if isinstance(model, TableModel):
        about["form"] = "table"
        arrays = {name: getattr(model.neighbours, name) for name in _TABLE}
    elif isinstance(model, FactorModel):
        factors = model.factors
        about["form"] = "factors"
        arrays = {"inward": factors.inward, "outward": factors.outward, "bias": factors.bias}
        arrays |= _fold_write(folder, factors.fold, about)
    else:
        raise DataError(f"{type(model).__name__} is neither a table nor factors and cannot be stored")
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    (folder / _ABOUT).write_text(json.dumps(about, indent=2, sort_keys=True))


def item_model_read(folder: Path, *, n_items: int) -> ItemModel:
    """The model that ``item_model_write`` wrote, its arrays memory-mapped.

    Raises: ArtifactMismatch if a file is missing or unreadable, or the model is not of ``n_items`` finite items.
    """
    try:
        about = json.loads((folder / _ABOUT).read_text())
        model = _model_open(folder, about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactMismatch(f"the model {folder.name} cannot be read ({error}); train again or roll back") from error
    if len(model) != n_items:
        raise ArtifactMismatch(f"the model {folder.name} knows {len(model)} items, expected {n_items}")
    return model


def _fold_write(folder: Path, fold: Fold, about: dict[str, Any]) -> dict[str, Floats]:
    """Write what a fold needs; its arrays are returned."""
    about["fold"] = {"kind": type(fold).__name__.lower()}
    if isinstance(fold, Sum):
        about["fold"]["mean"] = fold.mean
    elif isinstance(fold, Ridge):
        about["fold"]["confidence"] = fold.confidence
        return {"gram": fold.gram}
    elif isinstance(fold, Network):
        (folder / _GRAPH).write_bytes(fold.graph)
    else:
        raise DataError(f"{type(fold).__name__} is no fold that can be stored")
    return {}


def _model_open(folder: Path, about: dict[str, Any]) -> ItemModel:
    asking = Asking(**about["asking"])
    if about["form"] == "table":
        table = Neighbours(*(_array(folder, name) for name in _TABLE))
        if table.start[-1] != len(table.item) or len(table.item) != len(table.weight):
            raise ValueError("the table does not cover its items")
        return TableModel(table, asking)
    inward, outward, bias = (_array(folder, name) for name in ("inward", "outward", "bias"))
    if not len(inward) == len(outward) == len(bias):
        raise ValueError("factors of different numbers of items")
    return FactorModel(Factors(inward, outward, bias, _fold_open(folder, about["fold"])), asking)


def _fold_open(folder: Path, about: dict[str, Any]) -> Fold:
    if about["kind"] == "ridge":
        return Ridge(_array(folder, "gram"), float(about["confidence"]))
    if about["kind"] == "network":
        return Network((folder / _GRAPH).read_bytes())
    return Sum(bool(about["mean"]))


def _array(folder: Path, name: str) -> npt.NDArray[Any]:
    # The plain view reads the same mapped pages without the cost of the memmap class on each slice.
    array: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values")
    return array
