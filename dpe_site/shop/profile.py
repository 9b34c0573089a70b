"""A shopper's interests as sentences and dials.

An interest is a department, brand or tag that the shopper's deeds lean towards, or an item where the shop says nothing
of what its items are. Its dial says how much those deeds count: turned down, the oldest of them are left out of the
history that pages are made from; turned up, the newest stand in it once more, as if they were looked at again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Model
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.facets import ItemFacets, facets_by_id
from catalog.models import Brand, Category, ItemText, Shop, Tag
from users.kinds import POSITIVE_KINDS, Kind
from users.models import Shopper
from users.state import Recent, StateValue
from users.state_rows import microseconds, state_read
from users.wishes import items_weigh

SHOWN_PER_FACET = {"tags": 4, "departments": 3, "brands": 3}
ITEMS_SHOWN = 6
WEEK = timedelta(days=7)
_MODELS: Mapping[str, type[Model]] = {"tags": Tag, "departments": Category, "brands": Brand}


@dataclass(frozen=True)
class Interest:
    """One thing the shopper leans towards."""

    facet: str
    key: int
    name: str
    sentence: str
    percent: int  # of the facet's weight
    counts: int  # 0–200: share of its items that pages are made from, above 100 of those that count twice

    @property
    def standing(self) -> str:
        """Where the dial stands, in words."""
        if self.counts == 0:
            return _("left out of your page")
        if self.counts < 100:
            return _("counts in part")
        return _("counts more") if self.counts > 100 else _("counts as it is")


@dataclass(frozen=True)
class Lookback:
    """The shopper's recent deeds with what their items are made of."""

    state: StateValue
    facets: Mapping[int, ItemFacets]
    since_us: int
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def deeds(self, facet: str, key: int) -> list[Recent]:
        """Recent deeds with items of one interest, oldest first."""
        return [deed for deed in self.state.recent if key in _keys(self.facets.get(deed.item_id), facet)]


def interests_of(shop: Shop, shopper: Shopper | None, language: str, now: datetime) -> list[Interest]:
    """The strongest tags, departments and brands, each with its sentence. At most five queries."""
    if shopper is None:
        return []
    state = state_read(shopper.pk)
    strongest = {facet: _strongest(state.taste.get(facet, {}), n) for facet, n in SHOWN_PER_FACET.items()}
    if not any(strongest.values()):
        strongest = {"items": _most_met(state.recent)}
    facets = facets_by_id(shop.pk, {deed.item_id for deed in state.recent})
    departments = {item.department for item in facets.values()}
    wanted = {facet: [key for key, _share in rows] for facet, rows in strongest.items()}
    names = _names(wanted | {"departments": [*wanted.get("departments", []), *departments]}, language)
    look = Lookback(state, facets, microseconds(now - WEEK), names)
    rows = [(facet, key, share) for facet, found in strongest.items() for key, share in found]
    return [_interest(look, facet, key, share) for facet, key, share in rows if look.deeds(facet, key)]


def interest_turn(*, shop: Shop, shopper: Shopper, facet: str, key: int, percent: int, at: datetime) -> None:
    """Let the newest ``percent`` of an interest's items count; 0 is none, 100 all, at 200 all count twice."""
    state = state_read(shopper.pk)
    facets = facets_by_id(shop.pk, {deed.item_id for deed in state.recent})
    deeds = Lookback(state, facets, 0).deeds(facet, key)
    items = list(dict.fromkeys(deed.item_id for deed in reversed(deeds)))
    kept, raised = (round(len(items) * share / 100) for share in (min(percent, 100), max(percent - 100, 0)))
    weights = {item: (place < kept) + (place < raised) for place, item in enumerate(items)}
    if weights:
        items_weigh(shopper=shopper, weights=weights, at=at)


def _interest(look: Lookback, facet: str, key: int, share: float) -> Interest:
    deeds = look.deeds(facet, key)
    items = {deed.item_id for deed in deeds}
    counted = (len(items.difference(look.state.ignored)) + sum(str(i) in look.state.raised for i in items)) / len(items)
    name = look.names.get((facet, key), "")
    return Interest(facet, key, name, _sentence(look, facet, deeds), round(100 * share), round(100 * counted))


def _sentence(look: Lookback, facet: str, deeds: Sequence[Recent]) -> str:
    """What the shopper did, the strongest first: bought, kept, looked at this week, looked at before."""
    kinds = Counter(deed.kind for deed in deeds)
    n_week = sum(deed.kind in POSITIVE_KINDS and deed.at_us >= look.since_us for deed in deeds)
    mostly = _mostly(look, facet, deeds)
    if bought := kinds[Kind.PURCHASE]:
        did = ngettext("You bought it once%(mostly)s.", "You bought it %(n)s times%(mostly)s.", bought)
        return did % {"n": _in_words(bought), "mostly": mostly}
    if liked := kinds[Kind.LIKE] + kinds[Kind.FAVOURITE]:
        did = ngettext("You liked it once%(mostly)s.", "You liked it %(n)s times%(mostly)s.", liked)
        return did % {"n": _in_words(liked), "mostly": mostly}
    if n_week:
        did = ngettext(
            "You have looked at it once this week%(mostly)s.",
            "You have looked at it %(n)s times this week%(mostly)s.",
            n_week,
        )
        return did % {"n": _in_words(n_week), "mostly": mostly}
    return _("You looked at it a while ago%(mostly)s.") % {"mostly": mostly}


def _in_words(n: int) -> str:
    """Small numbers as words where that reads better."""
    return str(apnumber(n)) if (get_language() or "en").startswith("en") else str(n)


def _mostly(look: Lookback, facet: str, deeds: Iterable[Recent]) -> str:
    """“, mostly in Furniture” where a tag or brand is met in one department above all."""
    if facet == "departments":
        return ""
    met = Counter(look.facets[deed.item_id].department for deed in deeds)
    department, _n = met.most_common(1)[0]
    name = look.names.get(("departments", department))
    return _(", mostly in %(department)s") % {"department": name} if name else ""


def _strongest(weights: Mapping[str, float], n: int) -> list[tuple[int, float]]:
    positive = {int(key): weight for key, weight in weights.items() if weight > 0}
    total = sum(positive.values())
    order = sorted(positive, key=lambda key: (-positive[key], key))[:n]
    return [(key, positive[key] / total) for key in order]


def _most_met(recent: Sequence[Recent]) -> list[tuple[int, float]]:
    """The items met most often lately, the latest first of those met as often, each with its share."""
    met = Counter(deed.item_id for deed in reversed(recent) if deed.kind in POSITIVE_KINDS)
    return [(item, n / met.total()) for item, n in met.most_common(ITEMS_SHOWN)]


def _names(wanted: Mapping[str, Iterable[int]], language: str) -> dict[tuple[str, int], str]:
    names: dict[tuple[str, int], str] = {}
    titles = ItemText.objects.filter(item__in=set(wanted.get("items", ()))).values_list("item", "language", "title")
    for item, _language, title in sorted(titles, key=lambda row: row[1] == language):
        names["items", item] = title
    for facet, keys in wanted.items():
        if facet == "items":
            continue
        for row in _MODELS[facet]._default_manager.filter(pk__in=set(keys)):
            by_language = getattr(row, "names", {})
            names[facet, row.pk] = str(by_language.get(language) or row)
    return names


def _keys(item: ItemFacets | None, facet: str) -> tuple[int, ...]:
    if item is None:
        return ()
    kinds = {"tags": item.tags, "departments": (item.department,), "brands": (item.brand,), "items": (item.item_id,)}
    return kinds[facet]
