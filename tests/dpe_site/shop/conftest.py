"""The shop that the storefront's tests walk through."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from tests.fixtures.tiny_shop import TinyShop


@pytest.fixture
def tiny(db: None) -> Iterator["TinyShop"]:
    """A shop with pictures and a trend."""
    from tests.fixtures.tiny_shop import tiny_shop, tiny_trend  # the settings are not there yet when this file is read

    cache.clear()
    made = tiny_shop()
    tiny_trend(made)
    yield made
    cache.clear()
