"""Cards of items that no decision chose: favourites, basket lines, plain lists."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import get_language

from catalog.models import Shop
from recommender.data.types import Context, History
from recommender.page import Card, Label
from recommender.store.card_facts import CardFacts, card_facts_read
from recommender.wording import labels_of
from users.state_rows import microseconds


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
    return [_card(facts, position, labels_of(facts, now)) for position, facts in enumerate(shown)]


def _card(facts: CardFacts, position: int, labels: tuple[Label, ...]) -> Card:
    """A card without a reason, since nobody chose it."""
    return Card(
        id=facts.id,
        external_id=facts.external_id,
        title=facts.title,
        description=facts.description,
        brand=facts.brand,
        department_id=facts.department_id,
        price_minor=facts.price_minor,
        list_price_minor=facts.reduced_from,
        currency=facts.currency,
        picture=facts.picture,
        picture_alt=facts.picture_alt,
        picture_width=facts.picture_width,
        picture_height=facts.picture_height,
        rating=facts.rating,
        rating_count=facts.rating_count,
        labels=labels,
        position=position,
        reason="",
        reason_code="",
        causes=(),
        actions=(),
    )
