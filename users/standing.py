"""What every page of the shop says of a person, in one statement: allowed or not, basket, favourites, met or not."""

from dataclasses import dataclass

from django.db import connection

from users.models import Consent, Shopper

_READ = """
WITH person AS (SELECT id FROM users_shopper WHERE id = %(shopper)s OR merged_into_id = %(shopper)s)
SELECT (SELECT c.granted FROM users_consent c WHERE c.shopper_id IN (SELECT id FROM person) AND c.purpose = %(purpose)s
        ORDER BY c.at DESC, c.id DESC LIMIT 1),
       (SELECT coalesce(sum(l.quantity), 0) FROM users_basketline l JOIN users_basket b ON b.id = l.basket_id
        WHERE b.shopper_id = %(shopper)s),
       ARRAY(SELECT f.item_id FROM users_favourite f WHERE f.shopper_id IN (SELECT id FROM person)),
       EXISTS (SELECT FROM users_shopperstate s WHERE s.shopper_id = %(shopper)s AND s.recent_items <> '{}')
"""


@dataclass(frozen=True)
class Standing:
    """A person as the frame of a page shows them."""

    allowed: bool | None = None  # the last word about personalised pages, None: not asked yet
    basket: int = 0  # pieces
    favourites: frozenset[int] = frozenset()
    is_known: bool = False  # did something that counts


def standing_read(shopper: Shopper | None) -> Standing:
    """The standing of a shopper; of somebody without any event yet, nothing."""
    if shopper is None:
        return Standing()
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"shopper": shopper.pk, "purpose": Consent.Purpose.PERSONALISATION})
        allowed, basket, favourites, is_known = cursor.fetchone()
    return Standing(allowed, int(basket), frozenset(favourites), is_known)
