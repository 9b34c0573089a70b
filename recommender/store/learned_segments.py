"""Rows of learned segments: made and named when a bundle begins to serve, kept while a rule speaks of them."""

from collections.abc import Collection

from django.utils import translation
from django.utils.translation import gettext as _

from catalog.models import Shop
from recommender.data.learned_segments import LearnedSegment, LearnedSegments
from recommender.models import Rule, Segment
from users.profiles import names_read

DEAR = 0.5
"""Mean standard deviations of price from which a segment's name speaks of it."""
_IN_NAME = 2  # departments or tags
_LONGEST = 60


def learned_segments_keep(shop: Shop, learned: LearnedSegments | None) -> None:
    """Have a row for each segment of the bundle that begins to serve.

    A row whose segment the bundle does not know goes, unless a rule is limited to it: then it stays, without members,
    so that staff see what their rule was about.
    """
    keys = learned.keys if learned else ()
    rows = Segment.objects.of(shop).exclude(learned="")
    ruled = Rule.objects.of(shop).exclude(segment="").values("segment")
    rows.exclude(learned__in=keys).exclude(name__in=ruled).delete()
    there = set(rows.values_list("learned", flat=True))
    taken = set(Segment.objects.of(shop).values_list("name", flat=True))
    with translation.override(shop.language):
        for one in learned.segments if learned else ():
            if one.key not in there:
                name = _unlike(segment_name(one, shop.language), taken)
                Segment.objects.create(shop=shop, name=name, learned=one.key)
                taken.add(name)


def segment_name(segment: LearnedSegment, language: str) -> str:
    """What sets a learned segment apart, in the active language: its departments, or else tags, and its prices."""
    names = likings_named(segment, language)
    departments, tags = names["departments"][:_IN_NAME], names["tags"][:_IN_NAME]
    what = " + ".join(departments or tags) or _("A bit of everything")
    words = what
    if segment.price_z >= DEAR:
        words = _("%(what)s · dearer things") % {"what": what}
    elif segment.price_z <= -DEAR:
        words = _("%(what)s · cheaper things") % {"what": what}
    return words.replace(",", "")


def likings_named(segment: LearnedSegment, language: str) -> dict[str, list[str]]:
    """By facet, the names of what a segment likes; what the shop no longer has is left out."""
    wanted: dict[str, list[str]] = {"departments": [], "tags": []}
    for one in segment.likings:
        wanted[one.facet].append(str(one.id))
    names = names_read(wanted, language, ())
    return {facet: [names[facet, key] for key in keys if (facet, key) in names] for facet, keys in wanted.items()}


def _unlike(name: str, taken: Collection[str]) -> str:
    """The name, with a number where another segment has it."""
    tried, number = name[:_LONGEST], 2
    while tried in taken:
        tried, number = f"{name[: _LONGEST - 4]} {number}", number + 1
    return tried
