"""What is used up comes back when it is due; what lasts does not."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from catalog.models import Item
from recommender.data.ruleset import KnobValues, RulesetValue
from recommender.data.types import DAY_US, Context, History, Source
from recommender.homepage import homepage_page
from recommender.retrieval.used_up import bought_days, lasting_days, used_up
from recommender.serving.decide import decide
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.requests import NOW_US, context_of, gathered_of
from tests.fixtures.tiny_shop import NOW, shopper_with, tiny_served
from users.kinds import Kind
from users.models import ShopperState

SOAP, SOFA = 1, 2


def bought(days: dict[int, float], *, before: tuple[int, ...] = ()) -> Context:
    """Somebody who bought items so many days ago, and others before anything that is still remembered."""
    items = sorted(days, key=lambda item: -days[item])
    times = np.array([NOW_US - days[item] * DAY_US for item in items], np.int64)
    history = History(np.array(items, np.int64), np.full(len(items), Kind.PURCHASE, np.int8), times)
    return context_of(history=history, purchased_ids=np.array([*before, *items], np.int64))


def test_the_last_purchase_counts_and_older_ones_are_as_old_as_the_history() -> None:
    context = bought({SOAP: 3.0, SOFA: 40.0}, before=(7,))
    twice = replace(
        context,
        history=History(
            np.array([SOAP, *context.history.item_ids]),
            np.full(3, Kind.PURCHASE, np.int8),
            np.array([NOW_US - 90 * DAY_US, *context.history.times_us]),
        ),
    )
    ids, days = bought_days(twice)
    assert dict(zip(ids.tolist(), days.tolist(), strict=True)) == {SOAP: 3.0, SOFA: 40.0, 7: 90.0}


def test_a_learned_interval_goes_before_the_attribute_and_a_thing_nobody_buys_twice_lasts() -> None:
    learned = np.array([[np.log(30), 0.3, 0.5], [np.log(30), 0.3, 0.05]], np.float32)
    arrays = SimpleNamespace(replenishment=learned)
    days = lasting_days(arrays, np.array([0, 1, 1, -1, -1]), np.array([60, 0, 60, 60, 0]))
    assert days == pytest.approx([30, np.inf, 60, 60, np.inf])
    assert lasting_days(None, np.array([-1]), np.array([14])) == pytest.approx([14])


def test_due_after_a_share_of_the_interval_and_never_at_nought() -> None:
    days, lasting = np.array([23.0, 25.0, 1e4], np.float32), np.array([30.0, 30.0, np.inf], np.float32)
    assert used_up(days, lasting, 0.8).tolist() == [False, True, False]
    assert not used_up(days, np.zeros(3, np.float32), 0.0).any()


@pytest.mark.parametrize(("replenish", "days", "back"), [(0.8, 25.0, True), (0.8, 20.0, False), (0.0, 99.0, False)])
def test_soap_returns_to_the_page_and_the_sofa_stays_away(replenish: float, days: float, back: bool) -> None:
    gathered = gathered_of(list(range(1, 25)), sources=(Source.TRENDING,), trend=np.arange(24, 0, -1, dtype=np.float32))
    gathered = replace(gathered, lasting_rows=np.array([SOAP - 1]), lasting_days=np.array([30]))
    strict = KnobValues(temperature=0, exploration=0, replenish=replenish)
    shown = decide(bought({SOAP: days, SOFA: days}), gathered, RulesetValue("x", strict), None, 1).item_ids
    assert (SOAP in shown) is back
    assert SOFA not in shown


@pytest.mark.django_db
def test_what_is_used_up_is_gathered_and_shown_and_what_lasts_is_not() -> None:
    tiny = tiny_served()
    soap, sofa = tiny.items[6], tiny.items[12]
    Item.objects.filter(pk=soap.pk).update(attributes={"lasts_days": 30})
    Item.objects.exclude(pk__in=(soap.pk, sofa.pk)).filter(pk__gt=tiny.items[15].pk).update(stock=0)
    ruleset_publish(shop=tiny.shop)

    def shown(days: int) -> set[int]:
        shopper = shopper_with(tiny, [soap, sofa], kind=Kind.PURCHASE, at=NOW - timedelta(days=days), name=f"{days}")
        ShopperState.objects.filter(shopper=shopper).update(purchased_items=[soap.pk, sofa.pk])
        return {card.id for card in homepage_page(shop=tiny.shop, shopper=shopper, now=NOW).cards}

    assert not shown(10) & {soap.pk, sofa.pk}
    assert shown(31) & {soap.pk, sofa.pk} == {soap.pk}
