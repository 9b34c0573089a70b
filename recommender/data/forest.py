"""Boosted trees in LightGBM's text form, run by LightGBM's own library without its Python package.

``import lightgbm`` brings scikit-learn, pandas and pyarrow along wherever they are installed: some 80 MB and 0.6 s in
every web process. The library behind it takes 2 MB and 4 ms, and the four functions called here are its stable C
interface. Training uses the package as usual.
"""

import ctypes
import importlib.util
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from recommender.data.types import ArtifactMismatch, Floats

_FLOAT32, _ROW_MAJOR, _RAW_SCORE, _ALL_TREES = 0, 1, 1, -1
_ONE_THREAD = b"num_threads=1"


class Forest:
    """A sum of trees, opened at its first use; in a fixed order, so a row's value depends on nothing but the row."""

    def __init__(self, text: str) -> None:
        """Take a model in LightGBM's text form; it is parsed when the first row comes."""
        self.text = text

    @property
    def names(self) -> tuple[str, ...]:
        """Features in the order of a row's columns; empty where the text names none."""
        for line in self.text.split("\n", 20)[:20]:
            if line.startswith("feature_names="):
                return tuple(line.removeprefix("feature_names=").split())
        return ()

    def predict(self, rows: Floats) -> Floats:
        """Sums of the trees' leaves.

        Args:
            rows: (r, F) float32, columns as ``names``.
        Returns: (r,) float32.
        Raises: ArtifactMismatch if the text is no model or the rows have another width.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise ArtifactMismatch(f"the trees read {len(self.names)} features, the rows have shape {rows.shape}")
        if not len(rows):
            return np.zeros(0, np.float32)
        rows = np.ascontiguousarray(rows, np.float32)
        found, count = np.empty(len(rows), np.float64), ctypes.c_int64()
        _checked(
            _library().LGBM_BoosterPredictForMat(
                self._model.handle,
                rows.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(_FLOAT32),
                ctypes.c_int32(rows.shape[0]),
                ctypes.c_int32(rows.shape[1]),
                ctypes.c_int(_ROW_MAJOR),
                ctypes.c_int(_RAW_SCORE),
                ctypes.c_int(0),
                ctypes.c_int(_ALL_TREES),
                _ONE_THREAD,
                ctypes.byref(count),
                found.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        return found.astype(np.float32)

    def open(self) -> None:
        """Parse the model now instead of at the first row."""
        _ = self._model

    @cached_property
    def _model(self) -> "_Model":
        return _Model(self.text)


class _Model:
    """Owner of a model in the library's memory."""

    def __init__(self, text: str) -> None:
        self.handle, trees = ctypes.c_void_p(), ctypes.c_int()
        library = _library()
        _checked(library.LGBM_BoosterLoadModelFromString(text.encode(), ctypes.byref(trees), ctypes.byref(self.handle)))

    def __del__(self) -> None:
        if self.handle:
            _library().LGBM_BoosterFree(self.handle)


def _checked(status: int) -> None:
    if status != 0:
        reason = ctypes.string_at(_library().LGBM_GetLastError()).decode(errors="replace")
        raise ArtifactMismatch(f"the second stage's trees cannot be used ({reason}); train again or roll back")


@cache
def _library() -> ctypes.CDLL:
    """LightGBM's library.

    Raises: ArtifactMismatch if the package ``lightgbm`` is not installed.
    """
    package = importlib.util.find_spec("lightgbm")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for file in sorted(Path(folder).glob("lib/lib_lightgbm.*")):
            library = ctypes.CDLL(str(file))
            library.LGBM_GetLastError.restype = ctypes.c_void_p
            return library
    raise ArtifactMismatch("LightGBM's library is not installed; run make install")
