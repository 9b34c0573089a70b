"""Use case: a guest signs in, and what the guest did becomes the person's.

No fact is rewritten: the guest's row gets a pointer, whoever reads follows it, and the person's state is folded again
from the facts of both. A guest is merged once; whose it is then never changes.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.twins import near_twins
from users.identity import Identity
from users.interactions import state_refold
from users.models import Basket, BasketLine, Favourite, Shopper, ShopperState
from users.shoppers import shopper_find, shopper_for_user
from users.state import next_version, states_joined
from users.state_rows import state_locked, state_write


@transaction.atomic
def guest_merge(*, shop: Shop, guest_key: UUID, user_id: int, now: datetime) -> Shopper | None:
    """Merge a guest into the shopper of a login; doing it again changes nothing.

    Returns: the login's shopper; ``None`` where neither guest nor login has done anything yet.
    """
    guest = Shopper.objects.of(shop).filter(guest_key=guest_key).first()
    if guest is None:
        return shopper_find(shop=shop, identity=Identity(user_id=user_id))
    person = shopper_for_user(shop=shop, user_id=user_id, at=now, language=guest.language)
    rows = Shopper.objects.select_for_update(no_key=True).filter(pk__in=[guest.pk, person.pk]).order_by("pk")
    locked = {row.pk: row for row in rows}
    guest, person = locked[guest.pk], locked[person.pk]
    if guest.merged_into_id is None:
        _merge(guest, person, now)
    return person


def _merge(guest: Shopper, person: Shopper, now: datetime) -> None:
    Shopper.objects.filter(pk=guest.pk).update(merged_into=person, merged_at=now)
    _basket_move(guest, person)
    kept = Favourite.objects.filter(shopper=person).values("item")
    Favourite.objects.filter(shopper=guest, item__in=kept).delete()
    state = states_joined(state_locked(person.pk, person.shop_id), state_locked(guest.pk, guest.shop_id))
    state = state_refold(shopper=person, state=state, find_twins=near_twins)
    state_write(person.pk, next_version(state, microseconds(now)))
    ShopperState.objects.filter(shopper=guest).delete()


def _basket_move(guest: Shopper, person: Shopper) -> None:
    """Lines of both baskets; where both hold an item, the larger number."""
    lines = list(BasketLine.objects.filter(basket__shopper=guest).order_by("pk"))
    if lines:
        basket, _ = Basket.objects.get_or_create(shopper=person, defaults={"shop_id": person.shop_id})
        present = {line.item_id: line for line in basket.lines.all()}
        for line in lines:
            own = present.get(line.item_id) or BasketLine(basket=basket, item_id=line.item_id, quantity=0)
            own.quantity = max(own.quantity, line.quantity)
            own.save()
    Basket.objects.filter(shopper=guest).delete()
