"""What gives items slots of their own, as arrays: the exact gather's share of ``store.candidate_facts``."""

from dataclasses import dataclass

from recommender.data.types import Bools


@dataclass(frozen=True)
class ItemMarks:
    """Marks of n items, by vocabulary index."""

    sponsored: Bools  # (n,) paid for
    small: Bools  # (n,) of a provider that sells less than an equal share
