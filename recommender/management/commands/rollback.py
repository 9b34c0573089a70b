"""``manage.py rollback``: let the bundle that served before serve again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Shop
from catalog.shops import shop_named
from recommender.data.types import ArtifactMismatch, DataError
from recommender.store.bundles import bundle_rollback


class Command(BaseCommand):
    """Go back one bundle."""

    help = "Let the bundle that served before serve again; a second time comes back to this one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command."""
        parser.add_argument("--shop", default="", help="code of the shop; the first one where it is not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            live = bundle_rollback(shop_named(options["shop"]))
        except (ArtifactMismatch, DataError, Shop.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Bundle {live.bundle_id} serves {live.shop} again.")
