"""A small shop and somebody who has not acted in it yet."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from catalog.models import Shop
    from users.identity import Identity


@pytest.fixture
def shop(db: None) -> "Shop":
    from tests.fixtures.events import shop_with_items  # the settings are not there yet when this file is read

    return shop_with_items()


@pytest.fixture
def guest() -> "Identity":
    from users.identity import guest_new

    return guest_new()
