"""Known shoppers with browsers: they fetch the homepage and send events over HTTP."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from uuid import UUID, uuid4

from dpe_site.embedded.ports import HOST
from users.identity import GUEST_COOKIE, GUEST_HEADER

Event = dict[str, object]

BATCH = 100
BATCH_SPAN = timedelta(minutes=5)
KINDS = ("view", "click", "cart", "purchase", "like")
_TIMEOUT_SECONDS = 30
_IMPRESSION = re.compile(rb'<main [^>]*data-impression="([0-9a-f-]{36})"')


class UnexpectedAnswer(RuntimeError):
    """The site did not answer as the measurement takes for granted."""


@dataclass(frozen=True)
class Visitors:
    """People with a guest's token each; every request opens a connection, as that of another person would."""

    port: int
    tokens: Sequence[str]
    items: Sequence[str]  # external ids that can be clicked

    def __len__(self) -> int:
        """How many people."""
        return len(self.tokens)

    def homepage(self, person: int) -> UUID:
        """Fetch a person's homepage to its last byte; returns the impression it shows.

        Raises:
            UnexpectedAnswer: it is not a page with decided cards.
        """
        return impression_of(self.page(person, "/"))

    def page(self, person: int, path: str) -> bytes:
        """Fetch a page as a person's browser does, to its last byte.

        Raises:
            UnexpectedAnswer: it is not answered with a page.
        """
        headers = {"Cookie": f"{GUEST_COOKIE}={self.tokens[person]}; dpe_visit=bench", "Accept-Language": "en"}
        return self._ask("GET", path, headers)

    def click(self, person: int, rng: random.Random) -> None:
        """Click on some product: the person's next homepage is a new decision."""
        self.send(person, [event_new("click", rng.choice(self.items))])

    def send(self, person: int, events: Sequence[Event]) -> None:
        """Send a batch of events and wait until it is acknowledged.

        Raises:
            UnexpectedAnswer: not every event was accepted.
        """
        headers = {GUEST_HEADER: self.tokens[person], "Content-Type": "application/json"}
        answer = json.loads(self._ask("POST", "/api/v1/events", headers, json.dumps({"events": events})))
        if answer["accepted"] != len(events):
            raise UnexpectedAnswer(f"{len(events)} events were sent and {answer['accepted']} accepted.")

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
        connection = HTTPConnection(HOST, self.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise UnexpectedAnswer(f"{method} {path} was answered with {answer.status}: {content[:300]!r}")
        return content


def impression_of(body: bytes) -> UUID:
    """The impression that a page shows.

    Raises:
        UnexpectedAnswer: its cards were not decided.
    """
    found = _IMPRESSION.search(body)
    if found is None:
        raise UnexpectedAnswer("The page names no impression: nothing was decided for it.")
    return UUID(found.group(1).decode())


def event_new(kind: str, item: str) -> Event:
    """An event as a browser reports it; its id is not drawn from the seed, or a second run would send known events."""
    return {
        "client_id": str(uuid4()),
        "kind": kind,
        "item": item,
        "session": "bench",
        "surface": "homepage",
    }


def batch_new(rng: random.Random, items: Sequence[str], now: datetime) -> list[Event]:
    """What an app that was offline for some minutes sends at once, oldest first."""
    step = BATCH_SPAN / BATCH
    return [
        event_new(rng.choice(KINDS), rng.choice(items))
        | {"occurred_at": (now - step * (BATCH - place)).astimezone(UTC).isoformat()}
        for place in range(BATCH)
    ]
