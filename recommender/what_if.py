"""A draft tried before it is published: logged requests of the last day decided with it, beside what serves now.

The work is a job of kind ``what_if`` in parts, so that every default worker helps; their tallies add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import CharField
from django.db.models.functions import Cast, Right
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from catalog.ids import uuid7
from catalog.models import Shop
from catalog.moments import microseconds
from recommender.data.ruleset import RulesetValue, RuleValue
from recommender.data.types import ArtifactMismatch, ChosenSection, Context, DataError, Gathered, Ints
from recommender.evaluation.what_if import SlotEvidence, Tally
from recommender.experiments.assignment import arm_assign, ruleset_of_arm
from recommender.jobs import JobProgress, job_ask
from recommender.models import Impression, JobRun, RequestLog
from recommender.serving.bundle import Bundle
from recommender.serving.pack import request_unpack
from recommender.serving.redraw import Expected, Redrawing
from recommender.slate.following import ShownSlots, SlotLaw
from recommender.store.asked_for import AskedFor, asked_for_read, gathered_with
from recommender.store.fresh import fresh_refill
from recommender.store.live import Serving, serving_read, serving_then
from recommender.store.outcomes import SlotOutcome, outcomes_read
from recommender.store.rulesets import ruleset_value
from recommender.store.segments import segments_then
from users.models import User

KIND = "what_if"
PAGES = 2000
SINCE = timedelta(days=1)
PARTS = 2  # of the work: as many default workers as one machine has
CHUNK = 100  # pages read at a time
_STEP = _("Deciding pages again")


def what_if_ask(*, shop: Shop, content: dict[str, Any], asked_by: User | None = None) -> UUID:
    """Have a draft tried on the last day's pages; the trial's id, under which ``what_if_read`` finds it.

    Args:
        shop: whose pages.
        content: of a ruleset, as ``ruleset_compile`` makes it.
        asked_by: the member of staff.
    """
    trial = uuid7()
    params = {"trial": str(trial), "at": timezone.now().isoformat(), "parts": PARTS, "content": content}
    with transaction.atomic():
        for part in range(PARTS):
            job_ask(shop=shop, kind=KIND, params={**params, "part": part}, asked_by=asked_by)
    return trial


def what_if_jobs(trial: UUID) -> list[JobRun]:
    """The jobs of a trial, by part."""
    jobs = JobRun.objects.filter(kind=KIND, params__trial=str(trial)).select_related("shop")
    return sorted(jobs, key=lambda job: int(job.params["part"]))


def what_if_read(jobs: Sequence[JobRun]) -> Tally:
    """What the ended jobs of a trial counted."""
    return sum((Tally.from_json(job.result["tally"]) for job in jobs if "tally" in job.result), Tally())


def what_if_do(job: JobRun, progress: JobProgress) -> dict[str, Any]:
    """Do one part of a trial: a job of kind ``what_if``.

    Returns: ``tally`` (``evaluation.what_if.Tally`` as JSON) and ``seconds``.
    Raises: JobStopped where it was cancelled.
    """
    progress.plan({_STEP: 1.0})
    progress.step(_STEP)
    now = datetime.fromisoformat(job.params["at"])
    part, parts = int(job.params["part"]), int(job.params["parts"])
    trial = Trial(job.shop, ruleset_value(job.params["content"], "draft"), now)
    pages = pages_tried(job.shop, now)[part::parts]
    tally = Tally()
    for start in range(0, len(pages), CHUNK):
        trial.try_pages(pages[start : start + CHUNK], tally)
        progress.update(start + CHUNK, len(pages))
    return {"tally": tally.to_json()}


def pages_tried(shop: Shop, now: datetime) -> list[UUID]:
    """Logged requests of the last day, at most ``PAGES``, spread evenly over it: by the random end of their ids."""
    logs = RequestLog.objects.of(shop).filter(at__gte=now - SINCE, at__lt=now)
    chance = Right(Cast("impression", CharField()), 12)
    return list(logs.order_by(chance).values_list("pk", flat=True)[:PAGES])


class Trial:
    """A draft against what serves now. Rules whose time is not over are tried as if it had come, on both sides."""

    def __init__(self, shop: Shop, draft: RulesetValue, now: datetime) -> None:
        """Look up once what all pages need."""
        self.shop, self.now = shop, now
        live = serving_read(shop.pk)
        serving, big = live.ruleset, live.trend.big_providers
        self.serving = in_force(serving, now)
        self.draft = in_force(draft, now)
        self.is_as_logged = self.serving.rules == serving.rules
        both = (self.serving, self.draft)
        self.asked = {id(one): asked_for_read(shop.pk, one, now, big_providers=big) for one in both}
        self._then: dict[tuple[int | None, str], Serving] = {}

    def try_pages(self, ids: Sequence[UUID], tally: Tally) -> None:
        """Count some pages into ``tally``."""
        logs = RequestLog.objects.of(self.shop).in_bulk(list(ids))
        shown = Impression.objects.of(self.shop).in_bulk(list(ids))
        outcomes = outcomes_read(self.shop, ids, self.now)
        for page in ids:
            if page not in logs or page not in shown:
                continue
            try:
                tried = _TriedPage(self, logs[page], shown[page])
            except (DataError, ArtifactMismatch):
                tally.gone += 1
                continue
            tally.count(tried.items_now, tried.items_then)
            if page in outcomes:
                evidence, apart = tried.evidence(outcomes[page])
                tally.credit(tried.shopper, evidence, apart)

    def serving_then(self, log: RequestLog) -> Serving:
        """Bundle and rules of a logged request, looked up once."""
        key = (log.bundle_id, log.ruleset_hash)
        if key not in self._then:
            self._then[key] = serving_then(log)
        return self._then[key]

    def asked_for(self, ruleset: RulesetValue) -> AskedFor:
        """What one of the two rulesets names."""
        return self.asked[id(ruleset)]


def in_force(ruleset: RulesetValue, now: datetime) -> RulesetValue:
    """The ruleset with the rules whose time runs or is to come, as if they had always been in force."""
    now_us = microseconds(now)

    def lifted(rule: RuleValue) -> RuleValue:
        return replace(rule, starts_us=0, ends_us=0) if rule.starts_us or rule.ends_us else rule

    rules = tuple(lifted(rule) for rule in ruleset.rules if not rule.ends_us or rule.ends_us > now_us)
    return replace(ruleset, rules=rules)


@dataclass(frozen=True)
class _Slot:
    """A drawn or pinned slot of the decision, and its place in the impression's arrays."""

    card: int
    propensity: float


