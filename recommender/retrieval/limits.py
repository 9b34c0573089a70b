"""What limits who may see an item, as arrays: the exact gather's share of ``store.filters``."""

from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bools, Ints, Limits


@dataclass(frozen=True)
class ItemLimits:
    """Facts of n items, by vocabulary index."""

    price_minor: Ints  # (n,) -1 unknown
    adult: Bools  # (n,)
    region: Ints  # (n,) place in ``regions``, -1 everywhere
    regions: tuple[str, ...]
    written_in: Ints  # (n,) bit l set: has a text in ``languages[l]``; 0 has none
    languages: tuple[str, ...]

    def allow(self, limits: Limits) -> Bools:
        """(n,) what somebody with ``limits`` may see."""
        allowed = np.ones(len(self.adult), np.bool_) if limits.adult else ~self.adult
        if limits.price_from_minor:
            allowed &= self.price_minor >= limits.price_from_minor
        if limits.price_to_minor:
            allowed &= (self.price_minor >= 0) & (self.price_minor <= limits.price_to_minor)
        if limits.region:
            here = self.regions.index(limits.region) if limits.region in self.regions else len(self.regions)
            allowed &= (self.region < 0) | (self.region == here)
        if limits.languages:
            read = sum(1 << at for at, language in enumerate(self.languages) if language in limits.languages)
            allowed &= (self.written_in == 0) | (self.written_in & read != 0)
        return allowed
