"""What staff should know about rules before they serve: contradictions, items that cannot be shown, too wide bans."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from catalog.models import Item, Shop
from recommender.data.ruleset import RuleValue, SectionValue
from recommender.data.types import Bools, Ints
from recommender.facts.columns import columns_read
from recommender.models import HomepageLayout
from recommender.slate.layout import DEFAULT_LAYOUT, layout_for
from recommender.slate.rule_conflicts import Conflict, conflicts_find
from recommender.slate.rule_index import Rulebook
from recommender.store.segment_members import rules_without_members

_ITEMS = """
SELECT i.id, coalesce(i.brand_id, 0), coalesce(i.category_id, 0), coalesce(i.department_id, 0),
       i.status = 'active' AND i.deleted_at IS NULL AND NOT i.adult AND (i.stock IS NULL OR i.stock > 0)
FROM catalog_item i WHERE i.shop_id = %(shop)s ORDER BY i.id
"""
_TAGGED = """
SELECT t.tag_id, t.item_id FROM catalog_item_tags t JOIN catalog_item i ON i.id = t.item_id
WHERE i.shop_id = %(shop)s AND t.tag_id = ANY(%(tags)s) ORDER BY 2, 1
"""
_WIDE = 0.8
"""Share of what can be shown above which a ban is worth a word."""
_ROW = 8
"""Cards below which a page that a quota leaves is worth a word."""


@dataclass(frozen=True)
class Catalogue:
    """A shop's items as rules speak of them."""

    item_ids: Ints  # (c,) sorted
    brand: Ints  # (c,)
    category: Ints  # (c,)
    department: Ints  # (c,)
    showable: Bools  # (c,)
    tag_ids: Ints  # (t,)
    tag_rows: Ints  # (t,)


@dataclass(frozen=True)
class Absent:
    """A rule that asks by name for an item that cannot be shown."""

    rule: RuleValue
    external_id: str
    why: str  # deleted, hidden, sold_out


@dataclass(frozen=True)
class RuleWarnings:
    """Everything worth a word."""

    conflicts: tuple[Conflict, ...]
    absent: tuple[Absent, ...]
    excluded: float  # share of the showable items that rules for everybody, everywhere and always bar
    excluding: tuple[RuleValue, ...]  # those rules, if the share is large
    nobodys: tuple[RuleValue, ...] = ()  # rules for a learned segment that the bundle that serves does not know
    narrow: tuple[RuleValue, ...] = ()  # quotas of a whole page that leave it fewer cards than a row has
    beyond: tuple[RuleValue, ...] = ()  # pins to a slot that no row of a page has


def rule_warnings(shop: Shop, rules: Iterable[RuleValue], *, about: int | None = None) -> RuleWarnings:
    """Look at a shop's rules, or at one of them among the others.

    Args:
        shop: whose catalogue.
        rules: compiled, of all enabled drafts.
        about: id of the one rule.
    """
    book = Rulebook.of(rules)
    mine = [rule for rule in book if about in (None, rule.id)]
    absent = absent_of(mine)
    if not book:
        return RuleWarnings((), absent, 0.0, ())
    items = _catalogue(shop, book)
    share, bans = _excluded(book, items)
    return RuleWarnings(
        conflicts=tuple(conflicts_find(book, items, about=about)),
        absent=absent,
        excluded=share,
        excluding=tuple(rule for rule in bans if rule in mine) if share >= _WIDE else (),
        nobodys=rules_without_members(shop, mine),
        narrow=_narrow(mine, items),
        beyond=_beyond(shop, mine),
    )


def _catalogue(shop: Shop, book: Rulebook) -> Catalogue:
    ids, brand, category, department, showable = columns_read("iiiib", _ITEMS, {"shop": shop.pk})
    tags = sorted({tag for rule in book if rule.target == "tag" for tag in rule.target_ids})
    tag, item = columns_read("ii", _TAGGED, {"shop": shop.pk, "tags": tags}) if tags else (ids[:0], ids[:0])
    return Catalogue(ids, brand, category, department, showable, tag, np.searchsorted(ids, item))


def absent_of(rules: Iterable[RuleValue]) -> tuple[Absent, ...]:
    """The items that pins and includes ask for by name and that cannot be shown."""
    asking = [rule for rule in rules if rule.action in ("pin", "include") and rule.target == "item"]
    wanted = {item for rule in asking for item in rule.target_ids}
    rows = Item.objects.filter(pk__in=wanted).values_list("pk", "external_id", "status", "deleted_at", "stock")
    why = {
        pk: (external_id, "deleted" if deleted_at else "hidden" if status != Item.Status.ACTIVE else "sold_out")
        for pk, external_id, status, deleted_at, stock in rows
        if deleted_at or status != Item.Status.ACTIVE or stock == 0
    }
    return tuple(Absent(rule, *why[item]) for rule in asking for item in rule.target_ids if item in why)


def _beyond(shop: Shop, rules: Iterable[RuleValue]) -> tuple[RuleValue, ...]:
    """Lists made ahead for messages are longer than any row, so that pins for them are left out."""
    drafts = HomepageLayout.objects.of(shop).filter(enabled=True).values_list("section", "n", "minimum", "surface")
    layout = tuple(SectionValue(*one) for one in drafts)
    surfaces = {section.surface for section in (*layout, *DEFAULT_LAYOUT)}
    rows = [section for surface in surfaces for section in layout_for(layout, surface)]

    def longest(rule: RuleValue) -> int:
        where = (one for one in rows if rule.surface in ("", one.surface) and rule.section in ("", one.code))
        return max((one.n for one in where), default=0)

    return tuple(
        rule for rule in rules if rule.action == "pin" and rule.surface != "push" and rule.slot > longest(rule)
    )


def _narrow(rules: Iterable[RuleValue], items: Catalogue) -> tuple[RuleValue, ...]:
    whole = (rule for rule in rules if rule.action == "quota" and rule.most and not (rule.per_row or rule.section))
    quotas, showable = Rulebook(whole), int(items.showable.sum())
    if not quotas:
        return ()
    found = quotas.matches(items, np.ones(len(quotas), np.bool_))
    held = np.bincount(found.rule[items.showable[found.row]], minlength=len(quotas))  # (q,) showable items of each
    left = showable - held + np.minimum(held, quotas.most)
    return tuple(quotas.ordered[number] for number in np.flatnonzero((left < _ROW) & (held > quotas.most)).tolist())


def _excluded(book: Rulebook, items: Catalogue) -> tuple[float, list[RuleValue]]:
    bans = [rule for rule in book if rule.action == "exclude" and not (rule.surface or rule.section or rule.segment)]
    always = Rulebook(rule for rule in bans if not rule.starts_us and not rule.ends_us)
    if not always or not items.showable.any():
        return 0.0, []
    barred = np.zeros(len(items.item_ids), np.bool_)
    barred[always.matches(items, np.ones(len(always), np.bool_)).row] = True
    return float(barred[items.showable].mean()), list(always)
