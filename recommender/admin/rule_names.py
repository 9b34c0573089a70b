"""What a rule is called: the name that staff gave it, or else what it does and to what, in the reader's language."""

import math
from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _

from catalog.models import Brand, Category, Item, Tag
from recommender.data.ruleset import RuleValue
from recommender.models import Rule

NAMES_SHOWN = 3
"""Items, brands, … that are named; of the rest it is said how many they are."""
_TITLE = 120
"""Characters of a title that nobody chose."""
_MODELS = {Rule.Target.ITEM: Item, Rule.Target.BRAND: Brand, Rule.Target.CATEGORY: Category, Rule.Target.TAG: Tag}

Names = dict[tuple[str, int], str]
"""By target and id."""


def rule_title(rule: Rule | RuleValue) -> str:
    """The name of one rule."""
    return rule.name or _title(rule, _names([rule]))


def rule_titles(rules: Iterable[Rule] | Iterable[RuleValue]) -> dict[int, str]:
    """The names of many rules by their ids, with one question to the database for each kind of target."""
    those: list[Rule | RuleValue] = list(rules)
    names = _names(rule for rule in those if not rule.name)
    return {rule.id: rule.name or _title(rule, names) for rule in those}


def _title(rule: Rule | RuleValue, names: Names) -> str:
    words = f"{_about(rule, names)}: {does_words(rule)}"
    return words if len(words) <= _TITLE else f"{words[: _TITLE - 1]}…"


def does_words(rule: Rule | RuleValue) -> str:
    """What happens to the items."""
    if rule.action == Rule.Action.PIN:
        return _("pins to slot %(slot)s") % {"slot": rule.slot or "…"}
    if rule.action == Rule.Action.EXCLUDE:
        return _("never shows")
    if rule.action == Rule.Action.INCLUDE:
        return _("may be shown though nothing else proposes it")
    if rule.action in (Rule.Action.QUOTA, Rule.Action.CAP):
        return _count_words(rule)
    if math.isnan(rule.factor):
        return _("shows later, score ÷ …") if rule.action == Rule.Action.BURY else _("shows sooner, score × …")
    if rule.action == Rule.Action.BURY:
        divided = rule.factor if rule.factor > 1 else 1 / rule.factor if rule.factor else 0.0
        return _("shows later, score ÷ %(factor).3g") % {"factor": divided}
    return _("shows sooner, score × %(factor).3g") % {"factor": rule.factor}


def _count_words(rule: Rule | RuleValue) -> str:
    where = _("in its row") if rule.section else _("in each row") if rule.per_row else _("on a page")
    if rule.action == Rule.Action.CAP:
        return _("shows at most %(most)s of each %(where)s") % {"most": rule.most or "…", "where": where}
    if rule.least and rule.most:
        numbers = {"least": rule.least, "most": rule.most, "where": where}
        return _("shows at least %(least)s and at most %(most)s %(where)s") % numbers
    if rule.most:
        return _("shows at most %(most)s %(where)s") % {"most": rule.most, "where": where}
    return _("shows at least %(least)s %(where)s") % {"least": rule.least or "…", "where": where}


def about_words(rule: Rule | RuleValue) -> str:
    """What it is about, by name."""
    return _about(rule, _names([rule]))


def _about(rule: Rule | RuleValue, names: Names) -> str:
    target, ids = Rule.Target(rule.target), rule.target_ids[:NAMES_SHOWN]
    more = len(rule.target_ids) - len(ids)
    known = [names[target, key] for key in ids if (target, key) in names]
    words = ", ".join(known) + (f" + {more}" if more > 0 else "")
    if not words and rule.action == Rule.Action.CAP and target in (Rule.Target.BRAND, Rule.Target.CATEGORY):
        return _("every brand") if target == Rule.Target.BRAND else _("every category")
    return f"{target.label} {words}" if words else _("nothing chosen yet")


def _names(rules: Iterable[Rule | RuleValue]) -> Names:
    """Names of what the rules are about, as far as they are told."""
    told: dict[Rule.Target, set[int]] = defaultdict(set)
    for rule in rules:
        told[Rule.Target(rule.target)].update(rule.target_ids[:NAMES_SHOWN])
    return {
        (target, row.pk): str(row)
        for target, ids in told.items()
        for row in _MODELS[target]._default_manager.filter(pk__in=ids)
    }
