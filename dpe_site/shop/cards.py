"""Cards of items that no decision chose: favourites, basket lines, plain lists."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import get_language

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.types import Context, History
from recommender.page import Card
from recommender.page_view import card_of
from recommender.store.card_facts import card_facts_read


def cards_of(shop: Shop, item_ids: Sequence[int]) -> list[Card]:
    """Cards in the order of ``item_ids``; what is no longer shown is left out. One query."""
    now = timezone.now()
    nobody = Context(
        shop_id=shop.pk,
        shopper_id=0,
        session="",
        surface="",
        now_us=microseconds(now),
        history=History.empty(),
        language=get_language() or "en",
    )
    found = card_facts_read(nobody, item_ids, now)
    shown = [found[item_id] for item_id in item_ids if item_id in found and found[item_id].visible]
    return [card_of(facts, position, now) for position, facts in enumerate(shown)]
