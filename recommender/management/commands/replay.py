"""``manage.py replay REQUEST_ID``: decide a logged request again and compare."""

import math
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from recommender.data.types import ArtifactMismatch, DataError
from recommender.redecided import Basis, redecide
from recommender.replay import inspect_request


class Command(BaseCommand):
    """Replays one request."""

    help = "Decide a logged request again with the bundle and rules of its day, or with others, and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the request, and what it is decided with."""
        parser.add_argument("request_id", type=UUID, help="id of the request: that of its impression")
        basis = parser.add_mutually_exclusive_group()
        basis.add_argument("--today", action="store_true", help="with the bundle and rules that serve now")
        basis.add_argument("--draft", action="store_true", help="with the rules and knobs that are drafted")

    def handle(self, *, request_id: UUID, today: bool, draft: bool, **options: Any) -> None:
        """Print the page and whether it is the one that was shown; with other rules, where it differs."""
        try:
            if today or draft:
                self._differences(request_id, Basis.DRAFT if draft else Basis.TODAY)
            else:
                self._page(request_id)
        except (DataError, ArtifactMismatch) as error:
            raise CommandError(str(error)) from error

    def _page(self, request_id: UUID) -> None:
        page = inspect_request(request_id)
        self.stdout.write(f"{page.surface} for shopper {page.shopper_id} at {page.at:%Y-%m-%d %H:%M:%S} UTC")
        self.stdout.write(f"bundle {page.bundle_id}, ruleset {page.ruleset_hash[:12]}, {len(page.cards)} cards")
        for card in page.cards:
            line = (
                f"{card.slot:3d} {card.section:20s} {card.external_id:20s} s={card.score:8.4f} p={card.propensity:.4f}"
            )
            self.stdout.write(f"{line} {card.reason_code}")
        if not page.same:
            raise CommandError("The replay differs from what was shown.")
        self.stdout.write(self.style.SUCCESS("The replay is what was shown."))

    def _differences(self, request_id: UUID, basis: Basis) -> None:
        found = redecide(request_id, basis, now=timezone.now())
        self.stdout.write(f"bundle {found.bundle_id}, ruleset {found.ruleset_hash[:12]}")
        for one in found.changes:
            slots = f"{one.before or '-':>3} -> {one.after or '-':>3}"
            scores = f"s={_score(one.score_before)} -> {_score(one.score_after)}"
            self.stdout.write(f"{one.kind:9s} {slots}  {one.external_id:20s} {scores}")
        said = f"{len(found.changes)} differences." if found.changes else "The page would be what was shown."
        self.stdout.write(self.style.SUCCESS(said))


def _score(value: float) -> str:
    """With four digits; a dash for an item that was not on the page."""
    return f"{'-':>8}" if math.isnan(value) else f"{value:8.4f}"