class _TriedPage:
    """One logged page under the draft and under what serves now."""

    def __init__(self, trial: Trial, log: RequestLog, shown: Impression) -> None:
        self.trial, self.shown, self.seed = trial, shown, int(log.seed)
        then = trial.serving_then(log)
        context, gathered = request_unpack(bytes(log.payload), then.bundle)
        self.gathered = fresh_refill(gathered, then.bundle, log.bundle_id)
        self.bundle: Bundle | None = then.bundle
        self.shopper = str(context.shopper_id or context.session or log.pk)
        self.slots = [
            _Slot(place, float(p)) for place, p in enumerate(shown.propensities) if p is not None and not np.isnan(p)
        ]
        self.logged = Redrawing(context, self.gathered, ruleset_of_arm(then.ruleset, context.arm), then.bundle)
        self.is_as_logged = trial.is_as_logged and then.ruleset.hash == trial.serving.hash
        self.draft = self._under(trial.draft, context)
        self.now = self.logged if self.is_as_logged else self._under(trial.serving, context)

    def _under(self, ruleset: RulesetValue, context: Context) -> Redrawing:
        context = arm_assign(ruleset, segments_then(ruleset.segments, context), settings.DPE_SECRET)
        gathered = gathered_with(self.trial.asked_for(ruleset), context, self.gathered, self.bundle)
        drawn = ruleset_of_arm(ruleset, context.arm)
        if len(gathered) == len(self.gathered):
            return self.logged.under(context, drawn, gathered)
        return Redrawing(context, gathered, drawn, self.bundle)

    @cached_property
    def items_shown(self) -> list[int]:
        """What the decision of the day drew and pinned."""
        return [self.shown.item_ids[slot.card] for slot in self.slots]

    @cached_property
    def items_now(self) -> list[int]:
        """The page as it would be drawn now: that of the log where the same rules serve."""
        return self.items_shown if self.is_as_logged else self._items(self.now)

    @cached_property
    def items_then(self) -> list[int]:
        """The page as the draft draws it, from the same seed."""
        return self._items(self.draft)

    def _items(self, redrawing: Redrawing) -> list[int]:
        rows = redrawing.page(self.seed).rows
        return list(redrawing.request.gathered.item_ids[rows].tolist())

    def evidence(self, outcomes: Sequence[SlotOutcome]) -> tuple[SlotEvidence, int]:
        """What the seen slots that were drawn say, and how many more were seen where the draft has no place."""
        place = {slot.card: number for number, slot in enumerate(self.slots)}
        n = max((place[outcome.slot] for outcome in outcomes if outcome.slot in place), default=-1) + 1
        logged, draft = self._laws(self.logged, n), self._laws(self.draft, n)
        now = logged if self.now is self.logged else self._laws(self.now, n)
        rows, apart = [], 0
        for outcome in outcomes:
            number = place.get(outcome.slot)
            law = None if number is None else logged.laws[number]
            if number is None or law is None or not 0 < self.slots[number].propensity < 1:
                continue
            if draft.laws[number] is None or now.laws[number] is None:
                apart += 1
                continue
            rows.append(self._row(outcome, number, (logged, draft, now)))
        table = np.array(rows, np.float64).reshape(-1, 12)
        columns = (table[:, 0:2], *table[:, 2:5].T, table[:, 5:7], table[:, 7:9], table[:, 9:11], table[:, 11])
        return SlotEvidence(*columns), apart

    def _row(self, outcome: SlotOutcome, number: int, sides: "tuple[_Laws, _Laws, _Laws]") -> list[float]:
        """Columns of ``SlotEvidence`` of one slot, in their order."""
        logged, draft, now = sides
        item, slot = self.items_shown[number], self.slots[number]
        return [
            float(outcome.clicked),
            float(outcome.revenue),
            slot.propensity,
            draft.probability(number, item),
            slot.propensity if now is logged else now.probability(number, item),
            *logged.expected_of(item),
            *draft.expected(number),
            *now.expected(number),
            draft.beyond(number, logged),
        ]

    def _laws(self, redrawing: Redrawing, n: int) -> "_Laws":
        """Of the first ``n`` slots."""
        gathered = redrawing.request.gathered
        ids = np.array(self.items_shown[:n], np.int64)
        rows = np.minimum(np.searchsorted(gathered.item_ids, ids), max(len(gathered) - 1, 0))
        there = gathered.item_ids[rows] == ids if len(gathered) else np.zeros(len(ids), np.bool_)
        section_of = np.array([self.shown.section_of[slot.card] for slot in self.slots[:n]], np.int64)
        met = self.shown.sections[: int(section_of.max(initial=-1)) + 1]
        sections = tuple(ChosenSection(str(one["code"]), int(one["subject"])) for one in met)
        shown = ShownSlots(np.where(there, rows, -1), section_of, sections)
        return _Laws(gathered, redrawing.laws(shown), redrawing.expected())


