"""What makes an item trend: how much each deed counts and how fast it fades."""

from users.kinds import Kind

HALF_LIFE_DAYS = 2.0
WINDOW_DAYS = 14
"""Older deeds do not count."""

TREND_WEIGHTS = {
    Kind.VIEW: 1.0,
    Kind.CLICK: 1.0,
    Kind.LIKE: 3.0,
    Kind.FAVOURITE: 3.0,
    Kind.CART: 4.0,
    Kind.PURCHASE: 6.0,
    Kind.SHARE: 3.0,
}
"""Kinds that are not listed count nothing."""
