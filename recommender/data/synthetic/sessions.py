"""Weeks of visits to the demo shop: who comes when, what they find, what the shop's pages showed them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.synthetic.appraisal import Judge, aspects_of
from recommender.data.synthetic.catalogue import Catalogue, generate_catalogue
from recommender.data.synthetic.log import Clock, SessionLog
from recommender.data.synthetic.needs import Needs, companions_of, seasonal
from recommender.data.synthetic.pages import LoggingPolicy
from recommender.data.synthetic.shoppers import Population, generate_population
from recommender.data.synthetic.visits import Person, Visit
from recommender.data.synthetic.vocabulary import load_vocabulary
from recommender.data.types import DAY_US, Floats, Ints
from users.kinds import Kind

_HOURS = np.array([1, 0.5, 0.3, 0.2, 0.2, 0.5, 1.5, 3, 4, 4, 4, 4, 5, 5, 4, 4, 4.5, 5, 6, 7.5, 9, 9, 6, 3])
_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.0, 1.2, 1.3)  # Monday first
_FADE = 0.93  # of popularity, per day
_SHARE = {Kind.VIEW: 1.0, Kind.CART: 3.0, Kind.PURCHASE: 6.0}  # of deeds in popularity

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoShop:
    """A generated shop: what goes to the database (catalogue, log) and what only evaluation may read (truth)."""

    seed: int
    until_us: int
    days: int
    catalogue: Catalogue
    population: Population
    log: SessionLog

    def truth(self) -> dict[str, npt.NDArray[Any]]:
        """True parameters as arrays without objects, to be saved where only evaluation reads them."""
        return {
            "seed": np.array(self.seed),
            "until_us": np.array(self.until_us),
            "quality": self.catalogue.quality,
            "item_kind": self.catalogue.kind,
            "external_ids": np.array([product.external_id for product in self.catalogue.products]),
            **self.population.arrays(),
        }


def _nobody_watches(done: int, total: int) -> None:
    """Progress that is shown nowhere."""


def generate_shop(
    *,
    seed: int,
    until_us: int,
    n_products: int = 2000,
    n_shoppers: int = 500,
    days: int = 60,
    progress: Progress = _nobody_watches,
) -> DemoShop:
    """The whole demo shop; equal arguments give equal shops.

    Args:
        seed: of everything random.
        until_us: the shop's present, when the last visit may begin.
        n_products: articles, colours counted one by one.
        n_shoppers: people with a history.
        days: length of the window before ``until_us``.
        progress: called with days done and days in all.
    """
    catalogue = generate_catalogue(seed=seed, n_products=n_products, until_us=until_us)
    styles = tuple(load_vocabulary().styles)
    population = generate_population(catalogue, seed=seed, n_shoppers=n_shoppers, days=days, n_styles=len(styles))
    log = SessionLog()
    simulation = _Simulation(
        catalogue, population, log, until_us - days * DAY_US, styles, np.random.default_rng([seed, 4])
    )
    for day in range(days):
        simulation.live(day)
        progress(day + 1, days)
    return DemoShop(seed, until_us, days, catalogue, population, log)


class _Simulation:
    """The state of the shop as days pass."""

    def __init__(
        self,
        catalogue: Catalogue,
        people: Population,
        log: SessionLog,
        start_us: int,
        styles: tuple[str, ...],
        rng: np.random.Generator,
    ) -> None:
        self.catalogue, self.people, self.log, self.start_us, self.rng = catalogue, people, log, start_us, rng
        stocked = np.array([product.stock > 0 for product in catalogue.products])
        self.policy = LoggingPolicy(catalogue, stocked)
        ratings = np.array([product.rating_count for product in catalogue.products], np.float32)
        self.popularity: Floats = (0.2 * ratings).astype(np.float32)
        aspects, companions = aspects_of(catalogue, styles), companions_of(catalogue)
        n_brands, n_departments = int(aspects.brand.max()) + 1, int(catalogue.department.max()) + 1
        self.persons = [
            Person(
                u,
                Judge(aspects, people, u, np.zeros(n_brands, np.int64)),
                Needs(catalogue, companions),
                np.zeros(n_departments, np.float32),
            )
            for u in range(len(people))
        ]
        self.stocked = stocked

    def live(self, day: int) -> None:
        """One day: renew what the policy knows, let people come, count what they did."""
        began_us = self.start_us + day * DAY_US
        when = datetime.fromtimestamp(began_us / 1e6, tz=UTC)
        self.policy.begin_day(self.popularity, began_us)
        season = seasonal(self.catalogue, when.timetuple().tm_yday)
        shelves = self._shelves(began_us)
        first = len(self.log.deeds)
        for shopper, at_us in self._arrivals(began_us, when):
            person = self.persons[shopper]
            person.needs.pass_time(self.people, shopper, day, season, self.rng)
            clock = Clock(at_us, self.rng)
            Visit(person, self.people, self.catalogue, self.policy, shelves, self.log, clock, day, self.rng).run()
        self.popularity *= _FADE
        for deed in self.log.deeds[first:]:
            if deed.item >= 0:
                self.popularity[deed.item] += _SHARE.get(deed.kind, 0.0)

    def _shelves(self, now_us: int) -> tuple[Ints, ...]:
        """Per kind: what is on sale, most popular first."""
        on_sale = self.stocked & (self.catalogue.published_us <= now_us)
        return tuple(
            rows[on_sale[rows]][np.argsort(-self.popularity[rows[on_sale[rows]]], kind="stable")]
            for rows in self.catalogue.of_kind
        )

    def _arrivals(self, began_us: int, when: datetime) -> list[tuple[int, int]]:
        """Shopper and time of the day's visits; two visits of one person lie at least an hour apart."""
        rate = self.people.visits * _WEEKDAYS[when.weekday()]
        waiting = np.array([min(1.0, len(person.needs.open) / 3) for person in self.persons])
        counts = self.rng.poisson(rate * (0.8 + 0.6 * waiting))
        arrivals = []
        for shopper in np.flatnonzero(counts):
            hours = self.rng.choice(24, size=min(int(counts[shopper]), 3), replace=False, p=_HOURS / _HOURS.sum())
            for hour in np.sort(hours):
                offset = (int(hour) - when.hour) % 24 * 3600 + int(self.rng.integers(0, 1500))
                arrivals.append((int(shopper), began_us + min(offset, 86_400 - 5400) * 1_000_000))
        return sorted(arrivals, key=lambda arrival: arrival[1])
