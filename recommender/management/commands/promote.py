"""``manage.py promote BUNDLE``: let a trained bundle serve."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import BundleVersion
from recommender.store.bundles import bundle_index, bundle_promote


class Command(BaseCommand):
    """Promote a bundle by its number."""

    help = "Let a trained bundle serve its shop from the next request on."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command."""
        parser.add_argument("bundle", type=int, help="number of the bundle, as the staff pages and `train` show it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        version = BundleVersion.objects.select_related("shop").filter(pk=options["bundle"]).first()
        if version is None:
            known = ", ".join(str(pk) for pk in BundleVersion.objects.values_list("pk", flat=True)[:20]) or "none"
            raise CommandError(f"There is no bundle {options['bundle']}; there are: {known}.")
        try:
            bundle_index(version)
            bundle_promote(version)
        except (ArtifactMismatch, DataError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Bundle {version.pk} serves {version.shop}.")
