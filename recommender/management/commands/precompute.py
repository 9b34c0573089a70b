"""``manage.py precompute``: every shopper's list, without a broker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Shop
from catalog.shops import shop_named
from recommender.management.job_console import job_run_here
from recommender.models import JobRun
from recommender.precompute import lists_precompute


class Command(BaseCommand):
    """Make the lists that fallback pages and whoever sends messages read."""

    help = "Make every shopper's list with the live bundle; lists that are up to date are left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command."""
        parser.add_argument("--shop", default="", help="code of the shop; the first one where it is not given")
        parser.add_argument("--shards", type=int, default=1, help="how many processes share the work")
        parser.add_argument("--shard", type=int, default=0, help="which of them this is, from 0")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        if not 0 <= options["shard"] < options["shards"]:
            raise CommandError(f"--shard must lie between 0 and {options['shards'] - 1}.")
        try:
            shop = shop_named(options["shop"])
        except Shop.DoesNotExist as error:
            raise CommandError(f"No such shop: {error}") from error
        params = {"shard": options["shard"], "shards": options["shards"]}
        job = job_run_here(shop=shop, kind="precompute", params=params, work=lists_precompute)
        if job.status != JobRun.Status.SUCCEEDED:
            raise CommandError(job.error or f"The job is {job.get_status_display()}.")
        self.stdout.write(f"{job.result['made']} lists made with bundle {job.result['bundle']}.")
