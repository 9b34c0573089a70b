"""Clocks of shops."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def time_zone_validate(name: str) -> None:
    """Refuse the name of a time zone that there is not.

    Raises:
        ValidationError: it is none.
    """
    if _zone(name) is None:
        raise ValidationError(_("“%(name)s” is no time zone: write one like Europe/London.") % {"name": name})


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none, so that no page fails for it."""
    return _zone(name) or ZoneInfo("UTC")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
