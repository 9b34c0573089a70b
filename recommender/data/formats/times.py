"""Times as files write them, to microseconds UTC."""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recommender.data.types import DAY_US, DataError

EARLIEST_US = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
FUTURE_US = DAY_US  # a clock a day ahead is still believed
_EPOCH_MILLISECONDS = 100_000_000_000


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises: DataError if there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataError(f"there is no time zone {name!r}; use a name like Europe/London") from error


@lru_cache(maxsize=200_000)
def time_us(text: str, zone_name: str) -> int | None:
    """Microseconds UTC of an ISO date or time, or of seconds or milliseconds since 1970; None if it is neither.

    A time without an offset is a wall time of ``zone_name``.
    """
    try:
        return _epoch_us(float(text))
    except ValueError:
        pass
    except OverflowError:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone(zone_name))
    return round(at.timestamp() * 1_000_000)


def _epoch_us(number: float) -> int | None:
    if not 0 <= number < 1e15:
        return None
    seconds = number / 1000 if number > _EPOCH_MILLISECONDS else number
    return round(seconds * 1_000_000)


def time_fault(at_us: int | None, now_us: int) -> str:
    """Why a time cannot be a shopper's, or an empty string."""
    if at_us is None:
        return "time cannot be read"
    if at_us > now_us + FUTURE_US:
        return "time in the future"
    if at_us < EARLIEST_US:
        return "time before 1990"
    return ""
