"""Messages that are as true as the facts they belong to.

A message is written in the transaction of its cause. The relay hands it to the broker, at least once; the task that
gets it says when it is done. What is not reported done within the lease is handed over again, and what was handed over
three times in vain is parked, where staff see it, mend its cause and replay it. A broker that is away costs no attempt.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as NoAnswer

from catalog.ids import uuid7
from catalog.models import Outbox, Shop

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
LEASE = timedelta(minutes=15)
KEEP = timedelta(days=7)
_ERROR_CHARACTERS = 4_000
_AWAY = (OperationalError, ConnectionLost, NoAnswer, OSError)

Publish = Callable[[Outbox], None]


def task_publish(message: Outbox) -> None:
    """Send the task that handles a topic: ``item.changed`` goes to the task named ``outbox.item.changed``.

    The task is given the message's id alone and opens it with ``outbox_handling``.
    """
    current_app.send_task(f"outbox.{message.topic}", kwargs={"message_id": str(message.pk)}, retry=False)


def outbox_add(*, shop: Shop | int, topic: str, payload: dict[str, Any], message_id: UUID | None = None) -> None:
    """Leave a message in the current transaction; a ``message_id`` that exists already is not written twice."""
    shop_id = shop if isinstance(shop, int) else shop.pk
    row = Outbox(id=message_id or uuid7(), shop_id=shop_id, topic=topic, payload=payload)
    Outbox.objects.bulk_create([row], ignore_conflicts=message_id is not None)


def outbox_relay(limit: int = 200, *, publish: Publish = task_publish, now: datetime | None = None) -> int:
    """Hand waiting messages to the broker, oldest first; several relays may run at once.

    Returns: how many were handed over.
    """
    now = now or timezone.now()
    _overdue_return(now)
    with transaction.atomic():
        waiting = Outbox.objects.waiting().select_for_update(skip_locked=True).order_by("created_at", "id")[:limit]
        return _hand_over(list(waiting), publish, now)


def _hand_over(messages: list[Outbox], publish: Publish, now: datetime) -> int:
    handed = 0
    for message in messages:
        try:
            publish(message)
        except _AWAY as error:
            logger.warning("The broker is away, %d messages wait: %s", len(messages) - handed, error)
            break
        except Exception as error:  # noqa: BLE001 one poisoned message must not hold up the others
            _attempt_failed(message, error, now)
            continue
        Outbox.objects.filter(pk=message.pk).update(published_at=now, attempts=message.attempts + 1)
        handed += 1
    return handed


def _attempt_failed(message: Outbox, error: Exception, now: datetime) -> None:
    attempts = message.attempts + 1
    parked_at = now if attempts >= MAX_ATTEMPTS else None
    text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
    Outbox.objects.filter(pk=message.pk).update(attempts=attempts, error=text, parked_at=parked_at)


def _overdue_return(now: datetime) -> None:
    """Park or requeue what a worker took and never finished, because it was killed or knows no such topic."""
    overdue = Outbox.objects.overdue(now - LEASE)
    given_up = "No worker reported it done after three deliveries: it was killed each time, or no task has this topic."
    overdue.filter(attempts__gte=MAX_ATTEMPTS).update(parked_at=now, error=given_up)
    overdue.filter(attempts__lt=MAX_ATTEMPTS).update(published_at=None)


@contextmanager
def outbox_handling(message_id: UUID | str) -> Iterator[Outbox | None]:
    """Open a message to act on it; leaving the block reports it done, an exception reports it failed.

    Gives ``None`` where there is nothing to do: handled before, parked or gone. An exception goes on to the caller
    after the message was put back, or parked at its third failure.
    """
    message = Outbox.objects.filter(pk=message_id, handled_at=None, parked_at=None).select_related("shop").first()
    try:
        yield message
    except Exception as error:
        if message is not None:
            _handling_failed(message, error)
        raise
    if message is not None:
        Outbox.objects.filter(pk=message.pk).update(handled_at=timezone.now(), error="")


def _handling_failed(message: Outbox, error: Exception) -> None:
    text = f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]
    row = Outbox.objects.filter(pk=message.pk)
    if message.attempts >= MAX_ATTEMPTS:
        row.update(parked_at=timezone.now(), error=text)
    else:
        row.update(published_at=None, error=text)


def outbox_replay(message_ids: Collection[UUID]) -> int:
    """Give parked messages three new attempts.

    Returns: how many were parked.
    """
    parked = Outbox.objects.parked().filter(pk__in=message_ids)
    return parked.update(parked_at=None, published_at=None, attempts=0)


def outbox_prune(now: datetime) -> int:
    """Remove messages that were handled more than a week ago.

    Returns: how many.
    """
    return Outbox.objects.filter(handled_at__lt=now - KEEP).delete()[0]
