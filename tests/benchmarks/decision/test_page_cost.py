"""The homepage beside plain pages: who is asked for what, and when the comparison would not be one."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from benchmarks import visitors
from benchmarks.decision.page_cost import DRAWN_ANEW, HOMEPAGE, PATHS, PLAIN, InTurn, cost_told
from benchmarks.report import MET, MISSED
from benchmarks.visitors import UnexpectedAnswer, Visitors

RATE = 500.0


@dataclass(frozen=True)
class Shop(Visitors):
    """A shop without a server: a person's homepage changes with each click and has 20 cards and one per click."""

    forgets_clicks: bool = False
    clicks: dict[int, int] = field(default_factory=dict)
    shown: dict[tuple[int, int], UUID] = field(default_factory=dict)
    asked: list[tuple[int, str]] = field(default_factory=list)

    def click(self, person: int, rng: random.Random) -> None:
        """Remember it."""
        self.clicks[person] = self.clicks.get(person, 0) + 1

    def page(self, person: int, path: str) -> bytes:
        """A page with its cards."""
        self.asked.append((person, path))
        clicks = 0 if self.forgets_clicks else self.clicks.get(person, 0)
        cards = 20 + self.clicks.get(person, 0) if path == "/" else int(path.strip("/").split("/")[-1])
        impression = self.shown.setdefault((person, clicks), uuid4())
        shown = '<article class="card">' * cards
        return f'<main id="main" data-impression="{impression}">{shown}</main>'.encode()


def shop(people: int, **options: bool) -> Shop:
    return Shop(0, [str(person) for person in range(people)], ["item"], **options)


def turns_of(site: Shop) -> InTurn:
    turns = InTurn(site, random.Random(1))
    turns.warm_up()
    site.asked.clear()
    return turns


def test_everybody_who_comes_asks_for_each_page_once_after_a_click():
    site = shop(12)
    taken = turns_of(site).repeat(8, RATE)
    assert {page: len(seconds) for page, seconds in taken.items()} == dict.fromkeys(PATHS, 8)
    assert len(site.clicks) == 8 and set(site.clicks.values()) == {1}
    kinds = [(person, re.sub(r"\d+", "{cards}", path)) for person, path in site.asked]
    assert sorted(kinds) == sorted((person, path) for person in site.clicks for path in PATHS.values())


def test_a_plain_page_has_as_many_cards_as_the_homepage_before_it():
    site = shop(6)
    turns = turns_of(site)
    turns.repeat(6, RATE)
    assert {int(path.strip("/").split("/")[-1]) for _, path in site.asked if path != "/"} <= {20, 21}
    assert turns.n_cards == dict.fromkeys(range(6), 21)
    assert turns.shown[PLAIN] == pytest.approx(turns.shown[HOMEPAGE], rel=0.05)
    assert turns.shown[DRAWN_ANEW] == pytest.approx(turns.shown[HOMEPAGE], rel=0.05)


def test_a_homepage_that_was_made_before_the_click_is_no_measurement():
    turns = turns_of(shop(6, forgets_clicks=True))
    with pytest.raises(UnexpectedAnswer, match="0 new homepages"):
        turns.repeat(6, RATE)


def test_a_page_without_cards_is_no_measurement(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(visitors.Visitors, "page", lambda *_: b"<main></main>")
    with pytest.raises(UnexpectedAnswer, match="Plain page has no cards"):
        InTurn(Visitors(0, ["a"], ["item"]), random.Random(1)).visit(0, PLAIN)


def seconds(homepage: Sequence[float], plain: Sequence[float], anew: Sequence[float]) -> dict[str, list[float]]:
    return {HOMEPAGE: list(homepage), PLAIN: list(plain), DRAWN_ANEW: list(anew)}


def test_each_plain_page_has_its_verdict():
    repeats = [seconds([0.03] * 10, [0.01] * 10, [0.02] * 10)] * 5
    lines, notes = cost_told(repeats, ["a note"])
    told = {line.name: line for line in lines}
    assert told["Homepage ÷ plain page"].verdict == MISSED
    assert told["Homepage ÷ plain page, cards drawn anew"].verdict == MET
    assert told[HOMEPAGE].p50 == pytest.approx(30.0)
    assert "1.50 (1.50–1.50)" in notes[1] and notes[-1] == "a note"


@pytest.fixture
def plain_site(settings, db: None):
    """The tiny shop, with the plain pages."""
    from django.core.cache import cache

    from benchmarks.decision import plain_shop
    from tests.fixtures.tiny_shop import tiny_shop

    cache.clear()
    templates = Path(plain_shop.__file__).parent / "templates"
    settings.ROOT_URLCONF = "benchmarks.decision.plain_shop.urls"
    settings.TEMPLATES = [{**one, "DIRS": [*one["DIRS"], templates]} for one in settings.TEMPLATES]
    yield tiny_shop()
    cache.clear()


@pytest.mark.parametrize("page", [PLAIN, DRAWN_ANEW])
def test_the_plain_pages_show_the_most_popular_that_can_be_bought(plain_site, client, page):
    from catalog.models import Item
    from recommender.models import Impression

    for place, item in enumerate(plain_site.items):
        Item.objects.filter(pk=item.pk).update(rating_count=1000 - place)
    Item.objects.filter(pk=plain_site.items[1].pk).update(stock=0)
    answer = client.get(PATHS[page].format(cards=14))
    shown = [int(found) for found in re.findall(r'<article class="card" data-item="(\d+)"', answer.content.decode())]
    expected = [item.pk for place, item in enumerate(plain_site.items) if place != 1][:14]
    assert answer.status_code == 200 and shown == expected
    assert not Impression.objects.exists()
    assert client.get(PATHS[page].format(cards=5)).content.decode().count('<article class="card"') == 5
