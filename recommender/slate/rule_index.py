"""Thousands of rules found by what they speak of: sorted once when a ruleset is read, asked per request.

Rules are held in the order in which they apply, lowest priority first and of equal ones the higher id first, so that
whoever comes later wins. A rule's number is its place in that order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from recommender.data.ruleset import RuleValue
from recommender.data.types import Bools, Context, Floats, Ints

_FOREVER = np.iinfo(np.int64).max
_KINDS = ("item", "brand", "category", "tag")


class Described(Protocol):
    """Items with what rules speak of: candidates of a request, or a whole catalogue."""

    @property
    def item_ids(self) -> Ints: ...  # noqa: D102 — (c,) and so are the next three
    @property
    def brand(self) -> Ints: ...  # noqa: D102
    @property
    def category(self) -> Ints: ...  # noqa: D102
    @property
    def department(self) -> Ints: ...  # noqa: D102
    @property
    def tag_ids(self) -> Ints: ...  # noqa: D102 — (t,)
    @property
    def tag_rows(self) -> Ints: ...  # noqa: D102 — (t,)


@dataclass(frozen=True)
class Matches:
    """m pairs of a rule and a candidate it speaks of, by rule and then in the order of its targets; no pair twice."""

    rule: Ints  # (m,) number
    row: Ints  # (m,)
    target: Ints  # (m,) the target id that matched


@dataclass(frozen=True)
class _Targets:
    """Every target of one kind, sorted."""

    ids: Ints  # (t,)
    rule: Ints  # (t,) number
    place: Ints  # (t,) in the rule's list

    def found(self, names: Ints, rows: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Rule, row, place and target of each meeting of a target with ``names`` (n,), which belong to ``rows``."""
        low, high = self.ids.searchsorted(names, "left"), self.ids.searchsorted(names, "right")
        n = high - low
        which = np.repeat(low - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))
        return self.rule[which], np.repeat(rows, n), self.place[which], self.ids[which]


