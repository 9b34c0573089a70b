"""Files that are either whole or absent, and the sums that vouch for them."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def whole_folder(final: Path) -> Iterator[Path]:
    """A temporary folder beside ``final`` that takes its name only when the block ends well."""
    draft = final.with_name(f".{final.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
