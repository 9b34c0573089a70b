"""What gives items slots of their own, or brings them back: the exact gather's share of ``store.candidate_facts``."""

from dataclasses import dataclass

from recommender.data.types import Bools, Ints


@dataclass(frozen=True)
class ItemMarks:
    """Marks of n items, by vocabulary index."""

    sponsored: Bools  # (n,) paid for
    small: Bools  # (n,) of a provider that sells less than an equal share
    lasts_days: Ints  # (n,) how long one is used, as the item's attribute ``lasts_days`` says; 0 unknown or for good
