"""What staff choose from, in the shop's words: sections, surfaces, segments."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Shop
from recommender.data.types import Section
from recommender.models import Segment
from users.models import KIND_CHOICES, Shopper

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
FALLBACKS = {
    "precomputed": gettext_lazy("a list made ahead"),
    "segment_trending": gettext_lazy("what trends in the department"),
    "shop_trending": gettext_lazy("what trends in the shop"),
    "newest": gettext_lazy("what is newest"),
    "rules_left_aside": gettext_lazy("all that rules had barred: they left nothing to show, and were left aside"),
}
_KINDS = {int(kind): word for kind, word in KIND_CHOICES}

_WORDS = {
    "state_vector": gettext_lazy("taste"),
    "sequential_rules": gettext_lazy("chosen together"),
    "similar_text": gettext_lazy("similar words"),
    "trending": gettext_lazy("trending"),
    "department_trend": gettext_lazy("trending in the department"),
    "new_arrivals": gettext_lazy("new arrivals"),
    "deals": gettext_lazy("deals"),
    "keep_browsing": gettext_lazy("keep browsing"),
    "buy_again": gettext_lazy("buy again"),
    "editorial": gettext_lazy("asked for by a rule"),
    "search": gettext_lazy("search"),
    "same_department": gettext_lazy("same department"),
    "item_knn": gettext_lazy("neighbours"),
    "taste_tags": gettext_lazy("liked tags"),
    "segment_trend": gettext_lazy("trending among alike shoppers"),
    "cold_items": gettext_lazy("hardly seen yet"),
    "exploration": gettext_lazy("exploration"),
    "encoder": gettext_lazy("sequence encoder"),
    "rules": gettext_lazy("sequential rules"),
    "mixture": gettext_lazy("encoder and rules"),
    "knn": gettext_lazy("neighbours"),
    "knn_recent": gettext_lazy("neighbours of the latest"),
    "text": gettext_lazy("similar words"),
    "text_nearest": gettext_lazy("nearest words"),
    "own_recency": gettext_lazy("own latest"),
    "popularity": gettext_lazy("popularity"),
    "recent_popularity": gettext_lazy("popular now"),
    "own_frequency": gettext_lazy("own frequency"),
    "brand": gettext_lazy("brand"),
    "category": gettext_lazy("category"),
    "department": gettext_lazy("department"),
    "due": gettext_lazy("due again"),
    "ease": gettext_lazy("explained by other items"),
    "als": gettext_lazy("taste factors"),
    "vae": gettext_lazy("taste code"),
    "graph": gettext_lazy("related things"),
    "gan": gettext_lazy("imagined choice"),
    "second_stage": gettext_lazy("second stage"),
}
_RANK = "_rank"


def plain(code: str) -> str:
    """A source or a component in words; its code without underscores where there are none."""
    if code in _WORDS:
        return str(_WORDS[code])
    if code.endswith(_RANK) and code.removesuffix(_RANK) in _WORDS:
        return _("%(what)s, rank") % {"what": _WORDS[code.removesuffix(_RANK)]}
    return code.replace("_", " ")


def sections(everywhere: str = "") -> Choices:
    """Rows of a page by name; ``everywhere`` names the empty choice where there is one."""
    return _with_empty(everywhere, [(section.value, str(name)) for section, name in SECTIONS.items()])


def surfaces(everywhere: str = "") -> Choices:
    """Places where items are shown; ``everywhere`` names the empty choice where there is one."""
    return _with_empty(everywhere, [(surface, str(name)) for surface, name in SURFACES.items()])


def segments(shop: Shop) -> Choices:
    """Segments that shoppers of the shop are in, and everybody."""
    told = Shopper.objects.of(shop).exclude(segment="").order_by("segment").values_list("segment", flat=True)
    names = dict.fromkeys([*told.distinct(), *Segment.objects.of(shop).values_list("name", flat=True)])
    return [("", _("everybody")), *((name, name) for name in names)]


def section_word(code: str) -> str:
    """Name of a section; the code itself where it is unknown."""
    return str(dict(sections()).get(code, code))


def surface_word(code: str) -> str:
    """Name of a surface; the code itself where it is unknown."""
    return str(SURFACES.get(code, code))


def fallback_word(code: str) -> str:
    """What a page was made of where the models could not serve; the code itself where it is unknown."""
    return str(FALLBACKS.get(code, code))


def kind_word(kind: int) -> str:
    """What a shopper did, in the language of the page; the number itself where it is unknown."""
    return str(_KINDS.get(kind, kind))


def _with_empty(word: str, choices: Choices) -> Choices:
    return [("", word), *choices] if word else choices
