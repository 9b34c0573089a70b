"""Moments given on the command line."""

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def moment(text: str) -> datetime:
    """A moment as ISO 8601 with its zone: the type of an option.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise ArgumentTypeError(f"{text!r} is not a time like 2026-01-31T12:00:00+00:00")
    return at
