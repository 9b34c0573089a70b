"""Pictures of items from the media folder, and nowhere else."""

import numpy as np
import pytest

from catalog.models import Media
from recommender.facts.pictures import item_facts_read, pictures_read
from tests.fixtures.tiny_shop import tiny_shop

pytestmark = pytest.mark.django_db

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="8" fill="#00aa00"/></svg>'


@pytest.fixture
def tiny(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    (tmp_path / "secret.svg").write_text(SVG)
    shop = tiny_shop(n=8, departments=2)
    Media.objects.filter(shop=shop.shop).delete()
    return shop


def show(tiny, item: int, path: str, position: int = 0) -> None:
    Media.objects.create(shop=tiny.shop, item=tiny.items[item], path=path, position=position)


def test_the_first_picture_of_each_item_is_read(tiny, settings):
    (settings.MEDIA_ROOT / "green.svg").write_text(SVG)
    show(tiny, 0, "green.svg")
    show(tiny, 0, "missing.svg", position=1)
    show(tiny, 1, "green.svg")
    read = list(pictures_read(tiny.shop.pk, tiny.ids[:3].tolist(), 16))
    assert [one.item_id for one in read] == tiny.ids[:2].tolist()
    assert all(one.pixels is not None and one.pixels[8, 8].tolist() == [0, 170, 0] for one in read)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing.svg", "not readable"),
        ("../secret.svg", "outside the media folder"),
        ("https://pictures.invalid/1.jpg", "not fetched"),
        ("//pictures.invalid/1.jpg", "not fetched"),
        ("torn.png", "no readable"),
        ("", "not readable"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_the_reason(tiny, settings, path, reason):
    (settings.MEDIA_ROOT / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    show(tiny, 0, path)
    (one,) = pictures_read(tiny.shop.pk, [tiny.items[0].pk], 16)
    assert one.pixels is None
    assert reason in one.reason


def test_facts_come_in_the_order_asked_and_unknown_ones_are_said_to_be(tiny):
    item = tiny.items[2]
    item.brand = item.category = item.price_minor = None
    item.save()
    facts = item_facts_read(tiny.shop.pk, np.array([tiny.items[3].pk, item.pk, 0]))
    assert facts.brand.tolist() == [tiny.items[3].brand_id, 0, 0]
    assert facts.category.tolist() == [tiny.items[3].category_id, 0, 0]
    assert facts.price_minor.tolist() == [tiny.items[3].price_minor, -1, -1]
    assert facts.images.shape == (3, 0)
