"""Conditions of segments: decided for one shopper and counted in SQL alike."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts.context import Asked, contexts_read
from tests.fixtures.tiny_shop import tiny_shop
from users.consent import consent_record
from users.interactions import interaction_record
from users.kinds import Kind
from users.models import Shopper, User
from users.segment_members import members_count, members_read
from users.segments import Conditions, SegmentValue, Standing, belongs

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SOMEBODY = Standing({"1": 3.0, "2": 1.0, "3": -5.0}, 2000.0, 4, 12, 1, is_member=False, language="en")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, True),
        ({"department": 1, "share": 0.75}, True),
        ({"department": 1, "share": 0.76}, False),
        ({"department": 3, "share": 0.01}, False),
        ({"price_from": 2000, "price_to": 2000}, True),
        ({"price_from": 2001}, False),
        ({"quiet_from": 4}, True),
        ({"quiet_to": 3}, False),
        ({"purchases_from": 1, "purchases_to": 1}, True),
        ({"purchases_to": 0}, False),
        ({"deeds_to": 11}, False),
        ({"who": "guest"}, True),
        ({"who": "member"}, False),
        ({"language": "zh-hans"}, False),
    ],
)
def test_each_condition(asked, expected):
    assert belongs(Conditions(**asked), SOMEBODY) is expected


def test_what_is_not_known_meets_no_bound():
    stranger = Standing({}, None, None, 0, 0, is_member=False, language="en")
    for name in ("price_from", "price_to", "quiet_from", "quiet_to"):
        assert not belongs(Conditions(**{name: 0}), stranger)
    assert belongs(Conditions(deeds_to=0, purchases_to=0), stranger)


@given(st.builds(Conditions, department=st.integers(0, 3), share=st.floats(0.01, 1), quiet_to=st.integers(0, 9)))
def test_conditions_come_back_from_json(asked):
    again = Conditions.from_json({**asked.to_json(), "unknown": 1})
    assert again == asked or (not asked.department and again.share == Conditions().share)


CONDITIONS = [
    Conditions(),
    Conditions(department=1, share=0.5),
    Conditions(price_from=1200),
    Conditions(price_to=1200, quiet_to=10),
    Conditions(quiet_from=5),
    Conditions(quiet_from=1, quiet_to=12),
    Conditions(purchases_from=1),
    Conditions(purchases_to=0, deeds_to=3),
    Conditions(who="guest"),
    Conditions(who="member", language="en"),
    Conditions(language="zh-hans"),
]


@pytest.fixture
def tiny(db):
    """A shop with twelve shoppers of all sorts; one withdrew."""
    made = tiny_shop(n=60, departments=3)
    for k in range(12):
        user = User.objects.create(username=f"u{k}") if k % 3 == 0 else None
        language = ("", "zh-hans", "en")[k % 3]
        shopper = Shopper.objects.create(shop=made.shop, external_id=f"s{k}", user=user, language=language)
        for step in range(1 + k % 5):
            kind = (Kind.VIEW, Kind.LIKE, Kind.PURCHASE, Kind.DISLIKE)[(k + step) % 4]
            at = NOW - timedelta(days=k, hours=5 - step)
            interaction_record(shopper=shopper, kind=kind, item=made.items[(7 * k + 5 * step) % 60], at=at)
    consent_record(shopper=shopper, purpose="personalisation", granted=False, at=timezone.now())
    return made


@pytest.mark.django_db
def test_requests_and_sql_agree_on_who_belongs(tiny):
    people = list(Shopper.objects.of(tiny.shop).order_by("pk"))
    department = tiny.departments[1].pk
    named = [
        SegmentValue(str(n), Conditions(**{**vars(one), "department": department if one.department else 0}))
        for n, one in enumerate(CONDITIONS)
    ]
    contexts = contexts_read(tiny.shop, people, Asked(surface="push", session="", now=NOW), named)
    sizes = []
    for one in named:
        theirs = {context.shopper_id for context in contexts if one.name in context.segments}
        assert theirs == set(members_read(tiny.shop, one.conditions, NOW)), one
        assert members_count(tiny.shop, one.conditions, NOW) == len(theirs)
        sizes.append(len(theirs))
    assert sizes[0] == 11, "everybody but who withdrew"
    assert all(0 < size < 11 for size in sizes[1:]), sizes
