"""What publishing would change: the draft beside what serves now, in words."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from django.db.models import Field
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Shop
from catalog.moments import moment_of
from recommender.admin.choices import kind_word, section_word, surface_word
from recommender.admin.rule_names import rule_titles
from recommender.data.knob_ranges import BEFORE, DIALS
from recommender.data.ruleset import KnobValues, RuleValue
from recommender.models import Knobs, Rule, Ruleset
from recommender.models.ruled import DIVERSITY_KINDS
from recommender.store.ruleset_content import content_serving
from recommender.store.rulesets import ruleset_compile
from users.kinds import KIND_BY_WORD

CHANGES_TOLD = 40
_DEFAULTS = {name: getattr(KnobValues(), name) for name in DIALS}
_RULE_DEFAULTS = {one.name: one.default for one in fields(RuleValue) if one.default is not MISSING}
_TIMES = {"starts_us": "starts_at", "ends_us": "ends_at"}


def live_content(shop: Shop) -> dict[str, Any]:
    """The ruleset that serves now, with the defaults for what it does not say."""
    return _filled(content_serving(shop))


def _filled(content: dict[str, Any]) -> dict[str, Any]:
    rules = [_RULE_DEFAULTS | rule for rule in content["rules"]]
    return {**content, "knobs": _DEFAULTS | BEFORE | content["knobs"], "rules": rules}


def changes_of(shop: Shop) -> list[tuple[str, str]]:
    """Each difference between draft and live as (what, from → to).

    Raises: DataError where the draft cannot be compiled.
    """
    return changes_between(live_content(shop), ruleset_compile(shop))


def changes_back(ruleset: Ruleset) -> list[tuple[str, str]]:
    """Each difference between an earlier ruleset and live as (what, from → to)."""
    return changes_between(live_content(ruleset.shop), _filled(ruleset.content))


def changes_between(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    """Each difference between two contents of rulesets as (what, from → to)."""
    parts = (_knob_changes, _rule_changes, _layout_changes, _experiment_changes, _weight_changes, _segment_changes)
    return [change for part in parts for change in part(old, new)]


def changes_told(changes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """As many changes as one reads, then how many more there are."""
    more = len(changes) - CHANGES_TOLD
    if more <= 0:
        return changes
    return [*changes[:CHANGES_TOLD], ("…", ngettext("%(n)d more change", "%(n)d more changes", more) % {"n": more})]


def _segment_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    before, after = ({one["name"]: one["conditions"] for one in content.get("segments", ())} for content in (old, new))
    changed = [name for name, conditions in after.items() if before.get(name, conditions) != conditions]
    return [(name, _("other conditions")) for name in changed]


def _name_of(model: type[Knobs | Rule], field: str) -> str:
    found = model._meta.get_field(field)
    return str(found.verbose_name) if isinstance(found, Field) else field


def _knob_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_name_of(Knobs, name), f"{_knob_words(name, old['knobs'].get(name, '–'))} → {_knob_words(name, value)}")
        for name, value in new["knobs"].items()
        if old["knobs"].get(name) != value
    ]


def _knob_words(name: str, value: Any) -> str:
    """A number as it is, a choice by its name."""
    names = dict(DIVERSITY_KINDS) if name == "diversity_by" else {}
    return str(names.get(value, value))


def _rule_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    before, after = ({rule["id"]: rule for rule in content["rules"]} for content in (old, new))
    titles = rule_titles([RuleValue(**rule) for rule in {**before, **after}.values()])
    added = [(titles[key], _("new rule")) for key in after if key not in before]
    gone = [(titles[key], _("rule ends")) for key in before if key not in after]
    changed = [
        (titles[key], ", ".join(_part_change(before[key], rule, part) for part in parts))
        for key, rule in after.items()
        if key in before and (parts := [part for part in rule if _differs(before[key].get(part), rule[part])])
    ]
    return added + changed + gone


def _differs(old: Any, new: Any) -> bool:
    sequences = isinstance(old, (list, tuple)) and isinstance(new, (list, tuple))
    return list(old) != list(new) if sequences else old != new


def _part_change(before: dict[str, Any], after: dict[str, Any], part: str) -> str:
    field = _TIMES.get(part, part)
    return f"{_name_of(Rule, field)}: {_part_words(part, before.get(part))} → {_part_words(part, after[part])}"


def _part_words(part: str, value: Any) -> str:
    if part in _TIMES:
        return formats.date_format(_local(value), "SHORT_DATETIME_FORMAT") if value else "–"
    if part == "target_ids":
        return ngettext("%(n)d entry", "%(n)d entries", len(value or ())) % {"n": len(value or ())}
    if part == "section" and value:
        return section_word(value)
    if part == "surface" and value:
        return surface_word(value)
    if part in ("action", "target") and value:
        return str({"action": Rule.Action, "target": Rule.Target}[part](value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in ("", None) else "–"


def _local(microseconds: int) -> datetime:
    return timezone.localtime(moment_of(microseconds))


def _layout_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    if old["layout"] == new["layout"]:
        return []

    def words(content: dict[str, Any]) -> str:
        rows = [f"{section_word(section['code'])} ({section['n']})" for section in content["layout"]]
        return ", ".join(rows) or _("the default one")

    return [(_("layout"), f"{words(old)} → {words(new)}")]


def _weight_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    before, after = (content.get("event_weights", {}) for content in (old, new))
    return [
        (
            _("weight of “%(kind)s”") % {"kind": kind_word(KIND_BY_WORD[word])},
            f"{before.get(word, _('as learned'))} → {after.get(word, _('as learned'))}",
        )
        for word in sorted({*before, *after})
        if before.get(word) != after.get(word)
    ]


def _experiment_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    if old.get("experiments", []) == new["experiments"]:
        return []

    def words(content: dict[str, Any]) -> str:
        arms = [arm for one in content.get("experiments", []) for arm in one["arms"]]
        return ", ".join(f"{arm['name']} {arm['share']:.0%}" for arm in arms) or "–"

    return [(_("experiments"), f"{words(old)} → {words(new)}")]
