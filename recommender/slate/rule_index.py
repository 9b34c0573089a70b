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

ACTIONS = ("pin", "boost", "bury", "include", "exclude", "quota", "cap")

_FOREVER = np.iinfo(np.int64).max
_WIDEST = 1 << 31
"""More than a rule has targets, or a request candidates."""
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
    """m pairs of a rule and a candidate it speaks of, by rule and then in the order of its targets.

    No pair is there twice, but for a cap, which counts a candidate for each of its targets.
    """

    rule: Ints  # (m,) number
    row: Ints  # (m,)
    target: Ints  # (m,) the target id that matched

    def where(self, kept: Bools) -> "Matches":
        """Those of ``kept`` (m,)."""
        return Matches(self.rule[kept], self.row[kept], self.target[kept])

    def joined(self, other: "Matches") -> "Matches":
        """Both, in order of their rules."""
        if not len(other.rule):
            return self
        rule = np.concatenate([self.rule, other.rule])
        order = np.argsort(rule, kind="stable")
        row, target = np.concatenate([self.row, other.row]), np.concatenate([self.target, other.target])
        return Matches(rule[order], row[order], target[order])


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
    def action_numbers(self) -> Ints:
        """(r,) place in ``ACTIONS``."""
        return np.array([ACTIONS.index(rule.action) for rule in self.ordered], np.int64)

    @cached_property
    def least(self) -> Ints:
        """(r,) of quotas, 0 none."""
        return np.array([rule.least for rule in self.ordered], np.int64)

    @cached_property
    def most(self) -> Ints:
        """(r,) of quotas and caps, 0 none."""
        return np.array([rule.most for rule in self.ordered], np.int64)

    @cached_property
    def of_everything(self) -> Bools:
        """(r,) rules that name no target."""
        return np.array([not rule.target_ids for rule in self.ordered], np.bool_)

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

    def names(self, section: str) -> bool:
        """Whether any rule holds in this section alone."""
        return section in self._words["section"]

    def active(self, context: Context) -> Bools:
        """(r,) rules in force: in their time window, for the request's surface and segments."""
        starts, ends = self._window
        in_time = (starts <= context.now_us) & (context.now_us < ends)
        whom = self.bearing("segment", "", context.segment, *context.segments)
        return np.asarray(in_time & whom & self.bearing("surface", "", context.surface))

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
        found = []
        for kind, targets in self._targets.items():
            for names, rows in columns[kind]:
                rule, row, place, target = targets.found(names, rows)
                kept = among[rule]
                rule, row, target = rule[kept], row[kept], target[kept]
                order = place[kept] if kind == "item" else row  # an item rule's own order is that of its pins
                found.append((rule * _WIDEST + order, rule, row, target))
        if not found:
            return Matches(*[np.zeros(0, np.int64)] * 3)
        key, rule, row, target = (np.concatenate(parts) for parts in zip(*found, strict=True))
        in_order = np.argsort(key, kind="stable")
        rule, row, target = rule[in_order], row[in_order], target[in_order]
        if self._targets.keys() & {"category", "tag"}:  # one candidate may answer to two of a rule's targets
            first = self._distinct(rule, row, target, c)
            rule, row, target = rule[first], row[first], target[first]
        return Matches(rule, row, target)

    def _distinct(self, rule: Ints, row: Ints, target: Ints, c: int) -> Ints:
        """Places, ascending, of the first match of each rule and candidate, of a cap also of each target."""
        pair = rule * max(c, 1) + row
        counts_each = self.action_numbers[rule] == ACTIONS.index("cap")
        if counts_each.any():
            names, place = np.unique(np.where(counts_each, target, 0), return_inverse=True)
            pair = pair * len(names) + place
        return np.sort(np.unique(pair, return_index=True)[1])

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


def _targets_of(rules: tuple[RuleValue, ...], kind: str) -> _Targets:
    pairs = [
        (target, number, place)
        for number, rule in enumerate(rules)
        if rule.target == kind
        for place, target in enumerate(dict.fromkeys(rule.target_ids))
    ]
    ids, rule, place = np.array(pairs, np.int64).reshape(-1, 3).T
    order = np.lexsort((rule, ids))
    return _Targets(ids[order], rule[order], place[order])
