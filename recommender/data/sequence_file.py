"""Files of lines ``user item item …`` and of item texts: the form public benchmarks exchange."""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from recommender.data.sequences import Sequences, sequences_from_lists
from recommender.data.types import DataError, Ints

MAX_LINE = 10_000_000  # bytes


@dataclass(frozen=True)
class SequenceFile:
    """A file's behaviour under random indices, with the file's own ids to translate back."""

    user_ids: tuple[str, ...]  # (u,) id of each sequence
    item_ids: tuple[str, ...]  # (n,) id of each vocabulary index
    sequences: Sequences


@dataclass(frozen=True)
class ItemTexts:
    """What a file says about the items of a vocabulary; brand and categories are numbered from 1, 0 is none."""

    texts: tuple[str, ...]  # (n,) blank where the file has none
    brand: Ints  # (n,)
    category: Ints  # (n,)
    department: Ints  # (n,)


def sequence_file_read(path: Path, *, seed: int) -> SequenceFile:
    """Read lines ``user item item …``, oldest item first, plain or gzip.

    Users and items get random indices, because an index by first appearance would tell how old an item is.

    Args:
        path: the file.
        seed: of the permutation.
    Raises: DataError with the line number where a line has no item or is not text.
    """
    lists: dict[str, list[str]] = {}
    with _open(path) as stream:
        for number, line in enumerate(_lines(stream, path), start=1):
            words = line.split()
            if not words:
                continue
            if "\0" in line:
                raise DataError(f"line {number} of {path.name} holds a NUL byte: this is not a text file")
            if len(words) < 2:
                raise DataError(
                    f"line {number} of {path.name}: a line is a user and at least one item, found {words[0]!r}"
                )
            if words[0] in lists:
                raise DataError(f"line {number} of {path.name}: user {words[0]!r} appeared before; one line per user")
            lists[words[0]] = words[1:]
    if not lists:
        raise DataError(f"{path.name} has no lines; expected lines of the form: user item item …")
    rng = np.random.default_rng(seed)
    items = sorted({item for one in lists.values() for item in one})
    items = [items[place] for place in rng.permutation(len(items))]
    users = sorted(lists)
    users = [users[place] for place in rng.permutation(len(users))]
    index = {item: place for place, item in enumerate(items)}
    sequences = sequences_from_lists([[index[item] for item in lists[user]] for user in users], len(items))
    return SequenceFile(tuple(users), tuple(items), sequences)


def item_texts_read(path: Path, item_ids: tuple[str, ...]) -> ItemTexts:
    """Read JSON lines: ``item_id`` and any of ``text``, ``title``, ``description``, ``attributes``, ``brand``.

    ``attributes`` lists words, read as brand (the first) and a path of categories; all of it is text.

    Args:
        path: plain or gzip.
        item_ids: the vocabulary; lines about other items are left out.
    Raises: DataError with the line number where a line is no such object.
    """
    index = {item: place for place, item in enumerate(item_ids)}
    texts = [""] * len(item_ids)
    words: list[list[str]] = [[] for _ in item_ids]
    with _open(path) as stream:
        for number, line in enumerate(_lines(stream, path), start=1):
            if not line.strip():
                continue
            entry = _object(line, number, path)
            place = index.get(str(entry["item_id"]))
            if place is not None:
                texts[place], words[place] = _text_of(entry), _attributes_of(entry)
    return ItemTexts(
        tuple(texts),
        brand=numbered([one[0] if one else "" for one in words]),
        category=numbered([" / ".join(one[1:]) if len(one) > 1 else "" for one in words]),
        department=numbered([one[1] if len(one) > 1 else "" for one in words]),
    )


def _object(line: str, number: int, path: Path) -> dict[str, object]:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise DataError(f"line {number} of {path.name} is not JSON ({error})") from error
    if not isinstance(entry, dict) or "item_id" not in entry:
        raise DataError(f'line {number} of {path.name}: expected an object with "item_id"')
    return entry


def _attributes_of(entry: dict[str, object]) -> list[str]:
    attributes = entry.get("attributes")
    listed = [str(word) for word in attributes] if isinstance(attributes, list) else []
    return [str(entry["brand"]), *listed] if entry.get("brand") else listed


def _text_of(entry: dict[str, object]) -> str:
    parts = [str(entry[key]) for key in ("text", "title", "brand", "description") if entry.get(key)]
    attributes = entry.get("attributes")
    listed = [str(word) for word in attributes] if isinstance(attributes, list) else []
    return ". ".join([*parts, *([", ".join(listed)] if listed else [])])


def numbered(names: list[str]) -> Ints:
    """(n,) a number for each distinct name, 0 for the empty one and for ``Unknown``."""
    distinct = {name: place + 1 for place, name in enumerate(sorted(set(names) - {"", "Unknown"}))}
    return np.array([distinct.get(name, 0) for name in names], np.int64)


def _open(path: Path) -> IO[bytes]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); give the path of a readable file") from error
    if stream.read(2) == b"\x1f\x8b":
        stream.close()
        return gzip.open(path, "rb")  # type: ignore[return-value]
    stream.seek(0)
    return stream


def _lines(stream: IO[bytes], path: Path) -> list[str]:
    lines: list[str] = []
    try:
        while line := stream.readline(MAX_LINE):
            if len(line) >= MAX_LINE:
                raise DataError(f"line {len(lines) + 1} of {path.name} is longer than {MAX_LINE} bytes")
            lines.append(line.decode("utf-8" if lines else "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"line {len(lines) + 1} of {path.name} is not UTF-8 text ({error.reason})") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path.name} is a damaged gzip file after line {len(lines)} ({error})") from error
    return lines
