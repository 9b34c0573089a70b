"""A shopper's interests as sentences and dials.

An interest is a department, brand or tag that the shopper's deeds lean towards, or an item where the shop says nothing
of what its items are. Its dial says how much those deeds count: turned down, the oldest of them are left out of the
history that pages are made from; turned up, the newest stand in it once more, as if they were looked at again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from catalog.models import Category, Shop
from catalog.moments import microseconds, moment_of
from catalog.money import money_text
from users.interests import Evidence, InterestProfile, Stage
from users.kinds import POSITIVE_KINDS, Kind
from users.models import Shopper
from users.profiles import Lookback, lookback, names_read, profile_of
from users.state import Recent
from users.state_rows import state_read

SHOWN_PER_FACET = {"tags": 4, "departments": 3, "brands": 3, "colours": 2}
ITEMS_SHOWN = 6
COLOURS_TOLD = 3
WEEK = timedelta(days=7)
LIKES_NEW, LIKES_KNOWN = 0.5, 0.15  # shares of new things from which, and below which, it is an appetite

_DID: Mapping[int, str | Promise] = {
    Kind.VIEW: gettext_lazy("looked at"),
    Kind.CLICK: gettext_lazy("looked at"),
    Kind.DWELL: gettext_lazy("looked at for long"),
    Kind.LIKE: gettext_lazy("liked"),
    Kind.DISLIKE: gettext_lazy("not wanted"),
    Kind.FAVOURITE: gettext_lazy("kept"),
    Kind.CART: gettext_lazy("put in the basket"),
    Kind.REMOVE: gettext_lazy("taken out of the basket"),
    Kind.PURCHASE: gettext_lazy("bought"),
    Kind.RETURN: gettext_lazy("sent back"),
    Kind.RATE: gettext_lazy("rated"),
    Kind.SHARE: gettext_lazy("shared"),
}

_GROUPS: Mapping[str, str | Promise] = {
    "tags": gettext_lazy("Styles and materials"),
    "departments": gettext_lazy("Departments"),
    "brands": gettext_lazy("Brands"),
    "colours": gettext_lazy("Colours"),
    "items": gettext_lazy("Things"),
}
_SHARES: Mapping[str, str | Promise] = {
    "tags": gettext_lazy("%(percent)d %% of your taste in styles and materials"),
    "departments": gettext_lazy("%(percent)d %% of your taste in departments"),
    "brands": gettext_lazy("%(percent)d %% of your taste in brands"),
    "colours": gettext_lazy("%(percent)d %% of your taste in colours"),
    "items": gettext_lazy("%(percent)d %% of what you looked at"),
}

Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Interest:
    """One thing the shopper leans towards."""

    facet: str
    key: int | str  # a colour's is its word
    name: str
    sentence: str
    percent: int  # of the facet's weight
    counts: int  # 0–200: share of its items that pages are made from, above 100 of those that count twice
    made_by: "tuple[Deed, ...]" = ()  # the recent deeds that weigh most

    @property
    def group(self) -> str:
        """What it is among its likes of: its percent is of these."""
        return str(_GROUPS[self.facet])

    @property
    def share(self) -> str:
        """Its part of the facet's weight, in words."""
        return str(_SHARES[self.facet]) % {"percent": self.percent}

    @property
    def standing(self) -> str:
        """Where the dial stands, in words."""
        if self.counts == 0:
            return _("left out of your page")
        if self.counts < 100:
            return _("counts in part")
        return _("counts more") if self.counts > 100 else _("counts as it is")


@dataclass(frozen=True)
class Deed:
    """One thing a shopper did that made an interest, for the page."""

    item_id: int
    title: str
    kind: int
    at: datetime
    counts: bool = True  # its owner has not left the thing out

    @property
    def did(self) -> str:
        """What was done, in a word."""
        return str(_DID.get(self.kind, ""))


@dataclass(frozen=True)
class Belief:
    """A sentence about a shopper, and the recent deeds that weigh most in it."""

    words: str
    made_by: tuple[Deed, ...] = ()


