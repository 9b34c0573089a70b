"""What the staff's rules do to candidates.

Order of conflict, the first word counts:

1. *Exclude*: the item is not shown, except where a pin or an include of **higher** priority asks for it.
2. *Pin*: it holds its slot against every score, cap and quota, and counts into both. Of two pins to one slot the higher
   priority wins, then the lower id; of two slots for one item likewise.
3. *At most* (quota, cap): draws never go beyond it. Several hold together.
4. *At least* (quota): narrows a slot to what it asks for, as long as any such is allowed. Where two cannot share a
   slot, the higher priority goes first, then the lower id.
5. *Include*: the item is gathered, and stands in the section that the rule names.
6. *Boost and bury*: of those that meet in one item those of the highest priority count, and equal ones multiply.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.data.ruleset import RuleValue
from recommender.data.types import Bools, Context, Floats, Gathered, Ints
from recommender.slate.limits import Limit
from recommender.slate.rule_index import Matches, Rulebook

_NOBODY = -(2**31)
_COUNTED = ("quota", "cap")


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
    included: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # rows that a rule puts into the section


@dataclass(frozen=True)
class RulesHere:
    """The rules in force for one request, and what they speak of among its candidates."""

    book: Rulebook
    among: Bools  # (r,) in force
    matches: Matches
    c: int

    def only(self, *actions: str, section: str = "") -> Matches:
        """Matches of rules with one of the actions that hold in the section; "" every one."""
        kept = self.book.acting(*actions)
        if section:
            kept = kept & self.book.in_section(section)
        here = kept[self.matches.rule]
        return replace(
            self.matches,
            rule=self.matches.rule[here],
            row=self.matches.row[here],
            target=self.matches.target[here],
        )


def rules_active(rules: Iterable[RuleValue], context: Context) -> tuple[RuleValue, ...]:
    """Rules that apply to this request, lowest priority first."""
    book = Rulebook.of(rules)
    if not book:
        return ()
    return tuple(book.ordered[number] for number in np.flatnonzero(book.active(context)).tolist())


def rule_ids_active(rules: Iterable[RuleValue], context: Context) -> list[int]:
    """Ids of ``rules_active``."""
    book = Rulebook.of(rules)
    return book.ids[book.active(context)].tolist() if book else []


def rules_here(rules: Iterable[RuleValue], context: Context, gathered: Gathered) -> RulesHere | None:
    """The rules in force and the candidates they speak of; None where none is in force."""
    book = Rulebook.of(rules)
    among = book.active(context) if book else np.zeros(0, np.bool_)
    return RulesHere(book, among, book.matches(gathered, among), len(gathered)) if among.any() else None


def rule_effects(here: RulesHere | None, n: int, section: str) -> RuleEffects:
    """What the rules in force do to the n candidates of ``section``."""
    factor, excluded, by = np.ones(n, np.float32), np.zeros(n, np.bool_), np.zeros(n, np.int64)
    if here is None:
        return RuleEffects(factor, excluded, by)
    book, priority = here.book, here.book.priority
    scored = here.only("boost", "bury", section=section)
    strongest = np.full(n, _NOBODY, np.int64)
    strongest[scored.row] = priority[scored.rule]  # in ascending order: the last one written is the greatest
    counts = priority[scored.rule] == strongest[scored.row]
    np.multiply.at(factor, scored.row[counts], book.factor[scored.rule[counts]])
    barring = here.only("exclude", section=section)
    excluded[barring.row] = True
    exclude_priority = np.full(n, _NOBODY, np.int64)
    exclude_priority[barring.row] = priority[barring.rule]
    told = here.only("boost", "bury", "exclude", section=section)
    by[told.row] = book.ids[told.rule]
    included = here.only("include", section=section)
    asked = np.full(n, _NOBODY, np.int64)
    asked[included.row] = priority[included.rule]
    excluded &= asked <= exclude_priority
    named = included.row[book.bearing("section", section)[included.rule]]
    return RuleEffects(factor, excluded, by, _pins(here, section, exclude_priority), np.unique(named))


def _pins(here: RulesHere, section: str, exclude_priority: Ints) -> tuple[Pin, ...]:
    """At most one pin per slot and per item; a rule with several items fills the slots that follow its own."""
    found = here.only("pin", section=section)
    by_slot: dict[int, Pin] = {}
    taken: set[int] = set()
    starts = np.flatnonzero(np.diff(found.rule, prepend=-1))
    step = np.arange(len(found.rule)) - np.repeat(starts, np.diff(np.append(starts, len(found.rule))))
    order = np.lexsort((step, -found.rule))  # highest priority first
    for number, row, place in zip(*(column[order].tolist() for column in (found.rule, found.row, step)), strict=True):
        rule = here.book.ordered[number]
        slot = max(rule.slot, 1) - 1 + place
        if slot not in by_slot and row not in taken and exclude_priority[row] < rule.priority:
            by_slot[slot] = Pin(slot, row, rule.id)
            taken.add(row)
    return tuple(by_slot[slot] for slot in sorted(by_slot))


def rule_limits(here: RulesHere | None, gathered: Gathered) -> tuple[Limit, ...]:
    """The quotas and caps in force, as far as they can bind: what no candidate can break or meet is left out."""
    if here is None or not (here.among & here.book.acting(*_COUNTED)).any():
        return ()
    numbers = np.flatnonzero(here.among & here.book.acting(*_COUNTED)).tolist()
    found = here.only(*_COUNTED)
    limits: list[Limit] = []
    for number in numbers:
        rule, mine = here.book.ordered[number], found.rule == number
        if rule.action == "quota":
            limits += _limits(rule, [_mask(found.row[mine], here.c)])
        elif rule.target_ids:
            parts = [found.row[mine & (found.target == target)] for target in np.unique(found.target[mine])]
            limits += _limits(rule, [_mask(rows, here.c) for rows in parts])
        else:
            limits += _limits(rule, [members for members, _name in kinds_of(rule.target, gathered)])
    return tuple(limits)


def kinds_of(target: str, gathered: Gathered) -> list[tuple[Bools, int]]:
    """The candidates of each brand, category or tag that any of them has, with its id."""
    if target == "tag":
        tags = np.unique(gathered.tag_ids).tolist()
        return [(_mask(gathered.tag_rows[gathered.tag_ids == tag], len(gathered)), tag) for tag in tags]
    column = gathered.brand if target == "brand" else gathered.category
    names, count = np.unique(column[column > 0], return_counts=True)
    return [(column == name, int(name)) for name in names[count > 1].tolist()]


def _limits(rule: RuleValue, groups: Sequence[Bools]) -> list[Limit]:
    return [
        Limit(
            members,
            least=rule.least,
            most=rule.most,
            per_row=rule.per_row,
            section=rule.section,
            rule=rule.id,
            priority=rule.priority,
        )
        for members in groups
        if (rule.least and members.any()) or (rule.most and int(members.sum()) > rule.most)
    ]


def _mask(rows: Ints, c: int) -> Bools:
    members = np.zeros(c, np.bool_)
    members[rows] = True
    return members
