"""Latent needs: they arise, call for a look around, are met by a purchase or fade."""

from dataclasses import dataclass, field

import numpy as np

from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.synthetic.shoppers import Population
from recommender.data.types import Floats

HALF_LIFE_DAYS = 7.0
_FORGOTTEN = 0.2
_ACCESSORY = 0.6  # chance that a purchase makes one of its companions wanted
_ASPIRATION = (3, 4)


@dataclass
class Need:
    """Something of a kind that a shopper is out for."""

    kind: int
    urgency: float
    aspiration: int  # pleasing aspects that would be enough; sinks with every visit that finds nothing
    looked: list[int] = field(default_factory=list)

    def fade(self, days: float) -> None:
        """Let time pass."""
        self.urgency *= 0.5 ** (days / HALF_LIFE_DAYS)

    def settle(self) -> None:
        """Ask for less after a visit in vain."""
        self.aspiration = max(1, self.aspiration - 1)


def seasonal(catalogue: Catalogue, day_of_year: int) -> Floats:
    """(k,) factor of each kind's needs at a day of the year: winter and summer things swing by half."""
    warmth = -np.cos(2 * np.pi * (day_of_year - 15) / 365)
    swing = {"summer": 1 + 0.5 * warmth, "winter": 1 - 0.5 * warmth}
    return np.array([swing.get(kind.season, 1.0) for kind in catalogue.kinds], np.float32)


@dataclass
class Needs:
    """The open needs of one shopper."""

    catalogue: Catalogue
    companions: tuple[tuple[int, ...], ...]  # by kind: kinds that go with it
    open: list[Need] = field(default_factory=list)
    last_day: int = 0

    def pass_time(self, people: Population, shopper: int, day: int, season: Floats, rng: np.random.Generator) -> None:
        """Fade what is open and let new needs arise since the last visit (Poisson by kind)."""
        gone = max(1, day - self.last_day)
        for need in self.open:
            need.fade(day - self.last_day)
        self.open = [need for need in self.open if need.urgency >= _FORGOTTEN]
        drifted = day >= people.drift_day[shopper]
        rate = (people.later_need_rate if drifted else people.need_rate)[shopper] * season
        for kind in np.flatnonzero(rng.random(len(rate)) < 1 - np.exp(-rate * gone)):
            self.arise(int(kind), rng)
        self.last_day = day

    def arise(self, kind: int, rng: np.random.Generator) -> None:
        """Open a need unless one of its kind is open."""
        if all(need.kind != kind for need in self.open):
            aspiration = int(rng.integers(_ASPIRATION[0], _ASPIRATION[1] + 1))
            self.open.append(Need(kind, float(rng.uniform(0.6, 1.0)), aspiration))

    def strongest(self) -> Need | None:
        """The most urgent open need."""
        return max(self.open, key=lambda need: need.urgency, default=None)

    def meet(self, kind: int, rng: np.random.Generator) -> int | None:
        """A purchase closes the need; companions or the same again may be wanted next.

        Returns: the kind that is wanted at once, if any.
        """
        self.open = [need for need in self.open if need.kind != kind]
        if rng.random() < 0.25 * self.catalogue.kinds[kind].repeat:
            self.arise(kind, rng)
        others = [k for k in self.companions[kind] if k != kind]
        if not others or rng.random() >= _ACCESSORY:
            return None
        wanted = others[min(int(rng.geometric(0.5)) - 1, len(others) - 1)]
        self.arise(wanted, rng)
        return wanted if rng.random() < 0.5 else None


def companions_of(catalogue: Catalogue) -> tuple[tuple[int, ...], ...]:
    """By kind: numbers of the kinds that go with it, closest first."""
    number = {kind.slug: i for i, kind in enumerate(catalogue.kinds)}
    return tuple(tuple(number[slug] for slug in kind.goes_with) for kind in catalogue.kinds)
