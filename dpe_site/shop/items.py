"""Finding the item an address or a button names."""

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