class Rulebook(tuple[RuleValue, ...]):
    """Rules with everything that can be worked out before a request is known. Cut or joined it is a plain tuple."""

    @classmethod
    def of(cls, rules: Iterable[RuleValue]) -> "Rulebook":
        """The rules as a rulebook; itself if they are one."""
        return rules if isinstance(rules, Rulebook) else cls(rules)

    @cached_property
    def ordered(self) -> tuple[RuleValue, ...]:
        """By number."""
        return tuple(sorted(self, key=lambda rule: (rule.priority, -rule.id)))

    @cached_property
    def ids(self) -> Ints:
        """(r,) id of each rule."""
        return np.array([rule.id for rule in self.ordered], np.int64)

    @cached_property
    def priority(self) -> Ints:
        """(r,)."""
        return np.array([rule.priority for rule in self.ordered], np.int64)

    @cached_property
    def factor(self) -> Floats:
        """(r,) of boosts and buries."""
        return np.array([rule.factor for rule in self.ordered], np.float32)

    @cached_property
    def _window(self) -> tuple[Ints, Ints]:
        starts = np.array([rule.starts_us for rule in self.ordered], np.int64)
        return starts, np.array([rule.ends_us or _FOREVER for rule in self.ordered], np.int64)

    @cached_property
    def _words(self) -> dict[str, dict[str, Bools]]:
        """By field and word, (r,) rules that bear it."""
        fields = ("surface", "segment", "section", "action")
        values = {name: np.array([getattr(rule, name) for rule in self.ordered], np.object_) for name in fields}
        return {name: {word: column == word for word in set(column)} for name, column in values.items()}

    @cached_property
    def _targets(self) -> dict[str, _Targets]:
        kinds = {kind: _targets_of(self.ordered, kind) for kind in _KINDS}
        return {kind: targets for kind, targets in kinds.items() if len(targets.ids)}

    def bearing(self, field: str, *words: str) -> Bools:
        """(r,) rules whose field has one of the words."""
        by_word, found = self._words[field], np.zeros(len(self), np.bool_)
        for word in words:
            if word in by_word:
                found |= by_word[word]
        return found

    def acting(self, *actions: str) -> Bools:
        """(r,) rules with one of the actions."""
        return self.bearing("action", *actions)

    def in_section(self, section: str) -> Bools:
        """(r,) rules that hold in a section."""
        return self.bearing("section", "", section)

    def active(self, context: Context) -> Bools:
        """(r,) rules in force: in their time window, for the request's surface and segment."""
        starts, ends = self._window
        in_time = (starts <= context.now_us) & (context.now_us < ends)
        here = self.bearing("surface", "", context.surface) & self.bearing("segment", "", context.segment)
        return np.asarray(in_time & here)

    def matches(self, gathered: Described, among: Bools) -> Matches:
        """The candidates that rules ``among`` (r,) speak of."""
        c = len(gathered.item_ids)
        every = np.arange(c)
        columns = {
            "item": [(gathered.item_ids, every)],
            "brand": [(gathered.brand, every)],
            "category": [(gathered.category, every), (gathered.department, every)],
            "tag": [(gathered.tag_ids, gathered.tag_rows)],
        }
        found = [targets.found(names, rows) for kind, targets in self._targets.items() for names, rows in columns[kind]]
        if not found:
            return Matches(*[np.zeros(0, np.int64)] * 3)
        rule, row, place, target = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = among[rule]
        rule, row, place, target = rule[kept], row[kept], place[kept], target[kept]
        by_item = self._with_item_target[rule]
        order = np.lexsort((row, np.where(by_item, place, 0), rule))
        rule, row, target = rule[order], row[order], target[order]
        _, first = np.unique(rule * max(c, 1) + row, return_index=True)
        kept_order = np.sort(first)
        return Matches(rule[kept_order], row[kept_order], target[kept_order])

    @cached_property
    def _named(self) -> tuple[Ints, Ints]:
        """Rules and the items that they want gathered: pins first, then includes, then boosts, each by priority."""
        kinds = ("pin", "include", "boost")
        pairs = [
            (kinds.index(rule.action), -number, place, number, item)
            for number, rule in enumerate(self.ordered)
            if rule.action in kinds and rule.target == "item"
            for place, item in enumerate(rule.target_ids)
        ]
        columns = np.array(sorted(pairs), np.int64).reshape(-1, 5)
        return columns[:, 3], columns[:, 4]

    def named(self, among: Bools) -> Ints:
        """Items that rules ``among`` (r,) ask for by name, each once, the most urgent first."""
        rule, item = self._named
        wanted = item[among[rule]]
        distinct, first = np.unique(wanted, return_index=True)
        return distinct[np.argsort(first)]

    def kinds_included(self, among: Bools) -> dict[str, list[int]]:
        """Brands, categories and tags that rules ``among`` (r,) want gathered; kinds that none asks for are missing."""
        wanted: dict[str, set[int]] = {}
        for number in np.flatnonzero(among & self.acting("include")).tolist():
            rule = self.ordered[number]
            if rule.target != "item":
                wanted.setdefault(rule.target, set()).update(rule.target_ids)
        return {kind: sorted(ids) for kind, ids in wanted.items()}

    @cached_property
    def _with_item_target(self) -> Bools:
        return np.array([rule.target == "item" for rule in self.ordered], np.bool_)


def _targets_of(rules: tuple[RuleValue, ...], kind: str) -> _Targets:
    pairs = [
        (target, number, place)
        for number, rule in enumerate(rules)
        if rule.target == kind
        for place, target in enumerate(rule.target_ids)
    ]
    ids, rule, place = np.array(pairs, np.int64).reshape(-1, 3).T
    order = np.lexsort((rule, ids))
    return _Targets(ids[order], rule[order], place[order])
