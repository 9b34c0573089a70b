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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from recommender.data.ruleset import RuleValue
from recommender.data.types import Bools, Context, Floats, Gathered, Ints
from recommender.slate.limits import Limit
from recommender.slate.rule_index import ACTIONS, Matches, Rulebook

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
    effects: dict[str, RuleEffects] = field(default_factory=dict)  # worked out so far, by section

    @cached_property
    def _by_action(self) -> dict[str, Matches]:
        actions = self.book.action_numbers[self.matches.rule]
        return {action: self.matches.where(actions == number) for number, action in enumerate(ACTIONS)}

    def only(self, action: str, section: str | None = None) -> Matches:
        """Matches of rules with this action that hold in the section, "" for one that no rule names; None: in any."""
        found = self._by_action[action]
        if section is None or not len(found.rule):
            return found
        return found.where(self.book.in_section(section)[found.rule])


def rule_ids_active(rules: Iterable[RuleValue], context: Context) -> list[int]:
    """Ids of the rules that apply to this request, lowest priority first."""
    book = Rulebook.of(rules)
    return book.ids[book.active(context)].tolist() if book else []


def rules_here(rules: Iterable[RuleValue], context: Context, gathered: Gathered) -> RulesHere | None:
    """The rules in force and the candidates they speak of; None where none is in force."""
    book = Rulebook.of(rules)
    among = book.active(context) if book else np.zeros(0, np.bool_)
    return RulesHere(book, among, book.matches(gathered, among), len(gathered)) if among.any() else None


def rule_effects(here: RulesHere | None, n: int, section: str) -> RuleEffects:
    """What the rules in force do to the n candidates of ``section``."""
    if here is None:
        return RuleEffects(np.ones(n, np.float32), np.zeros(n, np.bool_), np.zeros(n, np.int64))
    section = section if here.book.names(section) else ""
    if section not in here.effects:
        here.effects[section] = _effects(here, section)
    return here.effects[section]


def _effects(here: RulesHere, section: str) -> RuleEffects:
    book, boosts, buries = here.book, here.only("boost", section), here.only("bury", section)
    scored, barring, included = boosts.joined(buries), here.only("exclude", section), here.only("include", section)
    factor, strongest = np.ones(here.c, np.float32), _strongest(here, scored)
    counts = book.priority[scored.rule] == strongest[scored.row]
    np.multiply.at(factor, scored.row[counts], book.factor[scored.rule[counts]])
    exclude_priority = _strongest(here, barring)
    excluded = (exclude_priority > _NOBODY) & (_strongest(here, included) <= exclude_priority)
    told, by = scored.joined(barring), np.zeros(here.c, np.int64)
    by[told.row] = book.ids[told.rule]
    named = included.row[book.bearing("section", section)[included.rule]] if section else included.row[:0]
    return RuleEffects(factor, excluded, by, _pins(here, section, exclude_priority), np.unique(named))


def _strongest(here: RulesHere, matches: Matches) -> Ints:
    """(c,) greatest priority of the rules that speak of each candidate."""
    strongest = np.full(here.c, _NOBODY, np.int64)
    strongest[matches.row] = here.book.priority[matches.rule]  # in ascending order: the last one written stays
    return strongest


def _pins(here: RulesHere, section: str, exclude_priority: Ints) -> tuple[Pin, ...]:
    """At most one pin per slot and per item; a rule with several items fills the slots that follow its own."""
    found = here.only("pin", section)
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
    limits = [limit for action in _COUNTED for limit in _binding(here, action)]
    for number in np.flatnonzero(here.among & here.book.acting("cap") & here.book.of_everything).tolist():
        rule = here.book.ordered[number]
        limits += _limits(rule, [members for members, _name in kinds_of(rule.target, gathered)])
    return tuple(limits)


def _binding(here: RulesHere, action: str) -> Iterator[Limit]:
    """Limits of quotas, or of caps per target; of ceilings over the same only the lowest, the others never bind."""
    found, book = here.only(action), here.book
    of_each = found.target if action == "cap" else np.zeros(len(found.rule), np.int64)
    order = np.lexsort((of_each, found.rule))
    rule, target, row = found.rule[order], of_each[order], found.row[order]
    start = np.flatnonzero((np.diff(rule, prepend=-1) != 0) | (np.diff(target, prepend=-1) != 0))
    count = np.diff(np.append(start, len(rule)))
    binds = (book.least[rule[start]] > 0) | ((book.most[rule[start]] > 0) & (count > book.most[rule[start]]))
    ceilings: dict[tuple[object, ...], tuple[RuleValue, Ints]] = {}
    for at, n in zip(start[binds].tolist(), count[binds].tolist(), strict=True):
        one, rows = book.ordered[int(rule[at])], row[at : at + n]
        if one.least:
            yield from _limits(one, [_mask(rows, here.c)])
            continue
        over = (one.target, int(target[at])) if action == "cap" else tuple(rows.tolist())
        key = (over, one.per_row, one.section)
        if key not in ceilings or one.most <= ceilings[key][0].most:
            ceilings[key] = (one, rows)
    for one, rows in ceilings.values():
        yield from _limits(one, [_mask(rows, here.c)])


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
