"""A new web process opens what serves before its first visitor."""

import pytest

from dpe_site import warming
from recommender.store.live import serving_read
from tests.fixtures.tiny_shop import tiny_live, tiny_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def open_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction needs its connection afterwards."""
    monkeypatch.setattr(warming.connection, "close", lambda: None)


def test_the_live_bundle_is_open_before_anybody_asks() -> None:
    tiny = tiny_shop()
    tiny_live(tiny)
    warming.bundles_open()
    bundle = serving_read(tiny.shop.pk).bundle
    assert bundle is not None
    assert "session" in vars(bundle.state_encoder.model)
    assert "text_whitened" in vars(bundle.arrays)


def test_without_a_shop_there_is_nothing_to_open() -> None:
    warming.bundles_open()
