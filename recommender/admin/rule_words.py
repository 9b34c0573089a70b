"""A rule in the shop's words: what it does, to how many items, when, where and for whom, and what it quarrels with."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Item, Shop
from recommender.admin.choices import section_word, surface_word
from recommender.admin.rule_names import NAMES_SHOWN, about_words, does_words, rule_title
from recommender.data.ruleset import RuleValue
from recommender.data.types import DataError
from recommender.models import Rule
from recommender.slate.rule_conflicts import Conflict
from recommender.store.rule_warnings import Absent, RuleWarnings, rule_warnings
from recommender.store.rulesets import rule_compile, rules_compile

_UNSAVED = 2**62
"""Id of a rule that has none yet: the newest of all."""


@dataclass(frozen=True)
class RuleLine:
    """One line of a rule's summary: ``what`` it says about, and what it says."""

    what: str
    words: str
    tone: str = ""  # "bad": a reason to think again


def rule_lines(rule: Rule) -> list[RuleLine]:
    """The rule as staff would tell it, saved or not."""
    lines = [
        RuleLine(_("does"), does_words(rule)),
        RuleLine(_("to"), about_words(rule)),
        RuleLine(_("reaches"), reach_words(matched(rule)), "" if matched(rule).exists() else "bad"),
        RuleLine(_("when"), window_words(rule)),
        RuleLine(_("where"), where_words(rule)),
        RuleLine(_("for"), rule.segment or _("everybody")),
    ]
    lines += [RuleLine(_("but"), words, "bad") for words in warnings_of(rule)]
    return lines


def reach_words(items: QuerySet[Item]) -> str:
    """How many items that is, and how many of them can be shown now."""
    ready = Q(status=Item.Status.ACTIVE, deleted_at=None) & (Q(stock=None) | Q(stock__gt=0))
    counted = items.aggregate(count=Count("pk"), showable=Count("pk", filter=ready))
    count, showable = counted["count"], counted["showable"]
    words = ngettext("%(count)d item", "%(count)d items", count) % {"count": count}
    return words if showable == count else _("%(items)s, %(showable)d of them can be shown now") % {
        "items": words,
        "showable": showable,
    }  # fmt: skip


def window_words(rule: Rule) -> str:
    """From when to when, in the current time zone."""
    if rule.starts_at is None and rule.ends_at is None:
        return _("always")
    start, end = (_moment(at) for at in (rule.starts_at, rule.ends_at))
    if rule.ends_at is None:
        return _("from %(start)s on") % {"start": start}
    if rule.starts_at is None:
        return _("until %(end)s") % {"end": end}
    return _("from %(start)s until %(end)s") % {"start": start, "end": end}


def _moment(at: datetime | None) -> str:
    return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def where_words(rule: Rule) -> str:
    """On which pages and in which rows."""
    surface = surface_word(rule.surface) if rule.surface else _("every page")
    return _("%(surface)s, row “%(section)s”") % {
        "surface": surface,
        "section": section_word(rule.section),
    } if rule.section else surface  # fmt: skip


def matched(rule: Rule) -> QuerySet[Item]:
    """Items a rule is about, as the catalogue stands."""
    ids = rule.target_ids
    wanted = {
        Rule.Target.ITEM: Q(pk__in=ids),
        Rule.Target.BRAND: Q(brand_id__in=ids),
        Rule.Target.CATEGORY: Q(category_id__in=ids) | Q(department_id__in=ids),
        Rule.Target.TAG: Q(pk__in=Item.tags.through.objects.filter(tag_id__in=ids).values("item_id")),
    }
    return Item.objects.of(rule.shop).filter(wanted[Rule.Target(rule.target)])


def warning_words(warnings: RuleWarnings) -> list[str]:
    """What staff should know, a sentence each."""
    words = [conflict_words(conflict) for conflict in warnings.conflicts]
    words += [absent_words(absent) for absent in warnings.absent]
    words += [nobodys_words(rule_title(rule), rule.segment) for rule in warnings.nobodys]
    words += [_narrow_words(rule) for rule in warnings.narrow]
    words += [_beyond_words(rule) for rule in warnings.beyond]
    return words + _ban_words(warnings) if warnings.excluding else words


