"""Rules that contradict each other over the same items, and who wins by the order of ``slate.rules``."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from recommender.data.ruleset import RuleValue
from recommender.data.types import Ints
from recommender.slate.rule_index import Described, Rulebook

_FOREVER = np.iinfo(np.int64).max
_MOST_PER_ITEM = 30
"""Rules of one item that are compared with each other: the rest has quarrelled with these already."""


@dataclass(frozen=True)
class Conflict:
    """Two rules that cannot both have their way."""

    winner: RuleValue
    loser: RuleValue
    why: str  # excluded, higher, lower_id, pinned, multiplied (then nobody wins), ceiling


def conflict_of(one: RuleValue, other: RuleValue) -> Conflict | None:
    """What becomes of two rules that speak of a common item, or pin to a common slot; None where they get along."""
    if not _meet(one, other):
        return None
    by_action = {one.action: one, other.action: other}
    higher, lower = sorted((one, other), key=lambda rule: (-rule.priority, rule.id))
    if one.action == other.action == "pin":
        return _pins(higher, lower)
    if "exclude" in by_action and by_action.keys() & {"pin", "include", "boost", "quota"}:
        return _excluded(by_action)
    if {"boost", "bury"} <= by_action.keys():
        return Conflict(higher, lower, "higher" if higher.priority > lower.priority else "multiplied")
    if {"pin", "bury"} <= by_action.keys():
        return Conflict(by_action["pin"], by_action["bury"], "pinned")
    return _counted(one, other) or _counted(other, one)


def conflicts_find(book: Rulebook, items: Described, *, about: int | None = None, most: int = 20) -> list[Conflict]:
    """Contradictions among rules that speak of the same items.

    Args:
        book: every rule there is, in force now or later.
        items: what there is to speak of.
        about: only those of the rule with this id.
        most: no more than so many are looked for.
    """
    found = book.matches(items, np.ones(len(book), np.bool_))
    order = np.lexsort((found.rule, found.row))
    rule, row = found.rule[order], found.row[order]
    if about is not None:
        mine = row[book.ids[rule] == about]
        rule, row = rule[np.isin(row, mine)], row[np.isin(row, mine)]
    pairs: dict[tuple[int, int], None] = {}
    conflicts: list[Conflict] = []
    candidates = [*_same_slot(book), *_rules_of_items(rule, row)]
    for numbers in candidates:
        for pair in combinations(numbers[:_MOST_PER_ITEM], 2):
            if pair in pairs:
                continue
            pairs[pair] = None
            one, other = (book.ordered[number] for number in pair)
            if about is not None and about not in (one.id, other.id):
                continue
            conflict = conflict_of(one, other)
            if conflict is not None:
                conflicts.append(conflict)
            if len(conflicts) == most:
                return conflicts
    return conflicts


def _rules_of_items(rule: Ints, row: Ints) -> list[tuple[int, ...]]:
    """Sets of rules that meet in some item, each once, without those where one rule is alone."""
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    groups = (tuple(part.tolist()) for part in np.split(rule, starts[1:]) if len(part) > 1)
    return list(dict.fromkeys(groups))


def _same_slot(book: Rulebook) -> list[tuple[int, ...]]:
    by_slot: dict[int, list[int]] = {}
    for number in np.flatnonzero(book.acting("pin")).tolist():
        rule = book.ordered[number]
        for place in range(len(rule.target_ids)):
            by_slot.setdefault(rule.slot + place, []).append(number)
    return [tuple(numbers) for numbers in by_slot.values() if len(numbers) > 1]


def _meet(one: RuleValue, other: RuleValue) -> bool:
    """Whether both may be in force for the same row of the same page."""
    places = ((one.surface, other.surface), (one.section, other.section), (one.segment, other.segment))
    if any(mine and theirs and mine != theirs for mine, theirs in places):
        return False
    return max(one.starts_us, other.starts_us) < min(one.ends_us or _FOREVER, other.ends_us or _FOREVER)


def _pins(higher: RuleValue, lower: RuleValue) -> Conflict | None:
    slots = [set(range(rule.slot, rule.slot + len(rule.target_ids))) for rule in (higher, lower)]
    if not slots[0] & slots[1] and not {*higher.target_ids} & {*lower.target_ids}:
        return None
    return Conflict(higher, lower, "higher" if higher.priority > lower.priority else "lower_id")


def _excluded(by_action: dict[str, RuleValue]) -> Conflict | None:
    exclude = by_action["exclude"]
    [other] = [rule for action, rule in by_action.items() if action != "exclude"]
    if other.action == "quota" and not other.least:
        return None
    if other.action in ("pin", "include") and other.priority > exclude.priority:
        return Conflict(other, exclude, "higher")
    return Conflict(exclude, other, "excluded")


def _counted(floor: RuleValue, ceiling: RuleValue) -> Conflict | None:
    wants = floor.least if floor.action == "quota" else 0
    if not wants or ceiling.action not in ("quota", "cap") or not ceiling.most or wants <= ceiling.most:
        return None
    return Conflict(ceiling, floor, "ceiling")
