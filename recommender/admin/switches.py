"""The emergency switches above drafts and rulesets: one click each, at once, written into the log, and back alike."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.models import Shop
from recommender.admin.choices import SURFACES, surface_word
from recommender.models import Ruleset
from recommender.store.switches import Switches, switches_read, switches_turn
from users.models import User

RULES = "rules"
"""Name of the switch that turns all rules off; the others are named after their surface."""


@dataclass(frozen=True)
class SwitchLine:
    """One switch as the page shows it."""

    name: str
    words: str  # what it does, or what it has done
    button: str
    is_on: bool  # in force: the shop runs without something
    turns: str  # "on" or "off"


def switch_lines(shop: Shop) -> list[SwitchLine]:
    """The switches of a shop."""
    switches = switches_read(shop)
    off = switches.rules_off
    lines = [
        SwitchLine(
            RULES,
            _("All rules are off.") if off else _("Rules hold."),
            _("Rules on again") if off else _("All rules off"),
            off,
            "off" if off else "on",
        )
    ]
    for surface in SURFACES:
        plain = surface in switches.plain_surfaces
        name = surface_word(surface)
        words = _("%(surface)s: the same list for everybody") if plain else _("%(surface)s: personal")
        lines.append(
            SwitchLine(
                surface,
                words % {"surface": name},
                _("make it personal again") if plain else _("same list for everybody"),
                plain,
                "off" if plain else "on",
            )
        )
    return lines


def turned(switches: Switches, name: str, *, on: bool) -> Switches:
    """The switches with one of them turned."""
    if name == RULES:
        return replace(switches, rules_off=on)
    others = tuple(surface for surface in switches.plain_surfaces if surface != name)
    return replace(switches, plain_surfaces=tuple(sorted((*others, name))) if on else others)


@require_POST
def switch_view(request: HttpRequest) -> HttpResponse:
    """Turn one switch and go back to where the button was."""
    if not request.user.has_perm("recommender.add_ruleset"):
        raise PermissionDenied
    shop = Shop.objects.filter(code=request.POST.get("shop", "")).first()
    name, _dash, turn = request.POST.get("pick", "").rpartition("-")
    on = turn == "on"
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = reverse("admin:recommender_ruleset_changelist")
    if shop is None or name not in (RULES, *SURFACES):
        messages.error(request, _("Nothing was changed: there is no such switch."))
        return HttpResponseRedirect(back)
    by = request.user if isinstance(request.user, User) else None
    ruleset = switches_turn(shop=shop, switches=turned(switches_read(shop), name, on=on), by=by)
    words = _said(name, on=on)
    _log(by, ruleset, words)
    messages.success(request, words)
    return HttpResponseRedirect(back)


def _said(name: str, *, on: bool) -> str:
    if name == RULES:
        return (
            _("All rules are off from the next request on.") if on else _("Rules hold again from the next request on.")
        )
    words = (
        _("From the next request on everybody sees the same here: %(surface)s.")
        if on
        else _("Personal again from the next request on: %(surface)s.")
    )
    return words % {"surface": surface_word(name)}


def _log(by: User | None, ruleset: Ruleset, words: str) -> None:
    if by is None:
        return
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(Ruleset),
        object_id=str(ruleset.pk),
        object_repr=str(ruleset),
        action_flag=CHANGE,
        change_message=words,
    )


def switch_context(shop: Shop) -> dict[str, Any]:
    """What the strip of switches is drawn with."""
    lines = switch_lines(shop)
    return {"switch_lines": lines, "switches_on": any(line.is_on for line in lines)}
