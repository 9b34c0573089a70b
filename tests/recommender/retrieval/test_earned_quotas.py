"""Sources earn room by what was answered; none dies, and few answers leave the defaults."""

import numpy as np
import pytest

from recommender.data.absent import Absent
from recommender.data.types import Source
from recommender.retrieval.earned_quotas import NEEDED, Answered, EarnedQuotas, quotas_earn
from recommender.retrieval.quotas import Quotas
from recommender.retrieval.sources import CONFIG_OF, MAX_CANDIDATES
from recommender.retrieval.union import FLOOR


def bits(*sources: Source) -> int:
    return sum(1 << source for source in sources)


RULES, EASE, TREND, NEW = Source.SEQUENTIAL_RULES, Source.EASE, Source.TRENDING, Source.NEW_ARRIVALS
OFFERED = [bits(RULES, EASE)] * 40 + [bits(TREND)] * 30 + [bits(NEW, Source.EDITORIAL)] * 30


def answered(*cards: int, worth: list[float] | None = None) -> Answered:
    values = np.ones(len(cards), np.float32) if worth is None else np.array(worth, np.float32)
    return Answered(np.array(cards, np.uint32), values, np.array(OFFERED, np.uint32), 10)


def earned(*cards: int, worth: list[float] | None = None) -> EarnedQuotas:
    found = quotas_earn(answered(*cards, worth=worth))
    assert isinstance(found, EarnedQuotas)
    return found


def test_few_answers_leave_the_defaults() -> None:
    found = quotas_earn(answered(*[bits(EASE)] * (NEEDED - 1)))
    assert isinstance(found, Absent)
    assert "199 answered cards" in str(found)


def test_what_brings_more_gets_more_and_what_brings_nothing_keeps_a_floor() -> None:
    found = earned(*[bits(EASE)] * 900, *[bits(RULES, EASE)] * 100)
    default = {source: CONFIG_OF[source].quota for source in found.quotas}
    assert set(found.quotas) == {RULES, EASE, TREND, NEW}
    assert found.quotas[EASE] > default[EASE]
    assert FLOOR <= found.quotas[NEW] < default[NEW]
    assert found.quotas[RULES] < default[RULES]
    assert found.brought[EASE] == pytest.approx(0.95)
    assert found.alone == pytest.approx({RULES: 0, EASE: 1, TREND: 0, NEW: 0})
    assert sum(found.quotas.values()) <= min(sum(default.values()), MAX_CANDIDATES * 1.4)


def test_bringing_alone_counts_more_than_bringing_what_others_bring() -> None:
    shared, alone = earned(*[bits(RULES, EASE)] * 400), earned(*[bits(EASE)] * 200, *[bits(RULES, EASE)] * 200)
    assert alone.quotas[EASE] > shared.quotas[EASE]
    assert alone.quotas[RULES] < shared.quotas[RULES]


def test_worth_counts() -> None:
    cards = [bits(EASE)] * 200 + [bits(TREND)] * 200
    equal, purchases = earned(*cards), earned(*cards, worth=[1.0] * 200 + [6.0] * 200)
    assert equal.brought[EASE] == pytest.approx(0.5)
    assert purchases.brought[TREND] == pytest.approx(6 / 7)
    assert purchases.quotas[TREND] > equal.quotas[TREND]


def test_more_answers_move_further_from_the_defaults() -> None:
    few, many = earned(*[bits(TREND)] * 250), earned(*[bits(TREND)] * 5_000)
    assert many.quotas[TREND] > few.quotas[TREND] > CONFIG_OF[TREND].quota


def test_sources_that_are_asked_for_keep_what_they_have() -> None:
    found = earned(*[bits(NEW, Source.EDITORIAL)] * 300)
    assert Source.EDITORIAL not in found.quotas
    quotas = Quotas.from_json(found.to_json())
    assert quotas[Source.EDITORIAL] == CONFIG_OF[Source.EDITORIAL].quota
    assert quotas[NEW] == found.quotas[NEW]
