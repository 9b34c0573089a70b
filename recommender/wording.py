"""Sentences for what a decision says in codes: titles, reasons, actions, labels. English here, the rest by gettext."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from recommender.data.types import ChosenSection, Reason, Section
from recommender.page import Action, Label
from recommender.store.card_facts import CardFacts
from users.kinds import Kind

NEW_FOR = timedelta(days=21)


_PERSONAL_TITLES: dict[str, str] = {
    Section.TOP_PICKS: gettext_noop("Top picks for you"),
    Section.NEW_FOR_YOU: gettext_noop("New for you"),
    Section.DEALS: gettext_noop("Deals for you"),
}
_TITLES: dict[str, str] = {
    Section.TOP_PICKS: gettext_noop("Top picks"),
    Section.BECAUSE_YOU_VIEWED: gettext_noop("Because of what you looked at"),
    Section.DEPARTMENT_TREND: gettext_noop("Trending now"),
    Section.NEW_FOR_YOU: gettext_noop("New arrivals"),
    Section.KEEP_BROWSING: gettext_noop("Keep browsing"),
    Section.DEALS: gettext_noop("Deals"),
    Section.SIMILAR: gettext_noop("Similar items"),
    Section.RESULTS: gettext_noop("Results"),
}
_SUBTITLES: dict[str, str] = {
    Section.KEEP_BROWSING: gettext_noop("Pick up where you left off"),
    Section.DEPARTMENT_TREND: gettext_noop("What others look at and buy these days"),
}
_REASONS = {
    "rule": gettext_noop("Chosen by the shop"),
    "keep_browsing": gettext_noop("You looked at this"),
    "search": gettext_noop("Matches your search"),
    "similar": gettext_noop("Similar to this item"),
    "exploration": gettext_noop("Something different, to learn what you like"),
    "trending": gettext_noop("Trending in this shop"),
    "department_trend": gettext_noop("Trending in your department"),
    "new": gettext_noop("Among the newest here"),
    "deal": gettext_noop("Reduced in price"),
    "because_item": gettext_noop("Because of what you looked at"),
    "source_rules": gettext_noop("Often chosen together with what you looked at"),
    "sponsored": gettext_noop("A sponsored item"),
    "small_provider": gettext_noop("From one of the smaller makers here"),
    "taste": gettext_noop("Close to what you like"),
    "history": gettext_noop("In line with all that you looked at"),
    "buy_again": gettext_noop("You bought this before"),
    "segment_trend": gettext_noop("Trending among shoppers like you"),
    "cold": gettext_noop("Hardly known yet, and close to what you like"),
    "fill": gettext_noop("Another good match"),
    "popular": gettext_noop("Popular in this shop"),
}

_ACTIONS = {
    "not_interested": gettext_noop("Not for me"),
    "not_this_kind": gettext_noop("Fewer of this kind"),
    "own_it": gettext_noop("I own it"),
    "ignore_item": gettext_noop("Stop using this for my page"),
    "gift": gettext_noop("It was a gift"),
    "not_this_taste": gettext_noop("Stop using this taste"),
}


@dataclass(frozen=True)
class Names:
    """The words a page's sentences are filled with."""

    items: Mapping[int, CardFacts]
    departments: Mapping[int, str] = field(default_factory=dict)
    tags: Mapping[int, str] = field(default_factory=dict)  # those that reasons speak of
    done: Mapping[int, str] = field(default_factory=dict)  # history item → word of the latest thing done to it
    query: str = ""
    personal: bool = False  # something is known about the shopper

    def title(self, item_id: int) -> str:
        """Title of an item, "" where it is gone."""
        facts = self.items.get(item_id)
        return facts.title if facts else ""


def section_title(section: ChosenSection, names: Names) -> str:
    """Heading of a row."""
    item = names.title(section.subject)
    department = names.departments.get(section.subject, "")
    if section.code == Section.BECAUSE_YOU_VIEWED and item:
        return _because("because_item", names.done.get(section.subject, ""), item)
    if section.code == Section.DEPARTMENT_TREND and department:
        return _("Trending in %(department)s") % {"department": department}
    if section.code == Section.RESULTS and names.query:
        return _("Results for “%(query)s”") % {"query": names.query}
    if names.personal and section.code in _PERSONAL_TITLES:
        return _(_PERSONAL_TITLES[section.code])
    return _(_TITLES.get(section.code, "More to see"))