@dataclass(frozen=True)
class _Laws:
    """The law of every slot of a page under one ruleset, with what the ranker expects of the candidates."""

    gathered: Gathered
    laws: list[SlotLaw | None]
    ranked: Expected | None

    def probability(self, slot: int, item: int) -> float:
        """Of the item that was shown."""
        law = self.laws[slot]
        return 0.0 if law is None else law.of(self._row(item))

    def expected(self, slot: int) -> tuple[float, float]:
        """Clicks and revenue that the ranker expects of whatever the law draws; NaN without a ranker."""
        law = self.laws[slot]
        if law is None or self.ranked is None:
            return float("nan"), float("nan")
        both = (self.ranked.clicks, self.ranked.revenue)
        clicks, revenue = (float(law.probabilities @ values[law.rows]) for values in both)
        return clicks, revenue

    def expected_of(self, item: int) -> tuple[float, float]:
        """Clicks and revenue that the ranker expects of one item."""
        row = self._row(item)
        if row < 0 or self.ranked is None:
            return float("nan"), float("nan")
        return float(self.ranked.clicks[row]), float(self.ranked.revenue[row])

    def beyond(self, slot: int, logged: "_Laws") -> float:
        """Mass on items that the log could not show in this slot."""
        mine, theirs = self.laws[slot], logged.laws[slot]
        if mine is None or theirs is None:
            return 1.0
        could = theirs.rows[theirs.probabilities > 0]
        could_ids: Ints = logged.gathered.item_ids[could]
        return float(mine.probabilities[~np.isin(self.gathered.item_ids[mine.rows], could_ids)].sum())

    def _row(self, item: int) -> int:
        at = int(np.searchsorted(self.gathered.item_ids, item))
        return at if at < len(self.gathered) and self.gathered.item_ids[at] == item else -1
