"""What happened in a shop before a snapshot of it is taken."""

from datetime import timedelta

from django.utils import timezone

from recommender.models import Impression
from users.kinds import Kind
from users.models import Interaction, Shopper

NOW = timezone.now().replace(microsecond=123_456)


def shopper(shop, name, **more):
    """Somebody called ``name``."""
    return Shopper.objects.create(shop=shop, external_id=name, **more)


def act(who, item, kind=Kind.VIEW, minutes=0, **more):
    """A deed, so many minutes after an hour before ``NOW``."""
    at = NOW - timedelta(hours=1) + timedelta(minutes=minutes)
    return Interaction.objects.create(shop=who.shop, shopper=who, item=item, kind=kind, occurred_at=at, **more)


def page(who, items, **more):
    """A homepage of one row, shown to somebody two hours before ``NOW`` and seen whole, unless said otherwise."""
    fields = {
        "surface": "homepage",
        "shown_at": NOW - timedelta(hours=2),
        "item_ids": [item.pk for item in items],
        "section_of": [0] * len(items),
        "sections": [{"code": "deals", "subject": 0, "propensity": 1.0}],
        "propensities": [0.5] * len(items),
        "dropped": [False] * len(items),
        "seen": [True] * len(items),
    }
    return Impression.objects.create(shop=who.shop, shopper=who, **{**fields, **more})
