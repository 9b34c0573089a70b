"""Compiles message catalogues, so that neither a user's machine nor ours needs the gettext tools."""

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(".*")$')
_MAGIC = 0x950412DE


@dataclass
class Entry:
    """One message as it stands in a ``.po`` file; ``parts`` maps keyword to text."""

    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """What gettext looks up: context, singular and plural in one string."""
        context = self.parts["msgctxt"] + "\x04" if "msgctxt" in self.parts else ""
        plural = "\x00" + self.parts["msgid_plural"] if "msgid_plural" in self.parts else ""
        return context + self.parts["msgid"] + plural

    @property
    def value(self) -> str:
        """The translation, plural forms in order; empty where a form is missing."""
        forms = [text for keyword, text in sorted(self.parts.items()) if keyword.startswith("msgstr")]
        return "\x00".join(forms) if all(forms) else ""


def entries(text: str) -> Iterator[Entry]:
    """Messages of a ``.po`` file, header included.

    Raises:
        ValueError: naming the line that is not understood.
    """
    entry, keyword = Entry(), ""
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        line = line.strip()
        if line.startswith("#~"):
            continue
        starts_anew = line.startswith(("#", "msgctxt")) or (line.startswith("msgid ") and "msgid" in entry.parts)
        if (not line or starts_anew) and "msgstr" in "".join(entry.parts):
            yield entry
            entry = Entry()
        if line.startswith("#,"):
            entry.fuzzy |= "fuzzy" in line
        elif line and not line.startswith("#"):
            found = _LINE.match(line)
            if found is None:
                raise ValueError(f"line {number}: {line!r} is neither a keyword with a string nor a comment")
            keyword = found[1] or keyword
            entry.parts[keyword] = entry.parts.get(keyword, "") + ast.literal_eval(found[2])


def compiled(text: str) -> bytes:
    """The ``.mo`` file for the text of a ``.po`` file; fuzzy and empty translations are left out."""
    messages = {
        entry.key.encode(): entry.value.encode()
        for entry in entries(text)
        if entry.value and (not entry.fuzzy or not entry.parts["msgid"])
    }
    keys = sorted(messages)
    offset = 28 + 16 * len(keys)
    tables: list[bytes] = []
    body = b""
    for strings in (keys, [messages[key] for key in keys]):
        for string in strings:
            tables.append(struct.pack("<II", len(string), offset + len(body)))
            body += string + b"\x00"
    header = struct.pack("<7I", _MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return header + b"".join(tables) + body


def stale(folder: Path) -> list[Path]:
    """Catalogues below ``folder`` whose ``.mo`` is missing or not what their ``.po`` says."""
    return [
        source
        for source in sorted(folder.glob("*/LC_MESSAGES/*.po"))
        if not (made := source.with_suffix(".mo")).exists() or made.read_bytes() != compiled(source.read_text("utf-8"))
    ]
