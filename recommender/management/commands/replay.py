"""``manage.py replay REQUEST_ID``: decide a logged request again and compare."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.data.types import ArtifactMismatch, DataError
from recommender.replay import inspect_request


class Command(BaseCommand):
    """Replays one request."""

    help = "Decide a logged request again with the bundle and rules of its day, and compare with what was shown."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the request."""
        parser.add_argument("request_id", type=UUID, help="id of the request: that of its impression")

    def handle(self, *, request_id: UUID, **options: Any) -> None:
        """Print the page and whether it is the one that was shown; fails if it is not."""
        try:
            page = inspect_request(request_id)
        except (DataError, ArtifactMismatch) as error:
            raise CommandError(str(error)) from error
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
