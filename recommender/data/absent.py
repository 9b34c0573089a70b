"""A learned part that could not be learned, and why."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """Stands where a trained part would be; the reason is shown to staff and written into the bundle's manifest."""

    reason: str
