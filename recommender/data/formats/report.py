"""Every line of an import is imported, repaired or set aside, and the three add up to the input."""

import csv
import gzip
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from recommender.data.types import DataError

_FORMULA_START = ("=", "+", "-", "@", "\t")
_KEPT_CHARACTERS = 2_000


@dataclass
class ImportReport:
    """Counts by cause. Lines set aside are kept in ``aside_path`` with their number and reason.

    A repaired line was imported after a repair; it is counted under its first repair only.
    """

    aside_path: Path | None = None
    imported: int = 0
    repaired: Counter[str] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    faults: list[str] = field(default_factory=list)  # what stopped the file early, with its line
    _stream: TextIO | None = None

    def take(self, repair: str = "", *, lines: int = 1) -> None:
        """Count a line, or several, imported after ``repair`` if one is named."""
        self.lines += lines
        if repair:
            self.repaired[repair] += lines
        else:
            self.imported += lines

    def set_aside(self, number: int, reason: str, raw: str) -> None:
        """Count and keep a line that is not imported."""
        self.lines += 1
        self.aside[reason] += 1
        if self.aside_path is not None:
            row = [number, reason, _neutral(raw[:_KEPT_CHARACTERS])]
            csv.writer(self._open(self.aside_path)).writerow(row)

    def stop(self, fault: str) -> None:
        """Note what ended the reading before the end of the file."""
        self.faults.append(fault)

    def close(self) -> None:
        """Finish the file of lines set aside."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def balance(self) -> None:
        """Check that nothing is lost.

        Raises: DataError if the counts do not add up to the lines read.
        """
        total = self.imported + self.repaired.total() + self.aside.total()
        if total != self.lines:
            raise DataError(
                f"{self.lines} lines were read but {total} are accounted for: this is a defect, please report it"
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a job's result."""
        return {
            "lines": self.lines,
            "imported": self.imported,
            "repaired": dict(self.repaired),
            "aside": dict(self.aside),
            "faults": list(self.faults),
            "aside_file": str(self.aside_path) if self.aside and self.aside_path else "",
        }

    def _open(self, path: Path) -> TextIO:
        if self._stream is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = gzip.open(path, "wt", encoding="utf-8", newline="")  # noqa: SIM115 (close() ends it)
            csv.writer(self._stream).writerow(["line", "reason", "content"])
        return self._stream


def _neutral(raw: str) -> str:
    """``raw`` so that a spreadsheet shows it and never runs it."""
    return f"'{raw}" if raw.startswith(_FORMULA_START) else raw
