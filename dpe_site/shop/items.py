"""Finding the item an address or a button names."""

from collections import Counter
from collections.abc import Collection

from django.http import Http404
from django.utils import timezone

from catalog.models import Item, Shop


def item_named(shop: Shop, item_id: int) -> Item:
    """An item that may be shown now, with its words.

    Raises:
        Http404: there is none of this id, or it is hidden, deleted or not yet published.
    """
    item = Item.objects.of(shop).visible(timezone.now()).with_words().filter(pk=item_id).first()
    if item is None:
        raise Http404
    return item


def variants_among(item_ids: Collection[int], *, shown: Collection[int]) -> set[int]:
    """Those of ``item_ids`` that are variants of something shown, in another colour or size."""
    named = Item.objects.filter(pk__in={*item_ids, *shown}).exclude(group="")
    group = dict(named.values_list("pk", "group"))
    taken = {group[item] for item in shown if item in group}
    return {item for item in item_ids if group.get(item) in taken}


def brands_full(item_ids: Collection[int], *, row: Collection[int], cap: int) -> set[int]:
    """Those of ``item_ids`` whose brand has ``cap`` items in the row already; none where there is no cap."""
    if not cap:
        return set()
    branded = Item.objects.filter(pk__in={*item_ids, *row}, brand__isnull=False)
    brand = dict(branded.values_list("pk", "brand_id"))
    standing = Counter(brand[item] for item in row if item in brand)
    return {item for item in item_ids if item in brand and standing[brand[item]] >= cap}
