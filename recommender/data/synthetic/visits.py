"""One visit to the shop, from the first card to the checkout or the closed tab."""

from dataclasses import dataclass, field

import numpy as np

from recommender.data.synthetic.appraisal import MOST, RULED_OUT, Judge
from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.synthetic.log import Clock, Deed, Query, SessionLog, ShownPage
from recommender.data.synthetic.needs import Need, Needs
from recommender.data.synthetic.pages import LoggedPage, LoggingPolicy
from recommender.data.synthetic.shoppers import Population
from recommender.data.types import Bools, Floats, Ints
from users.kinds import Kind

_WHIM = 0.012  # chance that a card nobody needs is opened, per pleasing aspect
_IMPULSE = 4  # pleasing aspects that make a thing wanted on the spot
_CREDIT_DAYS = 7  # how long a card that was opened is credited with what follows
_CREDITED = frozenset({Kind.LIKE, Kind.FAVOURITE, Kind.CART, Kind.PURCHASE})
_FAVOURITE_CHANCE, _LIKE_CHANCE, _SHARE_CHANCE = 0.05, 0.07, 0.015


@dataclass
class Person:
    """What lasts between a shopper's visits."""

    shopper: int
    judge: Judge
    needs: Needs
    affinity: Floats  # (departments,) decayed looks, what the shop itself can see
    seen_before: set[int] = field(default_factory=set)
    bought: list[tuple[int, int, int]] = field(default_factory=list)  # item, day, level: to rate or send back
    owned: set[int] = field(default_factory=set)
    saved: set[int] = field(default_factory=set)
    opened: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # item → page, position, day of the last card


