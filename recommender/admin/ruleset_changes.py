"""What publishing would change: the draft beside what serves now, in words."""

from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Shop
from recommender.data.types import KnobValues
from recommender.models import Knobs, Live
from recommender.store.rulesets import ruleset_compile

_NOT_DIALS = ("repeats", "one_list")


def live_content(shop: Shop) -> dict[str, Any]:
    """The ruleset that serves now; the defaults where nothing was published."""
    live = Live.objects.select_related("ruleset").filter(shop=shop).first()
    if live is not None and live.ruleset is not None:
        return dict(live.ruleset.content)
    knobs = {name: value for name, value in vars(KnobValues()).items() if name not in _NOT_DIALS}
    return {"knobs": knobs, "rules": [], "layout": []}


def changes_of(shop: Shop) -> list[tuple[str, str]]:
    """Each difference between draft and live as (what, from → to).

    Raises: DataError where the draft cannot be compiled.
    """
    old, new = live_content(shop), ruleset_compile(shop)
    return [*_knob_changes(old, new), *_rule_changes(old, new), *_layout_changes(old, new)]


def _knob_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    names = {
        field.name: str(field.verbose_name) for field in Knobs._meta.get_fields() if hasattr(field, "verbose_name")
    }
    return [
        (names.get(name, name), f"{old['knobs'].get(name, '–')} → {value}")
        for name, value in new["knobs"].items()
        if old["knobs"].get(name) != value
    ]


def _rule_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    before = {rule["id"]: rule for rule in old["rules"]}
    after = {rule["id"]: rule for rule in new["rules"]}
    added = [(rule["name"], _("new rule")) for key, rule in after.items() if key not in before]
    gone = [(rule["name"], _("rule ends")) for key, rule in before.items() if key not in after]
    changed = [
        (
            rule["name"],
            ", ".join(
                f"{part}: {before[key].get(part)} → {value}"
                for part, value in rule.items()
                if _differs(before[key], part, value)
            ),
        )
        for key, rule in after.items()
        if key in before and any(_differs(before[key], part, value) for part, value in rule.items())
    ]
    return added + changed + gone


def _differs(before: dict[str, Any], part: str, value: Any) -> bool:
    old = before.get(part)
    return (list(old) if isinstance(old, (list, tuple)) else old) != (
        list(value) if isinstance(value, (list, tuple)) else value
    )


def _layout_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    if old["layout"] == new["layout"]:
        return []

    def words(content: dict[str, Any]) -> str:
        return ", ".join(f"{section['code']} ({section['n']})" for section in content["layout"]) or _("the default one")

    return [(_("layout"), f"{words(old)} → {words(new)}")]
