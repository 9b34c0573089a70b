"""The content of rulesets as JSON: its hash, and what serves a shop now."""

import hashlib
import json
from typing import Any

from catalog.models import Shop
from recommender.data.knob_ranges import DIALS
from recommender.data.ruleset import KnobValues
from recommender.models import Live


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of a ruleset's content in canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def content_serving(shop: Shop) -> dict[str, Any]:
    """Content of the ruleset that serves a shop; the defaults alone where none was published."""
    live = Live.objects.select_related("ruleset").filter(shop=shop).first()
    if live is not None and live.ruleset is not None:
        return dict(live.ruleset.content)
    knobs = {name: getattr(KnobValues(), name) for name in DIALS}
    return {"knobs": knobs, "rules": [], "layout": [], "experiments": []}