@dataclass
class Visit:
    """A session in progress."""

    person: Person
    people: Population
    catalogue: Catalogue
    policy: LoggingPolicy
    by_kind: tuple[Ints, ...]  # per kind: items on sale today, most popular first
    log: SessionLog
    clock: Clock
    day: int
    rng: np.random.Generator
    basket: list[int] = field(default_factory=list)
    looked: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Come in, look around, see to the strongest need, pay or leave."""
        self.session = self.log.sessions
        self.log.sessions += 1
        self._aftermath()
        if self.rng.random() < 0.95:
            self._homepages()
        need = self.person.needs.strongest()
        if need is not None and self.rng.random() < 0.35 + 0.6 * need.urgency:
            self._seek(need)
        elif self.rng.random() < 0.5:
            self._stroll()
        self._checkout()

    def _deed(
        self,
        kind: Kind,
        seconds: float = 3.0,
        *,
        item: int = -1,
        surface: str = "",
        value: float = float("nan"),
        order: int = -1,
        search: int = -1,
    ) -> None:
        """Write down what is done, with the card it goes back to if that was opened within the week."""
        page, position, day = self.person.opened.get(item, (-1, -1, 0))
        credited = (kind in _CREDITED and self.day - day <= _CREDIT_DAYS) or surface == "homepage"
        at_us = self.clock.tick(seconds)
        self.log.deeds.append(
            Deed(
                self.person.shopper,
                kind,
                at_us,
                self.session,
                item,
                surface,
                value,
                order,
                search,
                page if credited else -1,
                position if credited else -1,
            )
        )

    def _aftermath(self) -> None:
        """Rate what arrived some days ago, send back what disappoints."""
        waiting = []
        for item, day, level in self.person.bought:
            if self.day - day < 3:
                waiting.append((item, day, level))
                continue
            quality = float(self.catalogue.quality[item])
            if quality < 0.55 and self.rng.random() < 0.3 - 0.05 * level:
                self._deed(Kind.RETURN, 20.0, item=item, surface="account")
            elif self.rng.random() < 0.3:
                stars = float(np.clip(round(1.6 + 2.2 * quality + 0.4 * level + self.rng.normal(0, 0.5)), 1, 5))
                self._deed(Kind.RATE, 20.0, item=item, value=stars, surface="account")
        self.person.bought = waiting

    def _homepages(self) -> None:
        served: list[int] = []
        for number in range(2):
            share = self.person.affinity / max(float(self.person.affinity.sum()), 1e-9)
            page = self.policy.draw(share, np.array(served, np.int64), self.rng)
            at_us = self.clock.tick(4.0)
            seen, opened = self._examine(page)
            row = len(self.log.pages)
            self.log.pages.append(ShownPage(self.person.shopper, self.session, at_us, number, page, seen))
            for slot in opened:
                item = int(page.items[slot])
                self.person.opened[item] = (row, slot, self.day)
                self._deed(Kind.CLICK, 5.0, item=item, surface="homepage")
                self._look(item)
                self._consider(item)
            self._complain(page, seen, row)
            served.extend(page.items.tolist())
            if not seen[-1] or self.rng.random() > 0.8:
                return

    def _examine(self, page: LoggedPage) -> tuple[Bools, list[int]]:
        """Cascade: cards are looked at from the top until patience ends; needed and pleasing ones are opened.

        Reference: Craswell, Zoeter, Taylor, Ramsey, An experimental comparison of click position-bias models, 2008.
        """
        levels = self.person.judge.levels(page.items, self.day, self.rng)
        wanted = {need.kind: need for need in self.person.needs.open}
        seen = np.zeros(len(page.items), np.bool_)
        opened: list[int] = []
        patience = float(self.people.patience[self.person.shopper])
        for slot, item in enumerate(page.items.tolist()):
            seen[slot] = True
            if self.rng.random() < self._interest(item, int(levels[slot]), wanted):
                opened.append(slot)
                patience *= 0.98
            if self.rng.random() > patience:
                break
        return seen, opened

    def _interest(self, item: int, level: int, wanted: dict[int, Need]) -> float:
        """Chance of opening a card that is looked at."""
        if level == RULED_OUT or item in self.person.owned:
            return 0.003
        stale = self.people.variety[self.person.shopper] if item in self.person.seen_before else 0.0
        need = wanted.get(int(self.catalogue.kind[item]))
        chance = need.urgency * (0.3 + 0.12 * level) if need else _WHIM * (1 + 2 * level)
        return float(chance * (1 - stale))

    def _complain(self, page: LoggedPage, seen: Bools, row: int) -> None:
        """Now and then say "not for me" to a card that was seen and is ruled out."""
        if self.rng.random() > 0.06:
            return
        levels = self.person.judge.levels(page.items, self.day, self.rng)
        slots = np.flatnonzero(seen & (levels == RULED_OUT))
        if len(slots):
            slot = int(slots[self.rng.integers(len(slots))])
            item = int(page.items[slot])
            self.person.opened[item] = (row, slot, self.day)
            self._deed(Kind.DISLIKE, 4.0, item=item, surface="homepage")

    def _consider(self, item: int) -> None:
        """Take what a card led to if it is good enough; a fine thing nobody needed is now and then taken as well."""
        kind = int(self.catalogue.kind[item])
        level = int(self.person.judge.levels(np.array([item]), self.day, self.rng)[0])
        need = next((need for need in self.person.needs.open if need.kind == kind), None)
        if need is not None:
            need.looked.append(item)
        enough = need.aspiration if need is not None else _IMPULSE
        if level >= enough and item not in self.person.owned and self.rng.random() < 0.5:
            self._take(item, kind)

    def _seek(self, need: Need) -> None:
        """Search or browse for what is needed: look at some, take the first that is good enough."""
        search = self._search(need.kind) if self.rng.random() < 0.45 else -1
        surface = "search" if search >= 0 else "department"
        shelf = self.by_kind[need.kind]
        levels = self.person.judge.levels(shelf, self.day, self.rng)
        tries = 1 + int(self.rng.poisson(3.2))
        for item, level in zip(shelf.tolist(), levels.tolist(), strict=True):
            if tries == 0:
                break
            keen = 0.08 if level == RULED_OUT else 0.3 + 0.15 * level
            if item in self.looked or item in self.person.owned or self.rng.random() > keen:
                continue
            tries -= 1
            self._look(item, surface=surface, search=search)
            need.looked.append(item)
            if level >= need.aspiration and len(need.looked) > 1 and self._take(item, need.kind):
                return
        self._recall(need)

    def _recall(self, need: Need) -> None:
        """Go back to the best of what was looked at if it will do by now; else ask for less next time."""
        need.settle()
        if not need.looked or self.rng.random() > 0.55:
            return
        seen = np.array(need.looked, np.int64)
        levels = self.person.judge.levels(seen, self.day, self.rng)
        best = int(np.argmax(levels))
        if levels[best] >= need.aspiration:
            self._look(int(seen[best]))
            self._take(int(seen[best]), need.kind)

    def _search(self, kind: int) -> int:
        """Type the kind's name and perhaps a colour; returns the query's number."""
        chinese = bool(self.people.chinese[self.person.shopper])
        name = self.catalogue.kinds[kind].name
        words = name.zh if chinese else name.en
        found = len(self.by_kind[kind])
        self.log.queries.append(Query(self.person.shopper, self.clock.now_us, words, chinese, found))
        number = len(self.log.queries) - 1
        self._deed(Kind.SEARCH, 8.0, surface="search", search=number)
        return number

    def _stroll(self) -> None:
        """Nothing is needed: leaf through a few shelves of the favourite department."""
        kinds = np.flatnonzero(self.people.need_rate[self.person.shopper] > 0)
        weights = self.people.need_rate[self.person.shopper][kinds].astype(np.float64)
        for kind in self.rng.choice(kinds, size=min(2, len(kinds)), replace=False, p=weights / weights.sum()):
            shelf = self.by_kind[int(kind)][:12]
            levels = self.person.judge.levels(shelf, self.day, self.rng)
            for item, level in zip(shelf.tolist(), levels.tolist(), strict=True):
                if item not in self.looked and self.rng.random() < 0.14 * max(0, level):
                    self._look(item, surface="department")

    def _look(self, item: int, *, surface: str = "product", search: int = -1) -> None:
        """Open a product page, stay a while, perhaps keep, like or share it."""
        self.looked.add(item)
        self.person.seen_before.add(item)
        self.person.affinity *= 0.98
        self.person.affinity[self.catalogue.department[item]] += 1.0
        self._deed(Kind.VIEW, 6.0, item=item, surface=surface, search=search)
        level = int(self.person.judge.levels(np.array([item]), self.day, self.rng)[0])
        if self.rng.random() < 0.6:
            seconds = float(round(self.rng.gamma(2.0, 6.0 + 5.0 * max(0, level)), 1))
            self._deed(Kind.DWELL, seconds, item=item, value=seconds, surface="product")
        keen = max(0, level) / MOST
        if self.rng.random() < _LIKE_CHANCE * 2 * keen:
            self._deed(Kind.LIKE, item=item, surface="product")
        if item not in self.person.saved and self.rng.random() < _FAVOURITE_CHANCE * 2 * keen:
            self.person.saved.add(item)
            self._deed(Kind.FAVOURITE, item=item, surface="product")
        if self.rng.random() < _SHARE_CHANCE * 2 * keen:
            self._deed(Kind.SHARE, item=item, surface="product")

    def _take(self, item: int, kind: int) -> bool:
        """Into the basket; sometimes out again. Companions are looked at while one is at it."""
        self._deed(Kind.CART, 5.0, item=item, surface="product")
        if self.rng.random() < 0.1:
            self._deed(Kind.REMOVE, 9.0, item=item, surface="basket")
            return False
        self.basket.append(item)
        companion = self.person.needs.meet(kind, self.rng)
        if companion is not None and len(self.basket) < 5:
            need = self.person.needs.strongest()
            wanted = next((n for n in self.person.needs.open if n.kind == companion), need)
            if wanted is not None:
                self._seek(wanted)
        return True

    def _checkout(self) -> None:
        """Pay for the basket or leave it."""
        if not self.basket:
            return
        if self.rng.random() > self.people.resolve[self.person.shopper]:
            for item in self.basket:
                self.person.needs.arise(int(self.catalogue.kind[item]), self.rng)
            return
        order = len(self.log.orders)
        self.log.orders.append((self.person.shopper, self.clock.tick(30.0)))
        judge = self.person.judge
        levels = judge.levels(np.array(self.basket), self.day, self.rng)
        for item, level in zip(self.basket, levels.tolist(), strict=True):
            self._deed(Kind.PURCHASE, 0.5, item=item, order=order, surface="checkout")
            self.person.owned.add(item)
            self.person.bought.append((item, self.day, level))
            if level >= 2:
                judge.familiar[judge.aspects.brand[item]] += 1
