"""The tiny shop of these tests, before and after it has learned."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fixtures.tiny_shop import TinyShop


@pytest.fixture
def tiny(db: None) -> "TinyShop":
    """Nothing learned yet."""
    from tests.fixtures.tiny_shop import tiny_shop  # the settings are not there yet when this file is read

    return tiny_shop()


@pytest.fixture
def live(tiny: "TinyShop") -> "TinyShop":
    """With a trend and a bundle that serves it."""
    from tests.fixtures.tiny_shop import tiny_live, tiny_trend

    tiny_trend(tiny)
    tiny_live(tiny)
    return tiny
