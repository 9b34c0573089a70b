"""A web process opens what serves before anybody asks for it, at its start and after each promotion."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import connections

from dpe_site import warming
from recommender.models import BundleVersion, Live
from recommender.store import live
from recommender.store.live import serving_read
from tests.fixtures.servers import eventually
from tests.fixtures.tiny_shop import TinyShop, tiny_live, tiny_shop


@pytest.fixture(autouse=True)
def nothing_open() -> Iterator[None]:
    live._open_ahead.clear()
    yield
    live._open_ahead.clear()


@pytest.fixture
def open_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction needs its connection afterwards."""
    monkeypatch.setattr(warming.connection, "close", lambda: None)


def promoted(tiny: TinyShop, *, seed: int) -> BundleVersion:
    """A bundle that serves from now on, after the one that did."""
    before = Live.objects.filter(shop=tiny.shop).values_list("bundle_id", flat=True).first()
    _, version = tiny_live(tiny, seed=seed)
    Live.objects.filter(shop=tiny.shop).update(previous_bundle=before)
    return version


@pytest.mark.django_db
@pytest.mark.usefixtures("open_connection")
def test_the_live_bundle_is_open_before_anybody_asks() -> None:
    tiny = tiny_shop()
    tiny_live(tiny)
    warming.bundles_open()
    bundle = serving_read(tiny.shop.pk).bundle
    assert bundle is not None
    assert "session" in vars(bundle.state_encoder.model)
    assert "text_whitened" in vars(bundle.arrays)


@pytest.mark.django_db
@pytest.mark.usefixtures("open_connection")
def test_without_a_shop_there_is_nothing_to_open() -> None:
    misses = live._bundle.cache_info().misses
    warming.bundles_open()
    assert live._bundle.cache_info().misses == misses


@pytest.mark.django_db
@pytest.mark.usefixtures("open_connection")
def test_the_bundle_before_serves_until_the_promoted_one_is_open() -> None:
    tiny = tiny_shop()
    first = promoted(tiny, seed=0)
    warming.bundles_open()
    second = promoted(tiny, seed=1)
    misses = live._bundle.cache_info().misses
    assert serving_read(tiny.shop.pk).bundle_id == first.pk
    assert live._bundle.cache_info().misses == misses, "a visitor opened a bundle"
    warming.bundles_open()
    serving = serving_read(tiny.shop.pk)
    assert serving.bundle_id == second.pk
    assert serving.bundle is not None and "session" in vars(serving.bundle.state_encoder.model)


@pytest.mark.django_db
@pytest.mark.usefixtures("open_connection")
def test_a_promoted_bundle_that_is_torn_leaves_the_one_before() -> None:
    tiny = tiny_shop()
    first = promoted(tiny, seed=0)
    warming.bundles_open()
    torn = promoted(tiny, seed=1)
    BundleVersion.objects.filter(pk=torn.pk).update(fingerprint="another")
    warming.bundles_open()
    assert serving_read(tiny.shop.pk).bundle_id == first.pk
    torn.refresh_from_db()
    assert "another bundle" in torn.gate["refused"]


@pytest.mark.django_db
def test_a_process_that_opens_nothing_ahead_serves_what_was_promoted_at_once() -> None:
    tiny = tiny_shop()
    promoted(tiny, seed=0)
    second = promoted(tiny, seed=1)
    assert serving_read(tiny.shop.pk).bundle_id == second.pk


@pytest.mark.django_db(transaction=True)
def test_the_thread_notices_a_promotion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "LOOK_SECONDS", 0.05)
    tiny = tiny_shop()
    first = promoted(tiny, seed=0)
    stop = Event()
    thread = Thread(target=warming.bundles_keep_open, args=[stop])
    thread.start()
    try:
        eventually(lambda: (first.pk, first.fingerprint) in live._open_ahead)
        second = promoted(tiny, seed=1)
        eventually(lambda: serving_read(tiny.shop.pk).bundle_id == second.pk)
        assert (second.pk, second.fingerprint) in live._open_ahead
    finally:
        stop.set()
        thread.join()
        connections.close_all()
