"""The interest profile of one shopper: read with its names, turned up or down by its owner, started over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model

from catalog.facets import ItemFacets, facets_by_id
from catalog.models import Brand, Category, Item, Shop, Tag
from catalog.moments import microseconds
from catalog.titles import titles_read
from users.interests import InterestProfile, interest_profile
from users.models import Shopper
from users.state import Recent, StateValue
from users.state_rows import state_read
from users.taste import facet_keys
from users.wishes import items_weigh

_MODELS: Mapping[str, type[Model]] = {"tags": Tag, "departments": Category, "brands": Brand}


@dataclass(frozen=True)
class Lookback:
    """A shopper's state with what the items of its recent deeds are made of."""

    state: StateValue = field(default_factory=StateValue)
    facets: Mapping[int, ItemFacets] = field(default_factory=dict)

    def deeds(self, facet: str, key: int | str) -> list[Recent]:
        """Recent deeds with items of one interest, oldest first; the facet ``items`` means an item itself."""
        return [deed for deed in self.state.recent if str(key) in self._keys(deed.item_id, facet)]

    def counts(self, facet: str, key: int | str) -> int:
        """0–200: share of an interest's items that pages are made from, above 100 of those that count twice."""
        items = {deed.item_id for deed in self.deeds(facet, key)}
        counted = len(items.difference(self.state.ignored)) + sum(str(item) in self.state.raised for item in items)
        return round(100 * counted / len(items)) if items else 100

    def _keys(self, item_id: int, facet: str) -> list[str]:
        if facet == "items":
            return [str(item_id)]
        return facet_keys(self.facets[item_id], facet) if item_id in self.facets else []


def lookback(shop: Shop, shopper: Shopper | None) -> Lookback:
    """What is known of a shopper; nothing of nobody. Two statements."""
    if shopper is None:
        return Lookback()
    state = state_read(shopper.pk)
    return Lookback(state, facets_by_id(shop.pk, {deed.item_id for deed in state.recent}))


def profile_of(look: Lookback, now: datetime, *, n: int = 10) -> InterestProfile:
    """The profile at a time, with at most ``n`` interests of each facet."""
    return interest_profile(look.state, look.facets, microseconds(now), n=n)


def interest_turn(*, shop: Shop, shopper: Shopper, facet: str, key: int | str, percent: int, at: datetime) -> None:
    """Let the newest ``percent`` of an interest's items count; 0 is none, 100 all, at 200 all count twice.

    At 0 nothing recent is left that speaks for it, so that no page is made for that interest.
    """
    deeds = lookback(shop, shopper).deeds(facet, key)
    items = list(dict.fromkeys(deed.item_id for deed in reversed(deeds)))
    kept, raised = (round(len(items) * share / 100) for share in (min(percent, 100), max(percent - 100, 0)))
    weights = {item: (place < kept) + (place < raised) for place, item in enumerate(items)}
    if weights:
        items_weigh(shopper=shopper, weights=weights, at=at)


def taste_ignore(*, shop: Shop, shopper: Shopper, tag_id: int, at: datetime, undo: bool = False) -> int:
    """Stop using a liked tag, which turns it to 0, or use it again.

    Returns: the state's version.
    """
    interest_turn(shop=shop, shopper=shopper, facet="tags", key=tag_id, percent=100 if undo else 0, at=at)
    return state_read(shopper.pk).version


def interests_reset(*, shopper: Shopper, at: datetime, undo: bool = False) -> int:
    """Start over: pages are made from nothing that was done so far, or from all of it again.

    The deeds stay what they are; whoever wants them gone has them erased.

    Returns: how many items that is about.
    """
    items = {deed.item_id for deed in state_read(shopper.pk).recent}
    if items:
        items_weigh(shopper=shopper, weights=dict.fromkeys(items, 1 if undo else 0), at=at)
    return len(items)


def names_read(wanted: Mapping[str, Iterable[str]], language: str, items: Iterable[int]) -> dict[tuple[str, str], str]:
    """Names, in a language or else in the shop's own, of facets' keys, and of items under the facet ``items``.

    Args:
        wanted: keys by facet.
        language: of the page.
        items: ids of items some of which have the wanted colours: they know what these are called.
    """
    names: dict[tuple[str, str], str] = {}
    for facet, model in _MODELS.items():
        keys = {int(key) for key in wanted.get(facet, ())}
        for row in model._default_manager.filter(pk__in=keys) if keys else ():
            names[facet, str(row.pk)] = str(getattr(row, "names", {}).get(language) or row)
    if titled := {int(item) for item in wanted.get("items", ())}:
        names |= {("items", str(item)): title for item, title in titles_read(titled, language).items()}
    if colours := set(wanted.get("colours", ())):
        names |= {("colours", key): name for key, name in _colours(colours, language, items).items()}
    return names


def _colours(keys: set[str], language: str, items: Iterable[int]) -> dict[str, str]:
    """What items in a language call their colours."""
    names = {key: key for key in keys}
    for attributes in Item.objects.filter(pk__in=set(items)).values_list("attributes", flat=True):
        key, said = attributes.get("colour") or attributes.get("color"), attributes.get(language)
        if key in keys and isinstance(said, dict):
            names[key] = str(said.get("colour") or said.get("color") or key)
    return names
