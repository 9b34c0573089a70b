"""The parts of a bundle by the names that shop and staff use for them."""

from django.utils.translation import gettext as _


def part_names() -> dict[str, str]:
    """Parts that a bundle may have, in words."""
    return {
        "state_encoder": _("sequence encoder"),
        "doubt": _("disagreement of small encoders"),
        "item_tower": _("vectors of new items"),
        "picture_encoder": _("vectors of pictures"),
        "start_states": _("first pages by situation"),
        "second_stage": _("second stage"),
        "ranker": _("ranker"),
        "policy": _("long-term policy"),
        "quotas": _("room for each source"),
        "segments": _("learned segments"),
        "ease": "EASE",
        "als": "ALS",
        "vae": "Mult-VAE",
        "graph": _("graph of relations"),
        "gan": "CFGAN",
    }
