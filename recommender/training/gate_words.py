"""The gate's verdict as a merchandiser would put it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_SHOWN = 10


def gate_words(gate: dict[str, Any]) -> str:
    """A paragraph for what ``GateResult.to_json`` holds; empty where there was no gate yet.

    Numbers are NDCG@10 in points of a hundred: 100 would be every next wish in the first place.
    """
    if not gate:
        return ""
    sentences = {
        "first": _("It is the first bundle, and it knows shoppers better than a list of best sellers does."),
        "better": _("It knows shoppers better than the bundle that served then."),
        "refresh": _("It is as good as what has served this month and knows newer facts, so it may take over."),
        "worse": _("It knows shoppers less well than the bundle that served then, so that one stayed."),
        "unproven": _("It could not be shown to be as good as the bundle that served then, so that one stayed."),
        "not_above_popularity": _("It is not shown to be better than a list of best sellers, so it must not serve."),
    }
    parts = [sentences[gate["verdict"]], _sample(gate["shoppers"])]
    rivals = {"popularity": _("best sellers"), "live": _("the live bundle"), "anchor": _("this month's anchor")}
    parts += [_compared(gate[name], rival) for name, rival in rivals.items() if gate.get(name)]
    return " ".join(parts)


def verdict_word(verdict: str) -> str:
    """A verdict in a few words, for lists; the verdict itself where there are none."""
    words = {
        "first": _("first bundle"),
        "better": _("better"),
        "refresh": _("as good, and newer"),
        "worse": _("worse"),
        "unproven": _("not shown to be as good"),
        "not_above_popularity": _("no better than best sellers"),
    }
    return words.get(verdict, verdict)


def _sample(shoppers: int) -> str:
    return ngettext(
        "We asked what %(n)d shopper wanted next, which it had not been told.",
        "We asked what %(n)d shoppers wanted next, which it had not been told.",
        shoppers,
    ) % {"n": shoppers}


def _compared(pair: dict[str, float], rival: str) -> str:
    return _(
        "Of 100 possible points its first %(shown)d places earn %(ours).1f, %(rival)s %(theirs).1f; "
        "the true difference lies between %(lower)+.1f and %(upper)+.1f."
    ) % {
        "shown": _SHOWN,
        "rival": rival,
        **{name: 100 * pair[name] for name in ("ours", "theirs", "lower", "upper")},
    }
