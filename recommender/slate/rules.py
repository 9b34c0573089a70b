"""What the staff's rules do to candidates.

Order of conflict: an excluded item is shown only where a pin of higher priority asks for it by name; of the boosts and
buries that meet in one item those of the highest priority count, and equal ones multiply; of two pins to one slot the
higher priority wins, then the lower id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.data.ruleset import RuleValue
from recommender.data.types import Bools, Context, Floats, Gathered, Ints

_NOBODY = -(2**31)


@dataclass(frozen=True)
class Pin:
    """A candidate that a rule puts into a slot of a section."""

    slot: int  # 0-based
    row: int
    rule: int


@dataclass(frozen=True)
class RuleEffects:
    """Effects of rules on the candidates of one section."""

    factor: Floats  # (c,) multiplies the score; 1 where no rule applies
    excluded: Bools  # (c,)
    rule: Ints  # (c,) id of the rule that boosted, buried or excluded the candidate, 0 none
    pins: tuple[Pin, ...] = field(default=())


def rules_active(rules: Sequence[RuleValue], context: Context) -> tuple[RuleValue, ...]:
    """Rules that apply to this request: in their time window, for its surface and segment; lowest priority first."""
    active = [
        rule
        for rule in rules
        if rule.starts_us <= context.now_us
        and (not rule.ends_us or context.now_us < rule.ends_us)
        and rule.surface in ("", context.surface)
        and rule.segment in ("", context.segment)
    ]
    return tuple(sorted(active, key=lambda rule: (rule.priority, -rule.id)))


def rule_effects(rules: Sequence[RuleValue], gathered: Gathered, section: str) -> RuleEffects:
    """What active rules do to the candidates of ``section``.

    Args:
        rules: from ``rules_active``.
        gathered: candidates.
        section: its code; rules of other sections are left out.
    Returns: RuleEffects over the c candidates.
    """
    n = len(gathered)
    factor, excluded, by = np.ones(n, np.float32), np.zeros(n, np.bool_), np.zeros(n, np.int64)
    factor_priority = np.full(n, _NOBODY, np.int64)
    exclude_priority = np.full(n, _NOBODY, np.int64)
    for rule in rules:
        if rule.action == "pin" or rule.section not in ("", section):
            continue
        rows = _targets(rule, gathered)
        if rule.action == "exclude":
            excluded[rows], exclude_priority[rows], by[rows] = True, rule.priority, rule.id
            continue
        fresh = rows[factor_priority[rows] < rule.priority]
        factor[fresh] = 1.0
        factor[rows] *= np.float32(rule.factor)
        factor_priority[rows], by[rows] = rule.priority, rule.id
    return RuleEffects(factor, excluded, by, _pins(rules, gathered, section, exclude_priority))


def _targets(rule: RuleValue, gathered: Gathered) -> Ints:
    """Rows a rule speaks of, in the order of its targets for items and of candidates otherwise."""
    wanted = np.asarray(rule.target_ids, np.int64)
    if rule.target == "item":
        rows = _rows_of(gathered.item_ids, wanted)
    elif rule.target == "brand":
        rows = np.flatnonzero(np.isin(gathered.brand, wanted))
    elif rule.target == "category":
        rows = np.flatnonzero(np.isin(gathered.category, wanted) | np.isin(gathered.department, wanted))
    else:
        rows = np.unique(gathered.tag_rows[np.isin(gathered.tag_ids, wanted)])
    return rows


def _rows_of(item_ids: Ints, wanted: Ints) -> Ints:
    row = {int(item): place for place, item in enumerate(item_ids)}
    return np.array([row[int(item)] for item in wanted if int(item) in row], np.int64)


def _pins(rules: Sequence[RuleValue], gathered: Gathered, section: str, exclude_priority: Ints) -> tuple[Pin, ...]:
    """At most one pin per slot and per item; a rule with several items fills the slots that follow its own."""
    by_slot: dict[int, Pin] = {}
    taken: set[int] = set()
    for rule in reversed(rules):  # highest priority first
        if rule.action != "pin" or rule.target != "item" or rule.section not in ("", section):
            continue
        for step, row in enumerate(_targets(rule, gathered)):
            slot = max(rule.slot, 1) - 1 + step
            if slot not in by_slot and int(row) not in taken and exclude_priority[row] < rule.priority:
                by_slot[slot] = Pin(slot, int(row), rule.id)
                taken.add(int(row))
    return tuple(by_slot[slot] for slot in sorted(by_slot))
