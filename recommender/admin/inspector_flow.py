"""What became of all candidates of a decision, where its time went, and how a card was drawn: the trace in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from recommender.admin.inspector_cards import Measure
from recommender.slate.limits import AD, SMALL_PROVIDER

FATES = {
    "shown": pgettext_lazy("a candidate", "shown"),
    "outdrawn": gettext_lazy("others were drawn"),
    "row_not_shown": gettext_lazy("their rows are not on the page"),
    "variant_shown": gettext_lazy("another size or colour is shown"),
    "met_before": gettext_lazy("met too lately, or unwanted"),
    "excluded": gettext_lazy("excluded by a rule"),
    "no_row": gettext_lazy("no row is for them"),
    "not_allowed": gettext_lazy("hidden, in the basket or on an earlier page"),
}
"""``serving.trace.fates_of`` in words, in the order of the page."""
STAGES = {
    "gather": gettext_lazy("candidates gathered"),
    "state": gettext_lazy("taste of the shopper"),
    "scores": gettext_lazy("scores"),
    "plan": gettext_lazy("rows and rules"),
    "slate": gettext_lazy("page drawn"),
    "reasons": gettext_lazy("reasons"),
}


def fate_word(fate: str) -> str:
    """What became of a candidate; the code itself where it is unknown."""
    return str(FATES.get(fate, fate))


def fates_view(candidates: Sequence[Mapping[str, Any]]) -> list[Measure]:
    """How many candidates came to which end; none of a trace that does not tell."""
    counts = Counter(one["fate"] for one in candidates if "fate" in one)
    ends = [*(fate for fate in FATES if counts[fate]), *(fate for fate in counts if fate not in FATES)]
    return [Measure(fate_word(one), f"{counts[one]:,}", round(100 * counts[one] / counts.total())) for one in ends]


def stages_view(stages_ms: Mapping[str, float]) -> list[Measure]:
    """Milliseconds of each stage and their share of all."""
    whole = sum(stages_ms.values()) or 1.0
    return [
        Measure(str(STAGES.get(name, name)), f"{spent:.1f} ms", round(100 * spent / whole))
        for name, spent in stages_ms.items()
    ]


def drawn_words(drawn: Mapping[str, Any], rules: Mapping[int, str]) -> list[str]:
    """What happened to a card in the draw itself, beside its score and propensity."""
    words = []
    of_the_page, explored = drawn.get("of_the_page"), drawn.get("exploration_share")
    if of_the_page is not None and abs(of_the_page) >= 0.005:
        words.append(_("the page itself: %(by)s") % {"by": f"{of_the_page:+.2f}".replace("-", "−")})
    if explored is not None and not drawn.get("forced"):
        words.append(_("of this by lot: %(share)s") % {"share": f"{explored:.0%}"})
    if pinned := drawn.get("pinned_by"):
        words.append(_("pinned by %(rule)s") % {"rule": rules.get(pinned, pinned)})
    if held := drawn.get("held_by"):
        words.append(_floor_words(held, rules))
    return words


def _floor_words(held: int, rules: Mapping[int, str]) -> str:
    if held == AD:
        return _("a slot for sponsored items")
    if held == SMALL_PROVIDER:
        return _("room for small providers")
    return _("room kept by %(rule)s") % {"rule": rules.get(held, held)}
