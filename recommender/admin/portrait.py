"""A shopper's interest profile as staff see it: weights with the deeds that made them, price band, novelty, stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from catalog.models import Shop
from catalog.moments import moment_of
from catalog.money import money_text
from recommender.admin.choices import kind_word
from recommender.store.segment_members import segments_joined
from users.interests import Evidence, InterestProfile, Lean, Stage
from users.models import Shopper
from users.profiles import lookback, names_read, profile_of
from users.taste import FACETS

SHOWN = 6
FACET_WORDS = {
    "departments": gettext_lazy("departments"),
    "brands": gettext_lazy("brands"),
    "tags": gettext_lazy("tags"),
    "colours": gettext_lazy("colours"),
}
STAGE_WORDS = {
    Stage.AWAY: gettext_lazy("away for two weeks"),
    Stage.LOOKING: gettext_lazy("looking around"),
    Stage.COMPARING: gettext_lazy("comparing"),
    Stage.DECIDING: gettext_lazy("deciding"),
    Stage.BOUGHT: gettext_lazy("has just bought"),
}

Names = dict[tuple[str, str], str]


@dataclass(frozen=True)
class LeanView:
    """One interest with its bar and the deeds behind it."""

    name: str
    weight: str
    percent: int  # of the strongest of its facet, 0 for what is disliked
    deeds: tuple[str, ...]
    rest: str  # what other deeds left


@dataclass(frozen=True)
class PortraitView:
    """Everything the profile says."""

    groups: tuple[tuple[str, tuple[LeanView, ...]], ...]
    facts: tuple[tuple[str, str], ...]  # label and value


def portrait_view(shopper: Shopper | None, now: datetime) -> PortraitView | None:
    """The profile of a shopper; None for somebody of whom nothing is known."""
    if shopper is None:
        return None
    shop = Shop.objects.get(pk=shopper.shop_id)
    look = lookback(shop, shopper)
    if not look.state.recent:
        return None
    profile = profile_of(look, now, n=SHOWN)
    wanted: dict[str, set[str]] = {"departments": {str(profile.stage.department)}, "items": set()}
    for lean in profile.leans:
        wanted.setdefault(lean.facet, set()).add(lean.key)
        wanted["items"] |= {str(one.item_id) for one in lean.evidence}
    names = names_read(wanted, get_language() or "en", look.facets)
    leans = [(facet, [lean for lean in profile.leans if lean.facet == facet]) for facet in FACETS]
    groups = ((str(FACET_WORDS[facet]), _group(found, names)) for facet, found in leans if found)
    segments = segments_joined(shop, shopper, now)
    facts = [*_facts(profile, names, shop.currency), *([(_("segments"), " · ".join(segments))] if segments else ())]
    return PortraitView(tuple(groups), tuple(facts))


def _group(leans: Iterable[Lean], names: Names) -> tuple[LeanView, ...]:
    shown = [lean for lean in leans if (lean.facet, lean.key) in names]
    top = max((abs(lean.weight) for lean in shown), default=0.0) or 1.0
    return tuple(
        LeanView(
            names[lean.facet, lean.key],
            f"{lean.weight:+.1f}",
            round(100 * max(lean.weight, 0.0) / top),
            tuple(_deed(one, names) for one in lean.evidence),
            f"{lean.rest:+.1f}" if abs(lean.rest) >= 0.05 else "",
        )
        for lean in shown
    )


def _deed(one: Evidence, names: Names) -> str:
    at = moment_of(one.at_us)
    title = names.get(("items", str(one.item_id)), str(one.item_id))
    return f"{one.weight:+.1f} · {kind_word(one.kind)} · {title} · {at:%Y-%m-%d}"


def _facts(profile: InterestProfile, names: Names, currency: str) -> Iterable[tuple[str, str]]:
    stage = profile.stage
    department = names.get(("departments", str(stage.department)), "")
    yield _("buying stage"), " · ".join(filter(None, (str(STAGE_WORDS[stage.stage]), department)))
    if band := profile.price:
        yield _("price band"), f"{money_text(band.low_minor, currency)} – {money_text(band.high_minor, currency)}"
    if profile.novelty:
        yield _("just come in, of what was liked"), f"{profile.novelty.share:.0%}"
