"""Switches for an emergency: all rules off, a surface without personalisation. They act at once, without drafts.

A switch is part of the ruleset that serves: turning it makes that ruleset anew with the switch in it, so that every
page names what it was decided with, a logged request replays, and going back is going back to a ruleset. Publishing
drafts leaves the switches as they are.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from catalog.models import Shop
from recommender.jobs import job_ask
from recommender.models import Live, Ruleset
from recommender.store.ruleset_content import content_hash, content_serving
from users.models import User

_NAME = "switches"


@dataclass(frozen=True)
class Switches:
    """What is switched; nothing by default."""

    rules_off: bool = False
    plain_surfaces: tuple[str, ...] = ()  # they show what is in demand, whoever asks

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Switches":
        """Those of a ruleset's content."""
        given = content.get(_NAME, {})
        return cls(bool(given.get("rules_off")), tuple(given.get("plain_surfaces", ())))

    def content(self) -> dict[str, Any]:
        """The part of a ruleset's content that says so; empty where nothing is switched."""
        return {_NAME: asdict(self) | {"plain_surfaces": list(self.plain_surfaces)}} if self != Switches() else {}


def switches_read(shop: Shop) -> Switches:
    """What is switched in a shop now."""
    return Switches.of(content_serving(shop))


@transaction.atomic
def switches_turn(*, shop: Shop, switches: Switches, by: User | None = None) -> Ruleset:
    """Let what serves now serve with these switches from the next request on; drafts are neither read nor changed.

    The lists made ahead, which nobody makes anew before the night, are asked for at once.
    """
    live, _made = Live.objects.select_for_update().get_or_create(shop=shop)
    content = {name: part for name, part in content_serving(shop).items() if name != _NAME} | switches.content()
    ruleset, _made = Ruleset.objects.get_or_create(
        shop=shop, hash=content_hash(content), defaults={"content": content, "published_by": by}
    )
    live.ruleset = ruleset
    live.save(update_fields=["ruleset"])
    if live.bundle_id is not None:
        job_ask(shop=shop, kind="precompute", asked_by=by)
    return ruleset
