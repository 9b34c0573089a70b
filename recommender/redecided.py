"""A logged request decided with today's bundle and rules, or with the drafts, beside what was shown."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import numpy as np
from django.conf import settings

from catalog.models import Item
from catalog.titles import titles_read
from recommender.data.types import Bools, Context, Decision, Gathered
from recommender.experiments.assignment import arm_assign, ruleset_of_arm
from recommender.models import Impression
from recommender.serving.bundle import Bundle
from recommender.serving.decide import decide
from recommender.serving.pack import request_unpack
from recommender.store.asked_for import asked_for_read, gathered_with
from recommender.store.candidate_facts import fresh_text_read
from recommender.store.impressions import request_read
from recommender.store.live import serving_read, serving_then
from recommender.store.rulesets import ruleset_compile, ruleset_value
from recommender.store.segments import segments_then
from recommender.store.vectors import item_vectors_read


class Basis(StrEnum):
    """What a logged request is decided with."""

    THEN = "then"  # bundle, rules and knobs of its day
    TODAY = "today"  # those that serve now
    DRAFT = "draft"  # the bundle that serves now, with rules and knobs as they are drafted


@dataclass(frozen=True)
class SlotChange:
    """An item whose slot or score is not what it was; slots count from 1, 0 is none."""

    item_id: int
    external_id: str
    title: str
    before: int
    after: int
    score_before: float  # NaN where it was not there, or not scored
    score_after: float

    @property
    def kind(self) -> str:
        """``in``, ``out``, ``moved`` or ``rescored``."""
        if not self.before or not self.after:
            return "out" if self.before else "in"
        return "moved" if self.before != self.after else "rescored"


@dataclass(frozen=True)
class Redecided:
    """The page as it would be, and where it differs."""

    decision: Decision
    bundle_id: int | None
    ruleset_hash: str
    changes: tuple[SlotChange, ...]  # in the order of the new page; what is gone follows


def redecide(request_id: UUID, basis: Basis, *, now: datetime, language: str = "en") -> Redecided:
    """Decide a logged request with other rules.

    Candidates are those gathered then, and what the rules ask for by name.

    Args:
        request_id: of the impression.
        basis: ``TODAY`` or ``DRAFT``.
        now: the moment whose facts added candidates have.
        language: of titles.

    Raises:
        DataError: the request is not logged, its bundle or rules are gone, or the drafts cannot be compiled.
    """
    shown, log = request_read(request_id)
    then, today = serving_then(log), serving_read(log.shop_id)
    context, gathered = request_unpack(bytes(log.payload), then.bundle)
    drafted = basis is Basis.DRAFT
    ruleset = ruleset_value(ruleset_compile(log.shop), "draft") if drafted else today.ruleset
    context = arm_assign(ruleset, segments_then(ruleset.segments, context), settings.DPE_SECRET)
    gathered = gathered_under(context, gathered, today.bundle, today.bundle_id)
    asked = asked_for_read(log.shop_id, ruleset, now, big_providers=today.trend.big_providers)
    gathered = gathered_with(asked, context, gathered, today.bundle)
    decision = decide(
        context, gathered, ruleset_of_arm(ruleset, context.arm), today.bundle, int(log.seed), explained=False
    )
    return Redecided(decision, today.bundle_id, ruleset.hash, changes_of(shown, decision, language))


def gathered_under(context: Context, gathered: Gathered, bundle: Bundle | None, bundle_id: int | None) -> Gathered:
    """Logged candidates as another bundle knows them, with the vectors of those that are newer than it."""
    if bundle is None or bundle_id is None:
        none, nothing = np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        return replace(
            gathered,
            index=np.full(len(gathered), -1, np.int64),
            fresh_rows=none,
            fresh_vectors=nothing,
            fresh_text=nothing,
            fresh_history_ids=none,
            fresh_history_vectors=nothing,
        )
    index = bundle.index_of(gathered.item_ids)
    rows = np.flatnonzero(index < 0)
    met = np.unique(np.append(context.history.item_ids, context.anchor_item))
    met = met[(bundle.index_of(met) < 0) & (met > 0)]
    found = item_vectors_read(bundle_id=bundle_id, item_ids=np.concatenate([gathered.item_ids[rows], met]))
    there: Bools = np.asarray(np.isfinite(found).all(axis=1))
    of_rows, of_met = there[: len(rows)], there[len(rows) :]
    return replace(
        gathered,
        index=index,
        fresh_rows=rows[of_rows],
        fresh_vectors=found[: len(rows)][of_rows],
        fresh_text=fresh_text_read(gathered.item_ids[rows[of_rows]], bundle.manifest.text_encoder),
        fresh_history_ids=met[of_met],
        fresh_history_vectors=found[len(rows) :][of_met],
    )


def changes_of(shown: Impression, decision: Decision, language: str) -> tuple[SlotChange, ...]:
    """Items that came, went, moved or were scored otherwise; what filled holes afterwards is not compared."""
    drawn = [slot for slot, p in enumerate(shown.propensities) if p is not None and not np.isnan(p)]
    before = {shown.item_ids[slot]: (place, _score(shown.scores[slot])) for place, slot in enumerate(drawn, start=1)}
    columns = zip(decision.item_ids.tolist(), decision.scores.tolist(), strict=True)
    after = {item: (place, score) for place, (item, score) in enumerate(columns, start=1)}
    items = [item for item in [*after, *(item for item in before if item not in after)] if _differ(item, before, after)]
    titles = titles_read(items, language)
    names = dict(Item.objects.filter(pk__in=items).values_list("pk", "external_id"))
    nowhere = (0, float("nan"))
    return tuple(
        SlotChange(
            item,
            names.get(item, str(item)),
            titles.get(item, str(item)),
            before.get(item, nowhere)[0],
            after.get(item, nowhere)[0],
            before.get(item, nowhere)[1],
            after.get(item, nowhere)[1],
        )
        for item in items
    )


_Places = dict[int, tuple[int, float]]  # item → slot from 1, score


def _differ(item: int, before: _Places, after: _Places) -> bool:
    if item not in before or item not in after:
        return True
    (place, score), (new_place, new_score) = before[item], after[item]
    return place != new_place or not np.isclose(score, new_score, rtol=0, atol=0, equal_nan=True)


def _score(value: float | None) -> float:
    return float("nan") if value is None else float(value)
