"""A learned part that could not be learned, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Absent:
    """Stands where a trained part would be; the reason is shown to staff and written into the bundle's manifest.

    ``reason`` is English with ``%(name)s`` where one of ``values`` stands, if it has any: the key under which other
    languages find their sentence.
    """

    reason: str
    values: Mapping[str, float | int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in English."""
        return self.reason % self.values if self.values else self.reason

    def to_json(self) -> dict[str, Any]:
        """For a step's output and a bundle's row."""
        return {"reason": self.reason, "values": dict(self.values)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Absent":
        """Back from ``to_json``."""
        return cls(content["reason"], content["values"])
