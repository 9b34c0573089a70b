"""Pictures of items as their files hold them, and the other facts that an item tower reads."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

from catalog.models import Item, Media
from recommender.data.types import Ints
from recommender.encoders.item_facts import ItemFacts
from recommender.encoders.pictures import MAX_BYTES, PictureRefused, Pixels, picture_read

CHUNK = 1_000


@dataclass(frozen=True)
class PictureRead:
    """An item's first picture, or why it could not be read."""

    item_id: int
    pixels: Pixels | None
    reason: str = ""


def pictures_read(shop_id: int, item_ids: Collection[int], size: int) -> Iterator[PictureRead]:
    """The first picture of each item that has one, as a square of ``size`` pixels.

    Pictures at addresses elsewhere are not fetched.
    """
    ids = sorted(item_ids)
    for begin in range(0, len(ids), CHUNK):
        media = Media.objects.filter(shop_id=shop_id, item_id__in=ids[begin : begin + CHUNK])
        first = media.order_by("item_id", "position").distinct("item_id")
        for item_id, path in first.values_list("item_id", "path"):
            try:
                yield PictureRead(item_id, picture_read(_content(path), size))
            except PictureRefused as error:
                yield PictureRead(item_id, None, str(error))


def _content(path: str) -> bytes:
    """Bytes of a file below the media folder.

    Raises: PictureRefused.
    """
    if "://" in path or path.startswith("//"):
        raise PictureRefused("at an address elsewhere, which is not fetched")
    home = Path(settings.MEDIA_ROOT).resolve()
    file = (home / path).resolve()
    if not file.is_relative_to(home):
        raise PictureRefused("outside the media folder")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise PictureRefused(f"larger than {MAX_BYTES // 2**20} MB")
        return file.read_bytes()
    except OSError as error:
        raise PictureRefused(f"not readable: {error.strerror}") from error


def item_facts_read(shop_id: int, item_ids: Ints) -> ItemFacts:
    """Brand, category and price of items, in the given order; no pictures."""
    columns = ("pk", "brand_id", "category_id", "price_minor")
    found = Item.objects.filter(shop_id=shop_id, pk__in=item_ids.tolist()).values_list(*columns)
    rows = {item: known for item, *known in found}
    table = [rows.get(item, (None, None, None)) for item in item_ids.tolist()]
    brand, category = (np.array([row[column] or 0 for row in table], np.int64) for column in (0, 1))
    return ItemFacts(brand, category, np.array([-1 if row[2] is None else row[2] for row in table], np.int64))