def section_subtitle(section: ChosenSection) -> str:
    """A line below the heading where it helps, else ""."""
    return _(_SUBTITLES[section.code]) if section.code in _SUBTITLES else ""


def reason_sentence(reason: Reason, names: Names) -> str:
    """The one sentence under a card."""
    item = names.title(reason.items[0]) if reason.items else ""
    if reason.code in ("because_item", "source_rules") and item:
        other = names.title(reason.items[1]) if len(reason.items) > 1 else ""
        if other:
            return _("Because of “%(item)s” and “%(other)s”") % {"item": item, "other": other}
        return _because(reason.code, names.done.get(reason.items[0], ""), item)
    if reason.code == "taste" and names.tags.get(reason.subject):
        return _("Because you like “%(tag)s”") % {"tag": names.tags[reason.subject]}
    if reason.code == "similar" and item:
        return _("Similar to “%(item)s”") % {"item": item}
    if reason.code == "department_trend" and names.departments.get(reason.subject):
        return _("Trending in %(department)s") % {"department": names.departments[reason.subject]}
    if reason.code == "search" and names.query:
        return _("Matches “%(query)s”") % {"query": names.query}
    return _(_REASONS.get(reason.code, _REASONS["popular"]))


def _because(code: str, done: str, item: str) -> str:
    if code == "source_rules":
        return _("Often chosen together with “%(item)s”") % {"item": item}
    if done == Kind.PURCHASE.word:
        return _("Because you bought “%(item)s”") % {"item": item}
    if done in (Kind.LIKE.word, Kind.FAVOURITE.word):
        return _("Because you liked “%(item)s”") % {"item": item}
    if done == Kind.CART.word:
        return _("Because “%(item)s” was in your basket") % {"item": item}
    return _("Because you looked at “%(item)s”") % {"item": item}


def action_labels() -> dict[str, str]:
    """Words on the buttons, by action code: looked up once per page."""
    return {code: _(label) for code, label in _ACTIONS.items()}


def actions_of(
    item: CardFacts, reason: Reason, labels: Mapping[str, str], items: Mapping[int, CardFacts]
) -> tuple[Action, ...]:
    """What a shopper can do about a card: hide it or its kind, say that they own it, stop using its cause or taste."""
    item_id = item.id
    kind = [("not_this_kind", item_id)] if item.category or item.department else []
    wanted = [("not_interested", item_id), *kind, ("own_it", item_id)]
    if reason.code in ("because_item", "source_rules"):
        wanted += [(code, cause) for cause in reason.items for code in ("ignore_item", "gift")]
    if reason.code == "keep_browsing":
        wanted += [("ignore_item", cause) for cause in reason.items]
    named = {about: items[about].external_id if about in items else "" for about in reason.items}
    named[item_id] = item.external_id
    actions = [Action(code, labels[code], about, 0, named[about]) for code, about in wanted]
    if reason.code == "taste":
        actions.append(Action("not_this_taste", labels["not_this_taste"], item_id, reason.subject, item.external_id))
    return tuple(actions)


def labels_of(facts: CardFacts, now: datetime) -> tuple[Label, ...]:
    """Badges that the facts of an item justify."""
    labels = []
    if not facts.in_stock:
        labels.append(Label("sold_out", _("Sold out")))
    if facts.price_minor and facts.reduced_from:
        percent = round(100 - 100 * facts.price_minor / facts.reduced_from)
        labels.append(Label("deal", _("−%(percent)d %%") % {"percent": percent}))
    if facts.published_at > now - NEW_FOR:
        labels.append(Label("new", _("New")))
    if facts.sponsored:
        labels.append(Label("sponsored", _("Sponsored")))
    return tuple(labels)


def pill_text(subject: str) -> str:
    """Says that the page has moved."""
    return _("More %(subject)s for you") % {"subject": subject}


def pill_undo(item: CardFacts) -> Action:
    """Takes the move back."""
    return Action("ignore_item", _("Undo"), item.id, 0, item.external_id)
