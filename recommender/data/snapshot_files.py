"""A snapshot's identity and its form on disk: one ``.npy`` per column and a line of JSON."""

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.files import whole_folder
from recommender.data.snapshot import ImpressionTable, InteractionTable, ItemTable, Snapshot
from recommender.data.types import DataError, Ints

_TABLES = {"items": ItemTable, "interactions": InteractionTable, "impressions": ImpressionTable}


def snapshot_seal(
    *,
    shop_id: int,
    until_us: int,
    items: ItemTable,
    shopper_ids: Ints,
    interactions: InteractionTable,
    impressions: ImpressionTable | None,
) -> Snapshot:
    """A snapshot of these tables: arrays made read-only, fingerprint of the content (not of the time it was taken)."""
    draft = Snapshot(shop_id, until_us, items, shopper_ids, interactions, impressions, fingerprint="")
    digest = hashlib.sha256(str(shop_id).encode())
    for name, array in _arrays(draft).items():
        array.flags.writeable = False
        digest.update(f"\0{name}{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    digest.update("\0".join(items.texts).encode())
    return replace(draft, fingerprint=digest.hexdigest())


def snapshot_save(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot; ``folder`` appears only when it is complete."""
    with whole_folder(folder) as draft:
        snapshot_write(snapshot, draft)


def snapshot_write(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot into a folder that stands already."""
    for name, array in _arrays(snapshot).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    about = {"shop_id": snapshot.shop_id, "until_us": snapshot.until_us, "fingerprint": snapshot.fingerprint}
    about |= {"texts": snapshot.items.texts, "impressions": snapshot.impressions is not None}
    (folder / "snapshot.json").write_text(json.dumps(about, ensure_ascii=False))


def snapshot_open(folder: Path) -> Snapshot:
    """Read a snapshot back; its columns stay on disk, mapped into memory.

    Raises:
        DataError: if the folder is not one, or its columns are not those that were written.
    """
    try:
        about = json.loads((folder / "snapshot.json").read_text())
        tables = {
            name: _table_open(folder, name, about["texts"])
            for name in _TABLES
            if name != "impressions" or about["impressions"]
        }
        shopper_ids = _column_open(folder / "shopper_ids.npy")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} holds no complete snapshot ({error}); take it again") from error
    snapshot = snapshot_seal(
        shop_id=about["shop_id"],
        until_us=about["until_us"],
        items=tables["items"],
        shopper_ids=shopper_ids,
        interactions=tables["interactions"],
        impressions=tables.get("impressions"),
    )
    if snapshot.fingerprint != about["fingerprint"]:
        raise DataError(f"columns of {folder} were altered (fingerprint differs); take the snapshot again")
    return snapshot


def _arrays(snapshot: Snapshot) -> dict[str, Any]:
    arrays = {"shopper_ids": snapshot.shopper_ids}
    for name in _TABLES:
        table = getattr(snapshot, name)
        for field in fields(table) if table is not None else ():
            if field.name != "texts":
                arrays[f"{name}.{field.name}"] = getattr(table, field.name)
    return arrays


def _table_open(folder: Path, name: str, texts: list[str]) -> Any:
    kind = _TABLES[name]
    columns: dict[str, Any] = {
        field.name: _column_open(folder / f"{name}.{field.name}.npy") for field in fields(kind) if field.name != "texts"
    }
    return kind(**columns, texts=tuple(texts)) if kind is ItemTable else kind(**columns)


def _column_open(file: Path) -> npt.NDArray[Any]:
    """A column as the system maps it: what is not read costs no memory, and what is can be given back."""
    mapped: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)
