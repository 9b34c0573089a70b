"""What a shopper says about the page rather than does in the shop: kept in the state, no facts to learn from."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from catalog.moments import microseconds
from catalog.variants import variants_of
from users.interactions import FindTwins
from users.models import Shopper
from users.shoppers import shopper_locked
from users.state import KEPT_HIDDEN, StateValue, next_version
from users.state_rows import state_locked, state_write


def item_ignore(*, shopper: Shopper, item_id: int, at: datetime, undo: bool = False) -> int:
    """Stop using an item of the history, for example a gift, or use it again.

    Returns: the state's new version.
    """
    return _changed(shopper, at, lambda state: replace(state, ignored=_toggled(state.ignored, item_id, undo)))


def items_weigh(*, shopper: Shopper, weights: Mapping[int, int], at: datetime) -> int:
    """Let items of the history count not at all (0), as they do (1) or as if they were looked at again now (2).

    Returns: the state's new version.
    """

    def weighed(state: StateValue) -> StateValue:
        ignored = tuple(item for item in state.ignored if item not in weights)
        raised = {item: since for item, since in state.raised.items() if int(item) not in weights}
        raised |= {str(item): state.raised.get(str(item), microseconds(at)) for item, n in weights.items() if n > 1}
        return replace(state, ignored=(*ignored, *(item for item, n in weights.items() if n == 0)), raised=raised)

    return _changed(shopper, at, weighed)


def item_own(*, shopper: Shopper, item_id: int, at: datetime, undo: bool = False) -> int:
    """Treat an item as bought elsewhere and stop showing it, or take that back.

    Returns: the state's new version.
    """

    def owned(state: StateValue) -> StateValue:
        return replace(
            state,
            purchased=_toggled(state.purchased, item_id, undo),
            hidden=_toggled(state.hidden, item_id, undo),
        )

    return _changed(shopper, at, owned)


def kind_fewer(*, shopper: Shopper, category_id: int, at: datetime, undo: bool = False) -> int:
    """Show fewer items of a category, or as many as before.

    Returns: the state's new version.
    """
    return _changed(shopper, at, lambda state: replace(state, fewer=_toggled(state.fewer, category_id, undo)))


def item_hide(
    *, shopper: Shopper, item_id: int, at: datetime, undo: bool = False, find_twins: FindTwins = variants_of
) -> int:
    """Stop showing an item and its near twins to somebody who wants nothing remembered, or show them again.

    Returns: the state's new version.
    """
    hidden = (item_id, *sorted(find_twins(shopper.shop_id, [item_id]).get(item_id, ())))

    def changed(state: StateValue) -> StateValue:
        others = tuple(item for item in state.hidden if item not in hidden)
        return replace(state, hidden=others if undo else (*others, *hidden)[-KEPT_HIDDEN:])

    return _changed(shopper, at, changed)


def page_renew(*, shopper: Shopper, at: datetime) -> int:
    """Have the next page decided anew, where something else than the history changed.

    Returns: the state's new version.
    """
    return _changed(shopper, at, lambda state: state)


@transaction.atomic
def _changed(shopper: Shopper, at: datetime, change: Callable[[StateValue], StateValue]) -> int:
    shopper = shopper_locked(shopper)
    state = next_version(change(state_locked(shopper.pk, shopper.shop_id)), microseconds(at))
    state_write(shopper.pk, state)
    return state.version


def _toggled(items: tuple[int, ...], item_id: int, undo: bool) -> tuple[int, ...]:
    others = tuple(item for item in items if item != item_id)
    return others if undo else (*others, item_id)
