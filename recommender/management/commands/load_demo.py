"""Make the demo shop."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from catalog.models import Item
from recommender.data.synthetic.catalogue import MOST
from recommender.demo_shop.load import DemoSize, demo_shop_load
from recommender.management.moments import moment
from users.models import Interaction, Shopper


class Command(BaseCommand):
    """``manage.py load_demo``."""

    help = "Generate the demo shop: products, pictures, shoppers and weeks of visits. A second run changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, from which seed, up to when."""
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--products", type=int, default=DemoSize.products)
        parser.add_argument("--shoppers", type=int, default=DemoSize.shoppers)
        parser.add_argument("--days", type=int, default=DemoSize.days)
        parser.add_argument("--until", type=moment, help="the shop's present, ISO 8601; now by default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate with a progress bar, then say what is there."""
        size = DemoSize(products=options["products"], shoppers=options["shoppers"], days=options["days"])
        if not 100 <= size.products <= MOST or size.shoppers < 1 or size.days < 3:
            raise CommandError(f"A demo shop has 100 to {MOST:,} products, at least 1 shopper and 3 days.")
        with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as bar:
            task = bar.add_task("making products", total=None)

            def show(step: str, done: int, total: int) -> None:
                bar.update(task, description=step, completed=done, total=total)

            until = options["until"] or timezone.now()
            shop, made = demo_shop_load(seed=options["seed"], size=size, until=until, progress=show)
        counts = (
            f"{Item.objects.of(shop).count():,} products, {Shopper.objects.of(shop).count():,} shoppers, "
            f"{Interaction.objects.of(shop).count():,} interactions"
        )
        self.stdout.write(f"{shop.name} is {'ready' if made else 'there already, nothing was changed'}: {counts}.")
