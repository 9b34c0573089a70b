"""The row of a shopper's state: locked, read, written with one statement each."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from psycopg2.extras import Json

from catalog.moments import microseconds, moment_of
from users.state import Deed, Recent, StateValue

REFOLDED = 1_000
"""Latest interactions a refolded state is made of; dislikes, undos and purchases count however old they are."""

STATE_COLUMNS = (
    "version, recent_items, recent_kinds, recent_times, recent_values, hidden_items, purchased_items, ignored_items, "
    "fewer_kinds, raised_items, taste, fatigue, fatigue_next, updated_at"
)
_LOCK = f"""
INSERT INTO users_shopperstate AS s
(shopper_id, shop_id, {STATE_COLUMNS}) VALUES
(%s, %s, 0, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}',
 to_timestamp(0))
ON CONFLICT (shopper_id) DO UPDATE SET shop_id = s.shop_id
RETURNING {STATE_COLUMNS}
"""  # noqa: S608 our own column names, here and below
_READ = f"SELECT {STATE_COLUMNS} FROM users_shopperstate WHERE shopper_id = %s"  # noqa: S608
_WRITE = f"""
UPDATE users_shopperstate SET ({STATE_COLUMNS}) =
(%s, %s::bigint[], %s::smallint[], %s::bigint[], %s::float8[], %s::bigint[], %s::bigint[], %s::bigint[],
 %s::bigint[], %s, %s, %s, %s, %s)
WHERE shopper_id = %s
"""  # noqa: S608
_DEED = (
    "id, kind, (extract(epoch FROM occurred_at) * 1000000)::bigint, item_id, coalesce(value, 'NaN'), undoes, "
    "impression IS NOT NULL"
)
_FACTS = f"""
(SELECT {_DEED} FROM users_interaction WHERE shopper_id = ANY(%s) ORDER BY id DESC LIMIT {REFOLDED})
UNION
SELECT {_DEED} FROM users_interaction WHERE shopper_id = ANY(%s) AND kind IN (5, 6, 10)
"""  # noqa: S608


def state_locked(shopper_id: int, shop_id: int) -> StateValue:
    """The state, locked until the transaction ends; made empty where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [shopper_id, shop_id])
        return state_from_row(cursor.fetchone())


def state_read(shopper_id: int) -> StateValue:
    """The state as it is, empty where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [shopper_id])
        row = cursor.fetchone()
    return state_from_row(row) if row else StateValue()


def state_write(shopper_id: int, state: StateValue) -> None:
    """Replace the state of a shopper whose row is locked."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [*state_to_row(state), shopper_id])


def facts_read(shopper_ids: Sequence[int]) -> list[Deed]:
    """The interactions of a person that a refolded state is made of."""
    ids = list(shopper_ids)
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [ids, ids])
        return [Deed(*row) for row in cursor.fetchall()]


def state_to_row(state: StateValue, *, as_json: Callable[[Any], Any] = Json) -> list[Any]:
    """Values of ``STATE_COLUMNS``, as parameters of a statement; COPY takes its JSON as text."""
    recent = state.recent
    return [
        state.version,
        [entry.item_id for entry in recent],
        [entry.kind for entry in recent],
        [entry.at_us for entry in recent],
        [entry.value for entry in recent],
        list(state.hidden),
        list(state.purchased),
        list(state.ignored),
        list(state.fewer),
        as_json(dict(state.raised)),
        as_json(state.taste),
        as_json(dict(state.fatigue)),
        as_json(dict(state.fatigue_next)),
        moment_of(state.updated_us),
    ]


def state_from_row(row: Sequence[Any]) -> StateValue:
    """The state in a row of ``STATE_COLUMNS``."""
    version, items, kinds, times, values, hidden, purchased, ignored, fewer, raised, *learned, updated_at = row
    taste, fatigue, pending = learned
    return StateValue(
        version=version,
        recent=tuple(map(Recent, items, kinds, times, values)),
        hidden=tuple(hidden),
        purchased=tuple(purchased),
        ignored=tuple(ignored),
        fewer=tuple(fewer),
        raised=json.loads(raised),
        taste=json.loads(taste),
        fatigue=json.loads(fatigue),
        fatigue_next=json.loads(pending),
        updated_us=microseconds(updated_at),
    )