@dataclass(frozen=True)
class Portrait:
    """What the shop believes about a shopper: dials, and sentences about price, novelty, colours and what is near."""

    interests: tuple[Interest, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    is_left_out: bool = False  # nothing that was done so far counts


def portrait_of(shop: Shop, shopper: Shopper | None, language: str, now: datetime) -> Portrait:
    """The strongest tags, departments, brands and colours with their sentences and deeds. At most eight queries.

    The sentences above them tell what pages are made from: nothing of what is left out.
    """
    look = lookback(shop, shopper)
    if not look.state.recent:
        return Portrait()
    profile = profile_of(look, now, n=max(SHOWN_PER_FACET.values()))
    shown = _shown(look, profile)
    departments = {str(item.department) for item in look.facets.values()} | {str(profile.stage.department)}
    wanted: dict[str, set[str]] = {"departments": departments, "items": set()}
    for facet, key, _share, evidence in shown:
        wanted.setdefault(facet, set()).add(key)
        wanted["items"] |= {str(one.item_id) for one in evidence}
    for belief in (profile.price, profile.novelty):
        wanted["items"] |= {str(one.item_id) for one in belief.evidence} if belief else set()
    liked = [lean.key for lean in profile.leans if lean.facet == "colours" and lean.weight > 0]
    colours = [key for key in liked if look.counts("colours", key)][:COLOURS_TOLD]
    is_left_out = all(deed.item_id in look.state.ignored for deed in look.state.recent)
    if not look.counts("departments", profile.stage.department):  # what is near is in what the page does not follow
        profile = replace(profile, stage=replace(profile.stage, department=0))
    names = names_read(wanted | {"colours": colours}, language, look.facets)
    since_us = microseconds(now - WEEK)
    interests = [_interest(look, names, since_us, *one) for one in shown if look.deeds(one[0], one[1])]
    tags = {one.name for one in interests if one.facet == "tags"}
    called = [names["colours", key] for key in colours]
    return Portrait(
        tuple(one for one in interests if one.facet != "colours" or one.name not in tags),
        () if is_left_out else _beliefs(look, profile, names, called, shop.currency),
        is_left_out,
    )


def fewer_kinds(shopper: Shopper | None, language: str) -> list[tuple[int, str]]:
    """Categories that the shopper asked to see fewer of, by name."""
    fewer = state_read(shopper.pk).fewer if shopper else ()
    found = Category.objects.filter(pk__in=fewer) if fewer else ()
    return sorted(((one.pk, one.name_in(language)) for one in found), key=lambda kind: kind[1])


_Shown = tuple[str, str, float, tuple[Evidence, ...]]


def _shown(look: Lookback, profile: InterestProfile) -> list[_Shown]:
    """Facet, key, share and evidence of what gets a dial; the items themselves where the shop says nothing of them."""
    rows: list[_Shown] = []
    for facet, n in SHOWN_PER_FACET.items():
        liked = [lean for lean in profile.leans if lean.facet == facet and lean.weight > 0][:n]
        rows += [(facet, lean.key, lean.share, lean.evidence) for lean in liked]
    return rows or [("items", str(item), share, ()) for item, share in _most_met(look.state.recent)]


def _interest(
    look: Lookback, names: Names, since_us: int, facet: str, key: str, share: float, evidence: tuple[Evidence, ...]
) -> Interest:
    deeds = look.deeds(facet, key)
    sentence = _sentence(look, names, since_us, facet, deeds)
    made_by = _made_by(look, names, evidence)
    own = key if facet == "colours" else int(key)
    return Interest(
        facet, own, names.get((facet, key), ""), sentence, round(100 * share), look.counts(facet, key), made_by
    )


def _made_by(look: Lookback, names: Names, evidence: Iterable[Evidence]) -> tuple[Deed, ...]:
    """Deeds with things that the shop still has a title for."""
    return tuple(
        Deed(
            one.item_id,
            names["items", str(one.item_id)],
            one.kind,
            moment_of(one.at_us),
            one.item_id not in look.state.ignored,
        )
        for one in evidence
        if ("items", str(one.item_id)) in names
    )


def _beliefs(
    look: Lookback, profile: InterestProfile, names: Names, colours: Sequence[str], currency: str
) -> tuple[Belief, ...]:
    """What is near, what it may cost, how new it should be, in which colours."""
    has_looked = any(lean.weight > 0 for lean in profile.leans)  # who only hid things was not away
    said = [Belief(_stage_sentence(profile, names))] if has_looked or profile.stage.stage != Stage.AWAY else []
    if band := profile.price:
        prices = {"low": money_text(band.low_minor, currency), "high": money_text(band.high_minor, currency)}
        words = _("Most of what you like costs between %(low)s and %(high)s.") % prices
        said.append(Belief(words, _made_by(look, names, band.evidence)))
    if profile.novelty:
        said.append(Belief(_novelty_sentence(profile.novelty.share), _made_by(look, names, profile.novelty.evidence)))
    if colours:
        said.append(Belief(_("Colours you come back to: %(colours)s.") % {"colours": _(", ").join(colours)}))
    return tuple(said)


def _stage_sentence(profile: InterestProfile, names: Names) -> str:
    place = names.get(("departments", str(profile.stage.department)), "")
    where = _(" in %(department)s") % {"department": place} if place else ""
    sentence = {
        Stage.AWAY: _("You have not looked at anything for two weeks."),
        Stage.LOOKING: _("You are looking around%(where)s."),
        Stage.COMPARING: _("You are comparing things%(where)s."),
        Stage.DECIDING: _("You have something in your basket%(where)s and are making up your mind."),
        Stage.BOUGHT: _("You have just bought something%(where)s."),
    }
    return sentence[profile.stage.stage] % {"where": where}


def _novelty_sentence(share: float) -> str:
    percent = {"percent": round(100 * share)}
    if share >= LIKES_NEW:
        return _("You like what is new: %(percent)d %% of what you liked had just come in.") % percent
    if share < LIKES_KNOWN:
        return _("You stay with what has proved itself: %(percent)d %% of what you liked had just come in.") % percent
    return _("You like new things and proven ones: %(percent)d %% of what you liked had just come in.") % percent


def _sentence(look: Lookback, names: Names, since_us: int, facet: str, deeds: Sequence[Recent]) -> str:
    """What the shopper did, the strongest first: bought, kept, looked at this week, looked at before."""
    kinds = Counter(deed.kind for deed in deeds)
    n_week = sum(deed.kind in POSITIVE_KINDS and deed.at_us >= since_us for deed in deeds)
    mostly = _mostly(look, names, facet, deeds)
    if bought := kinds[Kind.PURCHASE]:
        did = ngettext("You bought it once%(mostly)s.", "You bought it %(n)s times%(mostly)s.", bought)
        return did % {"n": _in_words(bought), "mostly": mostly}
    if liked := kinds[Kind.LIKE] + kinds[Kind.FAVOURITE]:
        did = ngettext("You liked it once%(mostly)s.", "You liked it %(n)s times%(mostly)s.", liked)
        return did % {"n": _in_words(liked), "mostly": mostly}
    if n_week:
        did = ngettext(
            "You have looked at it once this week%(mostly)s.",
            "You have looked at it %(n)s times this week%(mostly)s.",
            n_week,
        )
        return did % {"n": _in_words(n_week), "mostly": mostly}
    return _("You looked at it a while ago%(mostly)s.") % {"mostly": mostly}


def _in_words(n: int) -> str:
    """Small numbers as words where that reads better."""
    return str(apnumber(n)) if (get_language() or "en").startswith("en") else str(n)


def _mostly(look: Lookback, names: Names, facet: str, deeds: Iterable[Recent]) -> str:
    """“, mostly in Furniture” where a tag or brand is met in one department above all."""
    if facet == "departments":
        return ""
    met = Counter(look.facets[deed.item_id].department for deed in deeds)
    department, _n = met.most_common(1)[0]
    name = names.get(("departments", str(department)))
    return _(", mostly in %(department)s") % {"department": name} if name else ""


def _most_met(recent: Sequence[Recent]) -> list[tuple[int, float]]:
    """The items met most often lately, the latest first of those met as often, each with its share."""
    met = Counter(deed.item_id for deed in reversed(recent) if deed.kind in POSITIVE_KINDS)
    return [(item, n / met.total()) for item, n in met.most_common(ITEMS_SHOWN)]
