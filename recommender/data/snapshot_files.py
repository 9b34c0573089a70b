"""A snapshot's identity and its form on disk: one ``.npy`` per column and a line of JSON."""

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.files import whole_folder
from recommender.data.relations import RelationTable
from recommender.data.snapshot import ImpressionTable, InteractionTable, ItemTable, ShopperTable, Snapshot
from recommender.data.types import DataError

_TABLES: dict[str, Any] = {
    "items": ItemTable,
    "shoppers": ShopperTable,
    "interactions": InteractionTable,
    "impressions": ImpressionTable,
    "relations": RelationTable,
}
_WORDS = {"items": ("texts",), "shoppers": ("segments", "languages")}
"""Fields that hold words; all others are columns."""


def snapshot_seal(
    *,
    shop_id: int,
    until_us: int,
    items: ItemTable,
    shoppers: ShopperTable,
    interactions: InteractionTable,
    impressions: ImpressionTable | None,
    relations: RelationTable,
) -> Snapshot:
    """A snapshot of these tables: arrays made read-only, fingerprint of the content (not of the time it was taken)."""
    draft = Snapshot(shop_id, until_us, items, shoppers, interactions, impressions, relations, fingerprint="")
    digest = hashlib.sha256(str(shop_id).encode())
    for name, array in _arrays(draft).items():
        array.flags.writeable = False
        digest.update(f"\0{name}{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    for name, words in _words(draft).items():
        digest.update(f"\0{name}{len(words)}\0".encode())
        digest.update("\0".join(words).encode())
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
    about |= {"words": _words(snapshot), "impressions": snapshot.impressions is not None}
    (folder / "snapshot.json").write_text(json.dumps(about, ensure_ascii=False))


def snapshot_open(folder: Path) -> Snapshot:
    """Read a snapshot back; its columns stay on disk, mapped into memory.

    Raises:
        DataError: if the folder is not one, or its columns are not those that were written.
    """
    try:
        about = json.loads((folder / "snapshot.json").read_text())
        tables = {
            name: _table_open(folder, name, about["words"])
            for name in _TABLES
            if name != "impressions" or about["impressions"]
        }
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{folder} holds no complete snapshot ({error}); take it again") from error
    snapshot = snapshot_seal(
        shop_id=about["shop_id"],
        until_us=about["until_us"],
        items=tables["items"],
        shoppers=tables["shoppers"],
        interactions=tables["interactions"],
        impressions=tables.get("impressions"),
        relations=tables["relations"],
    )
    if snapshot.fingerprint != about["fingerprint"]:
        raise DataError(f"columns of {folder} were altered (fingerprint differs); take the snapshot again")
    return snapshot


def _arrays(snapshot: Snapshot) -> dict[str, Any]:
    tables = {name: table for name in _TABLES if (table := getattr(snapshot, name)) is not None}
    return {f"{name}.{one}": getattr(table, one) for name, table in tables.items() for one in _columns(name)}


def _words(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    return {f"{name}.{one}": getattr(getattr(snapshot, name), one) for name, ones in _WORDS.items() for one in ones}


def _columns(name: str) -> list[str]:
    return [one.name for one in fields(_TABLES[name]) if one.name not in _WORDS.get(name, ())]


def _table_open(folder: Path, name: str, words: dict[str, list[str]]) -> Any:
    columns = {one: _column_open(folder / f"{name}.{one}.npy") for one in _columns(name)}
    return _TABLES[name](**columns, **{one: tuple(words[f"{name}.{one}"]) for one in _WORDS.get(name, ())})


def _column_open(file: Path) -> npt.NDArray[Any]:
    """A column as the system maps it: what is not read costs no memory, and what is can be given back."""
    mapped: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)
