"""Outputs of finished steps on disk, so that a killed training goes on where it was."""

import json
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from recommender.data.files import whole_folder

_FOLDER = "training"


class Workspace:
    """One folder per training with one sub-folder per finished step; a sub-folder is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, step: str) -> bool:
        """Whether a step has finished."""
        return (self.folder / step).is_dir()

    def path(self, step: str) -> Path:
        """Folder of a finished step."""
        return self.folder / step

    @contextmanager
    def writing(self, step: str) -> Iterator[Path]:
        """A folder for a step's output, kept when the block ends well."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with whole_folder(self.folder / step) as draft:
            yield draft

    def json(self, step: str, name: str = "about") -> dict[str, Any]:
        """What a step wrote with ``json_write``."""
        content: dict[str, Any] = json.loads((self.folder / step / f"{name}.json").read_text())
        return content

    def array(self, step: str, name: str) -> npt.NDArray[Any]:
        """An array that a step wrote."""
        found: npt.NDArray[Any] = np.load(self.folder / step / f"{name}.npy", allow_pickle=False)
        return found

    def remove(self) -> None:
        """Everything has found its final place."""
        shutil.rmtree(self.folder, ignore_errors=True)


def workspace_of(home: Path, job_id: UUID, fingerprint: str) -> Workspace:
    """Workspace of a job below ``home``; another recipe or other code (``fingerprint``) finds no step finished."""
    return Workspace(home / _FOLDER / f"{job_id}_{fingerprint[:16]}")


def workspaces_prune(home: Path, wanted: Collection[UUID], before: datetime) -> int:
    """Remove workspaces that no job in ``wanted`` will come back to and nobody has touched since ``before``.

    They hold shoppers' ids and histories, so they must not outlive their purpose.

    Returns: how many.
    """
    names = {str(job_id) for job_id in wanted}
    left = [folder for folder in (home / _FOLDER).glob("*") if folder.name.partition("_")[0] not in names]
    old = [folder for folder in left if folder.stat().st_mtime < before.timestamp()]
    for folder in old:
        Workspace(folder).remove()
    return sum(not folder.exists() for folder in old)


def json_write(folder: Path, content: dict[str, Any], name: str = "about") -> None:
    """Write a step's facts."""
    (folder / f"{name}.json").write_text(json.dumps(content, indent=2, sort_keys=True))


def arrays_write(folder: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write a step's arrays."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
