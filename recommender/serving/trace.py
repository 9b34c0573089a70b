"""The road of every candidate through a decision, as plain lists and words that JSON can carry."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.data.types import Gathered, Source
from recommender.ranking.features import CANDIDATE_FEATURES, HISTORY_FEATURES
from recommender.serving.plan import Plan, Request, board_of
from recommender.serving.scores import Scores
from recommender.slate.layout import Row
from recommender.slate.rules import RuleEffects
from recommender.slate.slate import Slate

_DIGITS = 6


def trace_make(
    request: Request, plan: Plan, slate: Slate, versions: Mapping[str, Any], stages: Mapping[str, float]
) -> dict[str, Any]:
    """Everything a decision looked at.

    Args:
        request: what was decided.
        plan: that the page was drawn from.
        slate: the page.
        versions: further names and numbers that fix the outcome.
        stages: milliseconds by stage, empty where nobody measured.

    Returns:
        ``candidates``: one dictionary per candidate with its item id, sources, evidence, component scores by name,
        fused score, score of the second stage (None without one), features and probabilities of the ranker, the
        standard deviation of the logarithm of its value (None from one that does not tell), base score, Q value,
        effects of rules by section and ``fate``, what became of it: ``shown``, else why not; shown ones have ``slot``
        and ``drawn``: section, slot score, what the page itself (diversity, calibration) added to it, propensity, the
        share of it that was exploration, whether it was forced and by which rule. ``sections``: the rows that were
        possible, with each member's score, and the propensity of those that were chosen; ``timed_out``: sources that
        were late; ``versions``; ``stages_ms``.
    """
    gathered, scores = request.gathered, request.scores
    shown = {int(row): slot for slot, row in enumerate(slate.rows)}
    evidence, fates = _evidence(gathered), fates_of(request, plan, slate)
    candidates = [
        _candidate(row, gathered, scores, plan.effects, evidence.get(row, []), shown.get(row)) | {"fate": fates[row]}
        for row in range(len(gathered))
    ]
    for row, slot in shown.items():
        candidates[row]["drawn"] = _drawn(slot, plan, slate)
    chosen = {(section.code, section.subject): section.propensity for section in slate.sections}
    return {
        "candidates": candidates,
        "sections": [
            {
                "code": row.code,
                "subject": row.subject,
                "members": int(row.members.sum()),
                "minimum": row.minimum,
                "propensity": chosen.get((row.code, row.subject)),
                "scores": {
                    str(int(gathered.item_ids[member])): _number(values[member])
                    for member in np.flatnonzero(row.members)
                },
            }
            for row, values in zip(plan.rows, plan.scores, strict=True)
        ],
        "timed_out": list(gathered.timed_out),
        "versions": {
            "bundle": request.bundle.fingerprint if request.bundle else "",
            "ruleset": request.ruleset.hash,
            "arm": request.context.arm,
            "state": request.context.state_version,
            **versions,
        },
        "stages_ms": dict(stages),
    }


def trace_pack(trace: dict[str, Any]) -> bytes:
    """A trace as bytes: some 50 KB for 500 candidates."""
    return zlib.compress(json.dumps(trace, separators=(",", ":")).encode(), 9)


def trace_unpack(packed: bytes) -> dict[str, Any]:
    """What ``trace_pack`` wrote."""
    found: dict[str, Any] = json.loads(zlib.decompress(packed))
    return found


def fates_of(request: Request, plan: Plan, slate: Slate) -> list[str]:
    """(c,) what became of each candidate, the first that applies.

    ``shown``; ``not_allowed``: hidden, in the basket, on an earlier page, or the page's own item; ``no_row``: no
    section is for it; ``excluded`` by a rule, or ``met_before``, wherever it belongs; ``row_not_shown``: its sections
    were too thin or gave way to others of their kind; ``variant_shown``: another size or colour of it is on the page;
    ``outdrawn``: others were drawn, or caps and quotas gave the slots to others.
    """
    gathered, n = request.gathered, len(request.gathered)
    is_open = board_of(request).open
    belongs, able, ruled, chosen = (np.zeros(n, np.bool_) for _ in range(4))
    codes = {(section.code, section.subject) for section in slate.sections}
    for row, values in zip(plan.rows, plan.scores, strict=True):
        may = row.members & np.isfinite(values)
        belongs |= row.members
        able |= may
        ruled |= row.members & plan.effects[row.code].excluded
        if (row.code, row.subject) in codes:
            chosen |= may
    groups = gathered.group[slate.rows]
    variant = np.isin(gathered.group, groups[groups > 0])
    shown = np.zeros(n, np.bool_)
    shown[slate.rows] = True
    fates = (
        (shown, "shown"),
        (~is_open, "not_allowed"),
        (~belongs, "no_row"),
        (~able & ruled, "excluded"),
        (~able, "met_before"),
        (~chosen, "row_not_shown"),
        (variant, "variant_shown"),
    )
    return [
        str(fate) for fate in np.select([mask for mask, _fate in fates], [fate for _mask, fate in fates], "outdrawn")
    ]


def _drawn(slot: int, plan: Plan, slate: Slate) -> dict[str, Any]:
    section, row = slate.sections[int(slate.section_of[slot])], int(slate.rows[slot])
    same = (
        values
        for one, values in zip(plan.rows, plan.scores, strict=True)
        if _key(one) == (section.code, section.subject)
    )
    before = float(next(same)[row])
    return {
        "section": str(section.code),
        "score": _number(slate.scores[slot]),
        "of_the_page": _number(slate.scores[slot] - before),
        "propensity": _number(slate.propensities[slot]),
        "exploration_share": _number(slate.uniform_share[slot]),
        "forced": bool(slate.forced[slot]),
        "pinned_by": int(slate.pinned_by[slot]),
        "held_by": int(slate.held_by[slot]),
    }


def _key(row: Row) -> tuple[str, int]:
    return row.code, row.subject


def _evidence(gathered: Gathered) -> dict[int, list[dict[str, Any]]]:
    by_row: dict[int, list[dict[str, Any]]] = {}
    columns = (gathered.evidence_row, gathered.evidence_source, gathered.evidence_item)
    for row, source, item in zip(*(column.tolist() for column in columns), strict=True):
        by_row.setdefault(row, []).append({"source": Source(source).word, "item": item})
    return by_row


def _candidate(
    row: int,
    gathered: Gathered,
    scores: Scores,
    effects: dict[str, RuleEffects],
    evidence: list[dict[str, Any]],
    slot: int | None,
) -> dict[str, Any]:
    bits = int(gathered.sources[row])
    ranked = scores.ranked
    return {
        "item": int(gathered.item_ids[row]),
        "known_to_bundle": bool(gathered.index[row] >= 0),
        "sources": [source.word for source in Source if bits >> source & 1],
        "evidence": evidence,
        "components": {name: _number(scores.components[row, k]) for k, name in enumerate(scores.names)},
        "fused": _number(scores.fused[row]),
        "second_stage": None if scores.look is None else _number(scores.look.scores[row]),
        "features": _features(row, scores),
        "probabilities": {head: _number(said[row]) for head, said in ranked.probabilities().items()} if ranked else {},
        "deviation": _number(ranked.deviation[row]) if ranked else None,
        "base": _number(scores.base[row]),
        "q": _number(scores.q[row]),
        "rules": {
            section: {
                "factor": _number(effect.factor[row]),
                "excluded": bool(effect.excluded[row]),
                "rule": int(effect.rule[row]),
            }
            for section, effect in effects.items()
            if effect.rule[row]
        },
        "slot": slot,
    }


def _features(row: int, scores: Scores) -> dict[str, float | None]:
    """What the ranker read beside the components; empty without a ranker."""
    if scores.features is None:
        return {}
    own = (*CANDIDATE_FEATURES, *HISTORY_FEATURES)
    return {name: _number(value) for name, value in zip(own, scores.features[row, -len(own) :], strict=True)}


def _number(value: np.floating[Any] | float) -> float | None:
    """A rounded float; None for NaN and infinities, which JSON does not have."""
    return round(float(value), _DIGITS) if np.isfinite(value) else None
