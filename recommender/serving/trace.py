"""The road of every candidate through a decision, as plain lists and words that JSON can carry."""

from typing import Any

import numpy as np

from recommender.data.types import Gathered, Source
from recommender.ranking.features import CANDIDATE_FEATURES, HISTORY_FEATURES
from recommender.serving.plan import Plan
from recommender.serving.scores import Scores
from recommender.slate.rules import RuleEffects
from recommender.slate.slate import Slate

_DIGITS = 6


def trace_make(gathered: Gathered, scores: Scores, plan: Plan, slate: Slate) -> dict[str, Any]:
    """Everything a decision looked at.

    Returns:
        ``candidates``: one dictionary per candidate with its item id, sources, evidence, component scores by name,
        fused score, score of the second stage (None without one), features and probabilities of the ranker, the
        standard deviation of the logarithm of its value (None from one that does not tell), base score, Q value,
        effects of rules by section and what became of it; ``sections``: the rows that were possible, with each
        member's score; ``timed_out``: sources that were late.
    """
    shown = {int(row): slot for slot, row in enumerate(slate.rows)}
    evidence = _evidence(gathered)
    return {
        "candidates": [
            _candidate(row, gathered, scores, plan.effects, evidence.get(row, []), shown.get(row))
            for row in range(len(gathered))
        ],
        "sections": [
            {
                "code": row.code,
                "subject": row.subject,
                "members": int(row.members.sum()),
                "minimum": row.minimum,
                "scores": {
                    str(int(gathered.item_ids[member])): _number(values[member])
                    for member in np.flatnonzero(row.members)
                },
            }
            for row, values in zip(plan.rows, plan.scores, strict=True)
        ],
        "timed_out": list(gathered.timed_out),
    }


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
