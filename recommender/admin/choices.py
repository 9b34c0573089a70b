"""What staff choose from, in the shop's words: sections, surfaces, segments."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Shop
from recommender.data.types import Section
from users.models import Shopper

Choices = list[tuple[str, str]]

SECTIONS = {
    Section.TOP_PICKS: gettext_lazy("Top picks"),
    Section.BECAUSE_YOU_VIEWED: gettext_lazy("Because you looked at …"),
    Section.DEPARTMENT_TREND: gettext_lazy("Trending in a department"),
    Section.NEW_FOR_YOU: gettext_lazy("New for you"),
    Section.KEEP_BROWSING: gettext_lazy("Keep browsing"),
    Section.DEALS: gettext_lazy("Deals"),
    Section.SIMILAR: gettext_lazy("Similar items"),
    Section.RESULTS: gettext_lazy("Search results"),
}
SURFACES = {
    "homepage": gettext_lazy("homepage"),
    "product": gettext_lazy("product page"),
    "department": gettext_lazy("department page"),
    "search": gettext_lazy("search"),
    "basket": gettext_lazy("basket"),
    "push": gettext_lazy("messages"),
}


def sections(everywhere: str = "") -> Choices:
    """Rows of a page by name; ``everywhere`` names the empty choice where there is one."""
    return _with_empty(everywhere, [(section.value, str(name)) for section, name in SECTIONS.items()])


def surfaces(everywhere: str = "") -> Choices:
    """Places where items are shown; ``everywhere`` names the empty choice where there is one."""
    return _with_empty(everywhere, [(surface, str(name)) for surface, name in SURFACES.items()])


def segments(shop: Shop) -> Choices:
    """Segments that shoppers of the shop are in, and everybody."""
    known = Shopper.objects.of(shop).exclude(segment="").order_by("segment").values_list("segment", flat=True)
    return [("", _("everybody")), *((segment, segment) for segment in known.distinct())]


def section_word(code: str) -> str:
    """Name of a section; the code itself where it is unknown."""
    return str(dict(sections()).get(code, code))


def surface_word(code: str) -> str:
    """Name of a surface; the code itself where it is unknown."""
    return str(SURFACES.get(code, code))


def _with_empty(word: str, choices: Choices) -> Choices:
    return [("", word), *choices] if word else choices
