"""Publishing: a shop's knobs, rules, layout and experiments compiled to one immutable ruleset, known by its hash."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.event_weights import staff_weights_check
from recommender.data.knob_ranges import BEFORE, DIALS, knobs_problems
from recommender.data.ruleset import KnobValues, RulesetValue, RuleValue, SectionValue
from recommender.data.types import Context, DataError, Ints, Section
from recommender.models import HomepageLayout, Knobs, Live, Rule, Ruleset
from recommender.slate.rule_index import Rulebook
from recommender.store.experiments import experiment_value, experiments_compile
from recommender.store.knob_words import knob_problem_words
from recommender.store.ruleset_content import content_hash
from recommender.store.segments import segments_compile, segments_value
from recommender.store.switches import Switches, switches_read
from users.models import User

DEFAULT_RULESET = RulesetValue(hash="default", knobs=KnobValues())
"""What serves a shop that has published nothing."""
AS_DELIVERED = gettext_noop("As delivered")
"""Note of the ruleset that a shop is made with."""


def ruleset_compile(shop: Shop) -> dict[str, Any]:
    """A shop's drafts as the content of a ruleset.

    Raises:
        DataError: a rule, a section or an experiment cannot work; the message names it.
    """
    knobs = Knobs.objects.filter(shop=shop).first() or Knobs(shop=shop)
    _knobs_check(knobs)
    rules = rules_compile(Rule.objects.of(shop).filter(enabled=True).order_by("id"))
    sections = HomepageLayout.objects.of(shop).filter(enabled=True).order_by("surface", "position", "id")
    weights = _event_weights(knobs)
    return {
        "knobs": {name: getattr(knobs, name) for name in DIALS},
        "rules": [asdict(rule) for rule in rules],
        "layout": [_section(section) for section in sections],
        "experiments": experiments_compile(shop),
        **({"event_weights": weights} if weights else {}),
        **segments_compile(shop),
        **switches_read(shop).content(),
    }


def _knobs_check(knobs: Knobs) -> None:
    for name, problem in knobs_problems({name: getattr(knobs, name) for name in DIALS}).items():
        words = {
            "name": getattr(Knobs._meta.get_field(name), "verbose_name", name),
            "problem": knob_problem_words(name, problem),
        }
        raise DataError(_("Knob “%(name)s” %(problem)s.") % words)


def _event_weights(knobs: Knobs) -> dict[str, float]:
    try:
        staff_weights_check(knobs.event_weights)
    except DataError as error:
        raise DataError(_("Weights of deeds: %(problem)s.") % {"problem": error}) from error
    return {word: float(weight) for word, weight in sorted(knobs.event_weights.items())}


def staff_event_weights(shop: Shop) -> dict[str, float]:
    """What staff ruled about the weights of deeds, as it was published; it holds from the next training on."""
    live = Live.objects.select_related("ruleset").filter(shop=shop).first()
    content = live.ruleset.content if live is not None and live.ruleset is not None else {}
    return dict(content.get("event_weights", {}))


@transaction.atomic
def ruleset_publish(*, shop: Shop, published_by: User | None = None, note: str = "") -> Ruleset:
    """Compile a shop's drafts and let them serve from the next request on; equal content is published once.

    Raises:
        DataError: a rule, a section or an experiment cannot work; the message names it.
    """
    Live.objects.select_for_update().get_or_create(shop=shop)  # a switch that is turned meanwhile waits, and stays
    content = ruleset_compile(shop)
    ruleset, _made = Ruleset.objects.get_or_create(
        shop=shop,
        hash=content_hash(content),
        defaults={"content": content, "published_by": published_by, "note": note},
    )
    Live.objects.update_or_create(shop=shop, defaults={"ruleset": ruleset})
    return ruleset


def ruleset_read(ruleset: Ruleset) -> RulesetValue:
    """A published ruleset as the pure rooms read it."""
    return ruleset_value(ruleset.content, ruleset.hash)


def ruleset_value(content: dict[str, Any], name: str) -> RulesetValue:
    """Content of a ruleset, published or draft, as a value; rules that are switched off are none of it."""
    switches = Switches.of(content)
    rules = () if switches.rules_off else content["rules"]
    return RulesetValue(
        hash=name,
        knobs=KnobValues(**{**BEFORE, **content["knobs"]}),
        rules=Rulebook(RuleValue(**{**rule, "target_ids": tuple(rule["target_ids"])}) for rule in rules),
        layout=tuple(SectionValue(**section) for section in content["layout"]),
        experiments=tuple(experiment_value(one) for one in content.get("experiments", ())),
        plain_surfaces=switches.plain_surfaces,
        rules_off=switches.rules_off,
        segments=segments_value(content),
    )


def rules_compile(rules: Iterable[Rule]) -> list[RuleValue]:
    """Rules as the pure rooms read them.

    Raises: DataError where one cannot work; the message names it.
    """
    return [rule_compile(rule) for rule in rules]


def rule_compile(rule: Rule) -> RuleValue:
    """A rule as the pure rooms read it.

    Raises: DataError where it cannot work.
    """
    _rule_check(rule)
    return RuleValue(
        id=rule.pk,
        name=rule.name,
        action=rule.action,
        target=rule.target,
        target_ids=tuple(rule.target_ids),
        factor=_factor(rule),
        slot=rule.slot or 0,
        section=rule.section,
        surface=rule.surface,
        segment=rule.segment,
        starts_us=microseconds(rule.starts_at),
        ends_us=microseconds(rule.ends_at),
        priority=rule.priority,
        least=rule.least or 0,
        most=rule.most or 0,
        per_row=rule.per_row,
    )


def _factor(rule: Rule) -> float:
    """A bury divides by its strength where it is given above 1, so that 2 means half in either direction."""
    if rule.action == Rule.Action.BURY and rule.factor > 1:
        return 1.0 / rule.factor
    return rule.factor


def _rule_check(rule: Rule) -> None:
    counts_each = rule.action == Rule.Action.CAP
    problems = {
        _("it names nothing it applies to"): not rule.target_ids and not counts_each,
        _("“at most of each” counts brands, categories or tags; choose one of these as its target"): (
            counts_each
            and (rule.target == Rule.Target.ITEM or (rule.target == Rule.Target.TAG and not rule.target_ids))
        ),
        _("it says neither how many cards at least nor how many at most"): (
            rule.action == Rule.Action.QUOTA and not rule.least and not rule.most
        ),
        _("it does not say how many cards at most"): counts_each and not rule.most,
        _("it asks for more cards than it allows"): bool(rule.least and rule.most and rule.least > rule.most),
        _("a pin needs single items; choose items as its target"): (
            rule.action == Rule.Action.PIN and rule.target != Rule.Target.ITEM
        ),
        _("a pin needs a slot, 1 for the first"): rule.action == Rule.Action.PIN and not rule.slot,
        _("it ends before it starts"): bool(rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at),
        _("there is no such section"): rule.section not in ("", *_words(Section)),
    }
    for problem, present in problems.items():
        if present:
            raise DataError(_("Rule “%(name)s”: %(problem)s.") % {"name": rule, "problem": problem})


def _section(section: HomepageLayout) -> dict[str, Any]:
    if section.section not in _words(Section):
        raise DataError(_("There is no section “%(name)s”.") % {"name": section.section})
    if section.minimum > section.n:
        message = _("Section “%(name)s” wants at least %(minimum)s cards and shows %(n)s.")
        raise DataError(message % {"name": section.section, "minimum": section.minimum, "n": section.n})
    return {"code": section.section, "n": section.n, "minimum": section.minimum, "surface": section.surface}


def _words(values: Iterable[Section]) -> tuple[str, ...]:
    return tuple(str(value.value) for value in values)


def editorial_of(ruleset: RulesetValue, context: Context) -> Ints:
    """Items that rules in force here ask for by name, the most urgent first: they are gathered whatever else is."""
    book = Rulebook.of(ruleset.rules)
    return book.named(book.active(context)) if book else np.zeros(0, np.int64)


def kinds_included(ruleset: RulesetValue, context: Context) -> dict[str, list[int]]:
    """Brands, categories and tags whose newest items rules in force here want gathered."""
    book = Rulebook.of(ruleset.rules)
    return book.kinds_included(book.active(context)) if book else {}


def tags_of(ruleset: RulesetValue) -> frozenset[int]:
    """Tags that rules speak of."""
    return frozenset(tag for rule in ruleset.rules if rule.target == "tag" for tag in rule.target_ids)


def ruleset_restore(ruleset: Ruleset) -> Ruleset:
    """Let a ruleset that was published before serve its shop again; the drafts stay as they are."""
    Live.objects.update_or_create(shop=ruleset.shop, defaults={"ruleset": ruleset})
    return ruleset
