"""How long a batch of 100 events takes until it is acknowledged: receipts, interactions, state and outbox committed.

    python -m benchmarks.events [--batches 300]

Works on the database of the settings, in a shop of its own that is removed afterwards. Prints p50, p95 and p99.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

EVENTS = 100
WARM_UP = 20
SHOPPERS = 20
ITEMS = 2_000
KINDS = ("view", "click", "cart", "purchase", "like")


def main(words: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=300)
    batches = parser.parse_args(words).batches
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dpe_site.settings.demo")
    os.environ.setdefault("DPE_ROLE", "web")
    import django

    django.setup()
    times = sorted(_measured(batches))
    cuts = statistics.quantiles(times, n=100)
    p50, p95, p99 = cuts[49], cuts[94], cuts[98]
    sys.stdout.write(f"{batches} batches of {EVENTS} events: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms\n")


def _measured(batches: int) -> list[float]:
    from django.utils import timezone

    from catalog.models import Category, Item, Shop, Tag
    from recommender.events import events_take
    from users.identity import guest_new

    rng = random.Random(0)
    shop = Shop.objects.create(code=f"benchmark-{os.getpid()}", name="Benchmark of events")
    try:
        start = timezone.now() - timedelta(hours=6)
        departments = [Category.objects.create(shop=shop, slug=f"d{n}", name=f"d{n}") for n in range(12)]
        tags = [Tag.objects.create(shop=shop, name=f"t{n}") for n in range(40)]
        items = [
            Item(shop=shop, external_id=f"I{n}", published_at=start, department=departments[n % 12])
            for n in range(ITEMS)
        ]
        Item.objects.bulk_create(items)
        links = [Item.tags.through(item=item, tag=tag) for item in items for tag in rng.sample(tags, 3)]
        Item.tags.through.objects.bulk_create(links)
        guests = [guest_new() for _ in range(SHOPPERS)]
        times = []
        for number in range(WARM_UP + batches):
            now = start + timedelta(seconds=10 * number)
            events = _batch(rng, now)
            began = time.perf_counter()
            results = events_take(shop=shop, identity=rng.choice(guests), events=events, now=now)
            times.append(1000 * (time.perf_counter() - began))
            if not all(result.status == "accepted" for result in results):
                raise RuntimeError("An event of the benchmark was not accepted.")
        return times[WARM_UP:]
    finally:
        _remove(shop.pk)


def _batch(rng: random.Random, now: datetime) -> list[dict[str, object]]:
    return [
        {
            "client_id": str(UUID(int=rng.getrandbits(128), version=4)),
            "kind": rng.choice(KINDS),
            "item": f"I{rng.randrange(ITEMS)}",
            "occurred_at": (now - timedelta(milliseconds=50 * (EVENTS - place))).isoformat(),
            "session": "benchmark",
            "surface": "homepage",
        }
        for place in range(EVENTS)
    ]


def _remove(shop_id: int) -> None:
    """Take the shop and everything in it out again."""
    from catalog.models import Item, Outbox, Shop
    from users.models import EventReceipt, Interaction, Shopper, ShopperState, Suspicion

    for model in (Interaction, EventReceipt, ShopperState, Suspicion, Outbox, Shopper, Item):
        model._base_manager.filter(shop_id=shop_id).delete()
    Shop.objects.filter(pk=shop_id).delete()


if __name__ == "__main__":
    main(sys.argv[1:])
