"""Who calls the API: people who have done nothing yet are told apart, whether they have a login or not."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from catalog.models import Shop
from users.models import User
from users.requests import Caller, caller_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="one", name="One")


def caller(user: User | AnonymousUser) -> Caller:
    request = RequestFactory().get("/")
    request.user = user
    return caller_of(request)


def test_everybody_without_a_shopper_has_a_visit_of_their_own(shop: Shop) -> None:
    logins = [User.objects.create_user(username=name) for name in ("ann", "bob")]
    callers = [caller(user) for user in (*logins, AnonymousUser(), AnonymousUser())]
    assert all(one.shopper is None for one in callers)
    assert len({one.visit for one in callers} - {""}) == 4


def test_a_login_keeps_its_visit(shop: Shop) -> None:
    user = User.objects.create_user(username="ann")
    assert caller(user).visit == caller(user).visit
