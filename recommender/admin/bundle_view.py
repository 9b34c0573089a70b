"""What a bundle's page shows: the verdict, how it compares, which parts are missing, what the policy may say."""

import json
import math
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from recommender.admin.jobs import flat
from recommender.admin.parts import part_names
from recommender.admin.preparation import preparation_view
from recommender.admin.quotas import quota_lines
from recommender.admin.reliability_plot import reliability_plots
from recommender.encoders.start_states import EVERYBODY
from recommender.models import BundleVersion
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.store.bundles import bundle_path
from recommender.training.absent_words import absent_words
from recommender.training.gate_words import gate_words
from recommender.training.policy_words import policy_words


@dataclass(frozen=True)
class Rival:
    """A comparison of the gate, in points of a hundred."""

    name: str
    ours: float
    theirs: float
    difference: str
    interval: str
    better: bool | None  # None: the interval holds zero


@dataclass(frozen=True)
class Part:
    """A part of a bundle, and what is known of it."""

    name: str
    words: str
    present: bool


def bundle_view(bundle: BundleVersion) -> dict[str, Any]:
    """What the page shows."""
    manifest = manifest_read(bundle)
    rivals = _rivals(bundle.gate)
    return {
        "bundle": bundle,
        "verdict": gate_words(bundle.gate) or _("Not judged yet."),
        "passes": bundle.gate.get("passes"),
        "rivals": rivals,
        "most_points": max((max(rival.ours, rival.theirs) for rival in rivals), default=0.0) or 1.0,
        "parts": _parts(bundle, manifest),
        "window": _window(bundle.window),
        "numbers": flat("", _without_bins(bundle.evaluation)),
        "reliability": reliability_plots(bundle.evaluation.get("ranker") or {}),
        "recipe": flat("", bundle.recipe),
        "quotas": quota_lines(manifest.get("quotas") or {}),
        **preparation_view(manifest),
    }


def _without_bins(evaluation: dict[str, Any]) -> dict[str, Any]:
    """The numbers without those that are drawn."""
    ranker = evaluation.get("ranker") or {}
    heads = {
        head: {name: value for name, value in metrics.items() if name != "reliability"}
        for head, metrics in (ranker.get("heads") or {}).items()
    }
    return {**evaluation, "ranker": {**ranker, "heads": heads}} if heads else evaluation


def manifest_read(bundle: BundleVersion) -> dict[str, Any]:
    """The manifest beside the files; empty where they were put away."""
    path = bundle_path(bundle) / "manifest.json"
    if not bundle.path or not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except ValueError:
        return {}


def _rivals(gate: dict[str, Any]) -> list[Rival]:
    names = {"popularity": _("best sellers"), "live": _("the bundle that served"), "anchor": _("this month's anchor")}
    return [_rival(name, gate[key]) for key, name in names.items() if gate.get(key)]


def _rival(name: str, pair: dict[str, float]) -> Rival:
    ours, theirs, difference, lower, upper = (
        100 * pair[part] for part in ("ours", "theirs", "difference", "lower", "upper")
    )
    better = True if lower > 0 else False if upper < 0 else None
    return Rival(name, round(ours, 1), round(theirs, 1), f"{difference:+.1f}", f"{lower:+.1f} … {upper:+.1f}", better)


def _parts(bundle: BundleVersion, manifest: dict[str, Any]) -> list[Part]:
    """What the bundle holds and what it should hold; models that its recipe does not ask for are not missing."""
    names = part_names()
    told = {
        "state_encoder": _encoder_words(bundle.evaluation.get("encoder") or {}),
        "doubt": _doubt_words(bundle.evaluation.get("doubt") or {}),
        "start_states": _situation_words(manifest.get("start_states") or {}),
        "ranker": _ranker_words(bundle.evaluation.get("ranker") or {}),
        "policy": _policy_words(manifest.get("policy") or {}),
        "segments": _segment_words(manifest.get("segments") or {}),
    }
    absent = bundle.absent
    asked = set(names) - set(MODEL_SOURCES) | set((bundle.recipe.get("learning") or {}).get("models", ()))
    for name in ("start_states", "quotas", "segments"):
        if not manifest.get(name) and name not in absent:
            asked.discard(name)  # a bundle of an older version
    if not bundle.evaluation.get("doubt"):
        asked.discard("doubt")  # not asked for
    return [
        Part(word, absent_words(absent[name]) if name in absent else told.get(name, ""), name not in absent)
        for name, word in names.items()
        if name in asked
    ]


def _encoder_words(about: dict[str, Any]) -> str:
    score = about.get("ndcg_at_10")
    if score is None:
        return ""
    return _("%(score).1f of 100 points on its own after %(epochs)d rounds") % {
        "score": 100 * score,
        "epochs": about.get("epochs", 0),
    }


def _doubt_words(doubt: dict[str, Any]) -> str:
    return _("%(members)d encoders of other seeds; the inspector shows where they disagree") % doubt if doubt else ""


def _situation_words(starts: dict[str, Any]) -> str:
    if not starts:
        return ""
    count = sum(name != EVERYBODY for name in starts["names"])
    words = _("what people begin with is %(percent).0f %% likelier; segment, language and time tell nothing more")
    if count:
        words = _("what people begin with is %(percent).0f %% likelier; %(count)d segments, languages and times count")
    return words % {"count": count, "percent": 100 * math.expm1(starts["gain"])}


def _segment_words(learned: dict[str, Any]) -> str:
    if not learned:
        return ""
    words = _("%(count)d, of which %(new)d are new; %(gone)d of those that served then were not found again")
    return words % {"count": len(learned["segments"]), "new": len(learned["new"]), "gone": len(learned["gone"])}


def _ranker_words(metrics: dict[str, Any]) -> str:
    click = (metrics.get("heads") or {}).get("click") or {}
    ours, fusion = click.get("auc_page"), click.get("fusion_auc_page")
    if ours is None or fusion is None:
        return ""
    words = _("tells what is clicked from what is not on a page in %(ours).0f %% of pairs; without it %(fusion).0f %%")
    return words % {"ours": 100 * ours, "fusion": 100 * fusion}


def _policy_words(policy: dict[str, Any]) -> str:
    judged = policy_words(policy)
    if not judged:
        return ""
    words = _("may weigh up to %(weight)g. The judge: %(reason)s")
    return words % {"weight": policy.get("allowed_weight", 0.0), "reason": judged}


def _window(window: dict[str, Any]) -> list[tuple[str, str]]:
    words = {
        "from": _("facts from"),
        "until": _("facts until"),
        "items": _("items"),
        "shoppers": _("shoppers"),
        "interactions": _("interactions"),
        "visits": _("visits"),
        "pages": _("pages shown"),
        "snapshot": _("snapshot"),
    }
    return [(word, _readable(window[name])) for name, word in words.items() if name in window]


def _readable(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    moment = parse_datetime(str(value)) if "T" in str(value) else None
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else str(value)[:16]
