"""The arms of an experiment as a table to fill in: a column per arm; name, share in per cent, knobs that differ."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from recommender.admin.knobs import knob_field
from recommender.data.knob_ranges import CHOICES, DIALS

COLUMNS = 4
"""Arms that the table has room for; one more than there are, if those are more."""

Arms = list[dict[str, Any]]


class ArmsWidget(forms.Widget):
    """Columns of ``<name>-<number>-<part>`` inputs; a column without any word is no arm."""

    template_name = "operator/components/arms.html"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Arms:
        """The arms that were typed, numbers where they are numbers."""
        count = sum(1 for key in data if key.startswith(f"{name}-") and key.endswith("-name"))
        typed = [
            {part: str(data.get(f"{name}-{n}-{part}", "")).strip() for part in ("name", "share", *DIALS)}
            for n in range(count)
        ]
        return [_arm(parts) for parts in typed if any(parts.values())]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Whether the table was not in the form at all."""
        return not any(key.startswith(f"{name}-") for key in data)

    def format_value(self, value: Any) -> Any:
        """The arms as they are."""
        return value or []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The table, from the site's own templates."""
        return SafeString(render_to_string(self.template_name, self.get_context(name, value, attrs)))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Rows of inputs, one cell per arm."""
        arms = [arm for arm in value or [] if isinstance(arm, dict)]
        columns = [*arms, *[{}] * max(1, COLUMNS - len(arms))]
        rows = [(_("name"), [_text(f"{name}-{n}-name", arm.get("name", "")) for n, arm in enumerate(columns)])]
        rows.append((_("share, %"), [_number(f"{name}-{n}-share", _percent(arm)) for n, arm in enumerate(columns)]))
        for dial in DIALS:
            cells = [_cell(f"{name}-{n}-{dial}", dial, _knob(arm, dial)) for n, arm in enumerate(columns)]
            rows.append((str(knob_field(dial).verbose_name), cells))
        context = super().get_context(name, value, attrs)
        return context | {"numbers": range(1, len(columns) + 1), "rows": rows}


class ArmsField(forms.Field):
    """Arms as a list of parts; what they may be is checked where arms are."""

    widget = ArmsWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether any arm differs."""
        return bool(initial != data)


def _arm(parts: Mapping[str, str]) -> dict[str, Any]:
    share = _figure(parts["share"])
    return {
        "name": parts["name"],
        "share": round(share / 100, 6) if isinstance(share, float) else share,
        "knobs": {dial: parts[dial] if dial in CHOICES else _figure(parts[dial]) for dial in DIALS if parts[dial]},
    }


def _figure(words: str) -> float | str:
    try:
        return float(words)
    except ValueError:
        return words


def _percent(arm: Mapping[str, Any]) -> Any:
    share = arm.get("share", "")
    return f"{100 * share:g}" if isinstance(share, int | float) else share


def _knob(arm: Mapping[str, Any], dial: str) -> Any:
    value = arm.get("knobs", {}).get(dial, "")
    return f"{value:g}" if isinstance(value, int | float) else value


def _cell(name: str, dial: str, value: Any) -> SafeString:
    if dial not in CHOICES:
        return _number(name, value, _("as it serves"))
    choices = [("", _("as it serves")), *knob_field(dial).flatchoices]
    return UnfoldAdminSelectWidget(attrs={"aria-label": dial}, choices=choices).render(name, value)


def _text(name: str, value: Any) -> SafeString:
    return UnfoldAdminTextInputWidget().render(name, value, {"aria-label": _("name"), "maxlength": 40})


def _number(name: str, value: Any, placeholder: str = "") -> SafeString:
    attrs = {"step": "any", "placeholder": placeholder, "aria-label": name.rpartition("-")[2]}
    return UnfoldAdminDecimalFieldWidget().render(name, value, attrs)
