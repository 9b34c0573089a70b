"""Lists made ahead as whoever sends messages needs them: of people who want messages, with what may still be shown."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from catalog.models import Shop
from recommender.data.ruleset import RulesetValue
from users.consent import GRANTED
from users.models import Consent

_READ = f"""
SELECT made.shopper_id, p.external_id, made.made_at, made.arm, ARRAY(
    SELECT i.external_id FROM unnest(made.item_ids) WITH ORDINALITY AS one (item, place)
    JOIN catalog_item i ON i.id = one.item
    WHERE i.status = 'active' AND i.deleted_at IS NULL AND i.published_at <= %(now)s AND NOT i.adult
      AND (i.stock IS NULL OR i.stock > 0) AND i.id <> ALL(coalesce(state.hidden_items, '{{}}'))
    ORDER BY one.place)
FROM recommender_precomputedlist made
JOIN users_shopper p ON p.id = made.shopper_id AND p.merged_into_id IS NULL
LEFT JOIN users_shopperstate state ON state.shopper_id = made.shopper_id
WHERE made.shop_id = %(shop)s AND made.shopper_id > %(after)s
  AND (NOT %(switched)s OR made.ruleset_hash = %(ruleset)s)
  AND {GRANTED}
ORDER BY made.shopper_id LIMIT %(n)s
"""  # noqa: S608 — the inserted text is a constant
_SURFACE = "push"  # that lists are made for


class ListToSend(NamedTuple):
    """One shopper's list; the columns of ``_READ``."""

    shopper_id: int
    shopper: str  # the shop's own id of the shopper, "" for a guest
    made_at: datetime
    arm: str  # of the running experiment, "" none
    items: list[str]  # the shop's own ids, best first


def lists_to_send(
    shop: Shop, ruleset: RulesetValue, *, now: datetime, after: int = 0, n: int = 100
) -> list[ListToSend]:
    """The next lists by the shopper's number.

    Args:
        shop: whose shoppers; what they said last about messages counts, else yes unless the shop asks first.
        ruleset: that serves; while rules or personal messages are switched off, lists of other rulesets wait.
        now: what is sold out, hidden, for adults or gone by then is left out.
        after: the shopper that the lists before ended with.
        n: at most so many.
    """
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "now": now,
        "after": after,
        "n": n,
        "switched": ruleset.rules_off or _SURFACE in ruleset.plain_surfaces,
        "ruleset": ruleset.hash,
        "purpose": Consent.Purpose.PUSH,
        "granted": not shop.consent_required,
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, parameters)
        return [ListToSend(*row) for row in cursor.fetchall()]
