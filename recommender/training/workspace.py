"""Outputs of finished steps on disk, so that a killed training goes on where it was."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.files import whole_folder


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


def json_write(folder: Path, content: dict[str, Any], name: str = "about") -> None:
    """Write a step's facts."""
    (folder / f"{name}.json").write_text(json.dumps(content, indent=2, sort_keys=True))


def arrays_write(folder: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write a step's arrays."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
