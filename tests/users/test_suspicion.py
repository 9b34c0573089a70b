"""What makes a session look like a bot or a flood, and what does not."""

import pytest

from users.kinds import Kind
from users.state import Recent, StateValue
from users.suspicion import suspicion_cause

START_US = 1_760_000_000_000_000
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36"


def state(n: int, *, every: float, items: int = 1_000, kind: Kind = Kind.VIEW, value: float = float("nan")):
    """``n`` deeds, one every so many seconds, over so many items in turn."""
    recent = (Recent(1 + deed % items, kind, START_US + round(deed * every * 1e6), value) for deed in range(n))
    return StateValue(recent=tuple(recent))


def cause(value: StateValue, agent: str = PERSON) -> str:
    return suspicion_cause(value, agent)[0]


@pytest.mark.parametrize(
    "agent",
    ["Examplebot/2.0", "Mozilla/5.0 (compatible; Baiduspider/2.0)", "Scrapy/2.11", "PhantomJS/2.1", "my web-scraper"],
)
def test_who_calls_itself_a_bot_is_one(agent):
    assert cause(state(1, every=1), agent) == "bot"


@pytest.mark.parametrize("agent", ["", PERSON, "python-requests/2.32", "okhttp/4", "Cubot Note 20 Android", "botanist"])
def test_people_apps_and_servers_are_none(agent):
    assert cause(state(1, every=1), agent) == ""


def test_a_hundred_deeds_at_once_are_a_flood():
    assert cause(state(100, every=0.2)) == "flood"
    assert cause(state(100, every=0.21)) == ""
    assert cause(state(99, every=0.01)) == ""


def test_equal_times_of_a_hundred_deeds_are_a_flood():
    assert cause(state(100, every=0)) == "flood"


def test_one_item_over_and_over_is_hammering():
    assert cause(state(80, every=1, items=1)) == "hammering"
    assert cause(state(79, every=1, items=1)) == ""
    assert cause(state(100, every=1, items=2)) == ""
    assert cause(state(100, every=46, items=1)) == ""  # in over an hour: a favourite


def test_hammering_in_between_other_deeds_is_seen():
    hammered = state(80, every=2, items=1).recent
    before = tuple(entry._replace(item_id=2 + n, at_us=entry.at_us - 10**12) for n, entry in enumerate(hammered[:20]))
    assert cause(StateValue(recent=before + hammered)) == "hammering"


def test_stays_longer_than_the_time_that_passed_are_impossible():
    assert cause(state(20, every=60, kind=Kind.DWELL, value=55.0)) == ""
    assert cause(state(20, every=60, kind=Kind.DWELL, value=170.0)) == ""  # three tabs at once
    assert cause(state(20, every=60, kind=Kind.DWELL, value=300.0)) == "dwell"
    assert cause(state(2, every=1, kind=Kind.DWELL, value=580.0)) == ""  # a page left open, then closed
    assert cause(state(20, every=60, kind=Kind.DWELL)) == ""  # nobody said how long


@pytest.mark.parametrize("n", [0, 1])
def test_no_deed_and_one_deed_are_no_doubt(n):
    assert cause(state(n, every=0, kind=Kind.DWELL, value=86_400.0)) == ""