def _narrow_words(rule: RuleValue) -> str:
    """That a quota leaves next to nothing, and what becomes of it."""
    words = _("“%(rule)s” leaves a page hardly a card: where too few are left, rules that count cards are left aside.")
    return words % {"rule": rule_title(rule)}


def _beyond_words(rule: RuleValue) -> str:
    """That a pin asks for a slot where no row reaches."""
    words = _("“%(rule)s” pins to slot %(slot)s, which no row of such a page has.")
    return words % {"rule": rule_title(rule), "slot": rule.slot}


def _ban_words(warnings: RuleWarnings) -> list[str]:
    """That rules bar nearly everything, and what becomes of it."""
    n = len(warnings.excluding)
    words = ngettext(
        "%(rules)s bars %(percent)s %% of what could be shown.",
        "%(rules)s bar %(percent)s %% of what could be shown.",
        n,
    )
    if warnings.excluded == 1:
        words = ngettext(
            "%(rules)s bars everything there is to show: pages will leave it aside.",
            "%(rules)s bar everything there is to show: pages will leave them aside.",
            n,
        )
    names = ", ".join(f"“{rule_title(rule)}”" for rule in warnings.excluding[:NAMES_SHOWN])
    return [words % {"rules": names, "percent": round(100 * warnings.excluded)}]


def conflict_words(conflict: Conflict) -> str:
    """Who wins a contradiction, and why."""
    names = {"winner": rule_title(conflict.winner), "loser": rule_title(conflict.loser)}
    why = {
        "excluded": _("“%(winner)s” wins over “%(loser)s”: what is excluded is shown only by a pin or an include of"
                      " higher priority."),
        "higher": _("“%(winner)s” wins over “%(loser)s”: its priority is higher."),
        "lower_id": _("“%(winner)s” wins over “%(loser)s”: both want the same slot or item, and of equal"
                      " priorities the older rule wins."),
        "pinned": _("“%(winner)s” wins over “%(loser)s”: a pin holds its slot whatever the score."),
        "multiplied": _("“%(winner)s” and “%(loser)s” have the same priority: both count, one against the other."),
        "ceiling": _("“%(winner)s” wins over “%(loser)s”: nothing that is asked for goes beyond what is allowed."),
    }  # fmt: skip
    return why[conflict.why] % names


def absent_words(absent: Absent) -> str:
    """Why an item that a rule asks for will not be seen."""
    names = {"rule": rule_title(absent.rule), "item": absent.external_id}
    why = {
        "deleted": _("“%(rule)s” asks for %(item)s, which is deleted: its place goes to the next best item."),
        "hidden": _("“%(rule)s” asks for %(item)s, which is hidden: its place goes to the next best item."),
        "sold_out": _("“%(rule)s” asks for %(item)s, which is sold out: its place goes to the next best item."),
    }
    return why[absent.why] % names


def nobodys_words(rule: str, segment: str) -> str:
    """Why a rule acts on nobody."""
    words = _("“%(rule)s” acts on nobody: the last training did not find the segment “%(segment)s” again.")
    return words % {"rule": rule, "segment": segment}


def warnings_of(rule: Rule) -> list[str]:
    """What staff should know about a rule, saved or not; nothing while it cannot work yet."""
    rule_id = rule.pk or _UNSAVED
    others = Rule.objects.of(rule.shop).filter(enabled=True).exclude(pk=rule.pk)
    try:
        mine = replace(rule_compile(rule), id=rule_id, name=rule.name or _("this rule"))
    except DataError:
        return []
    return warning_words(rule_warnings(rule.shop, [*rules_compile(others), mine], about=rule_id))


@dataclass(frozen=True)
class Window:
    """A window that is one tap away."""

    name: str
    starts: str  # as a datetime-local field takes it
    ends: str


def windows(shop: Shop, now: datetime) -> list[Window]:
    """Windows staff ask for most, in the shop's time zone."""
    midnight = now.astimezone(ZoneInfo(shop.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    day = midnight.weekday()
    saturday = midnight + timedelta(days=(5 - day) if day < 6 else -1)
    return [
        Window(_("today"), _field(midnight), _field(midnight + timedelta(days=1))),
        Window(_("this weekend"), _field(saturday), _field(saturday + timedelta(days=2))),
        Window(_("the next seven days"), _field(midnight), _field(midnight + timedelta(days=7))),
        Window(_("always"), "", ""),
    ]


def _field(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"
