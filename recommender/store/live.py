"""What serves a shop now: one row read per request, everything it points to kept open per process."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection

from catalog.models import Item
from recommender.data.learned_segments import LearnedSegments
from recommender.data.ruleset import RulesetValue
from recommender.data.types import ArtifactMismatch, DataError, Floats, Ints
from recommender.models import BundleVersion, Live, RequestLog, Ruleset, TrendSnapshot
from recommender.serving.bundle import Bundle
from recommender.slate.section_appeal import section_appeal
from recommender.store.bundles import bundle_open
from recommender.store.rulesets import DEFAULT_RULESET, ruleset_read

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trend:
    """A trend snapshot as arrays, most wanted first."""

    item_ids: Ints  # (t,)
    counts: Floats  # (t,)
    department: Ints  # (t,) 0 none
    big_providers: tuple[str, ...] = ()  # those of whom at least an equal share is wanted; the rest is small
    segments: Mapping[str, Ints] = field(default_factory=dict)  # segment, or key of a learned one → item ids, likewise
    section_appeal: tuple[tuple[str, float], ...] = ()  # of ``slate.section_appeal``
    foreign_texts: bool = True  # whether some item has texts, and none in the shop's language

    def top(self, n: int, department: int = 0) -> Ints:
        """The ``n`` most wanted items, of one department if given."""
        ids = self.item_ids[self.department == department] if department else self.item_ids
        return ids[:n]


_open_ahead: set[tuple[int, str]] = set()
"""Bundles, by id and fingerprint, that this process opened or found broken before anybody asked for them."""

NO_TREND = Trend(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Serving:
    """What a request is decided with."""

    bundle: Bundle | None
    bundle_id: int | None
    ruleset: RulesetValue
    trend: Trend

    @property
    def learned_segments(self) -> LearnedSegments | None:
        """Those of the bundle, None where there are none."""
        return self.bundle.segments if self.bundle else None


def serving_read(shop_id: int) -> Serving:
    """Bundle, ruleset and trend of a shop.

    A bundle that cannot be opened is refused once, with a line in the log; the previous one serves, or none. In a
    process that opens bundles ahead, the previous one also serves while the live one is being opened.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [shop_id])
        row = cursor.fetchone()
    if row is None:
        return Serving(None, None, DEFAULT_RULESET, NO_TREND)
    live = dict(zip(_POINTERS, row, strict=True))
    bundle, bundle_id = _first_usable(live)
    return Serving(
        bundle,
        bundle_id,
        _ruleset(live["ruleset_id"], live["ruleset__hash"]) if live["ruleset_id"] else DEFAULT_RULESET,
        _trend(live["trend_id"], live["trend__at"]) if live["trend_id"] else NO_TREND,
    )


# What an id points to is named with it, so that what a process keeps open is right whatever database it looks at.
_LIVE = """
SELECT l.bundle_id, b.fingerprint, l.previous_bundle_id, p.fingerprint, l.ruleset_id, r.hash, l.trend_id, t.at
FROM recommender_live l
LEFT JOIN recommender_bundleversion b ON b.id = l.bundle_id
LEFT JOIN recommender_bundleversion p ON p.id = l.previous_bundle_id
LEFT JOIN recommender_ruleset r ON r.id = l.ruleset_id
LEFT JOIN recommender_trendsnapshot t ON t.id = l.trend_id
WHERE l.shop_id = %s
"""
_POINTERS = (
    *("bundle_id", "bundle__fingerprint", "previous_bundle_id", "previous_bundle__fingerprint"),
    *("ruleset_id", "ruleset__hash", "trend_id", "trend__at"),
)


def bundles_open_ahead() -> None:
    """Open every shop's live bundle with its networks, unless this process has it open.

    A process that never calls this opens a bundle when it is first asked for.
    """
    for key in Live.objects.filter(bundle__isnull=False).values_list("bundle_id", "bundle__fingerprint"):
        if key not in _open_ahead:
            bundle = _bundle(*key)
            if bundle is not None:
                _networks_open(bundle)
            _open_ahead.add(key)


def _networks_open(bundle: Bundle) -> None:
    try:
        bundle.networks_open()
        _ = bundle.arrays.text_whitened
    except ArtifactMismatch:
        logger.exception("Bundle %s cannot be opened ahead; pages will be made without it", bundle.path.name)


def serving_then(log: RequestLog) -> Serving:
    """Bundle and rules that a logged request was decided with; without trend, which its log holds.

    Raises:
        DataError: the bundle or the ruleset is gone.
        ArtifactMismatch: the bundle's files are not what they were.
    """
    return Serving(_bundle_of(log), log.bundle_id, _ruleset_named(log.shop_id, log.ruleset_hash), NO_TREND)


def _bundle_of(log: RequestLog) -> Bundle | None:
    if log.bundle_id is None:
        return None
    version = BundleVersion.objects.filter(pk=log.bundle_id).exclude(path="").first()
    if version is None:
        raise DataError(f"bundle {log.bundle_id} of request {log.pk} was put away; it cannot be decided again")
    return bundle_open(version)


@lru_cache(maxsize=16)
def _ruleset_named(shop_id: int, name: str) -> RulesetValue:
    if name == DEFAULT_RULESET.hash:
        return DEFAULT_RULESET
    ruleset = Ruleset.objects.filter(shop_id=shop_id, hash=name).first()
    if ruleset is None:
        raise DataError(f"ruleset {name[:12]} is gone; requests it decided cannot be decided again")
    return ruleset_read(ruleset)


def _first_usable(live: Mapping[str, Any]) -> tuple[Bundle | None, int | None]:
    names = ("bundle", "previous_bundle") if live["bundle_id"] else ()
    keys = [(live[f"{name}_id"], live[f"{name}__fingerprint"]) for name in names if live[f"{name}_id"]]
    for key in sorted(keys, key=lambda key: key not in _open_ahead):  # what is open first, then the live one
        bundle = _bundle(*key)
        if bundle is not None:
            return bundle, key[0]
    return None, None


@lru_cache(maxsize=3)
def _bundle(bundle_id: int, fingerprint: str) -> Bundle | None:
    """A bundle opened once per process; None for one found broken, which is not tried again: hashing takes time."""
    version = BundleVersion.objects.get(pk=bundle_id)
    try:
        return bundle_open(version)
    except ArtifactMismatch as error:
        BundleVersion.objects.filter(pk=version.pk).update(gate=version.gate | {"refused": str(error)})
        logger.exception("Bundle %s of shop %s cannot serve", version.pk, version.shop_id)
        return None


@lru_cache(maxsize=16)
def _ruleset(ruleset_id: int, name: str) -> RulesetValue:
    return ruleset_read(Ruleset.objects.get(pk=ruleset_id))


@lru_cache(maxsize=8)
def _trend(trend_id: int, at: datetime) -> Trend:
    snapshot = TrendSnapshot.objects.get(pk=trend_id)
    ids = np.asarray(snapshot.item_ids, np.int64)
    counts = np.asarray(snapshot.counts, np.float32)
    order = np.lexsort((ids, -counts))
    rows = Item.objects.filter(pk__in=snapshot.item_ids).values_list("pk", "department_id", "provider")
    facts = {item: (department or 0, provider) for item, department, provider in rows}
    known = [facts.get(item, (0, "")) for item in ids[order].tolist()]
    department = np.array([one for one, _provider in known], np.int64)
    providers = [provider for _department, provider in known]
    segments = {name: np.asarray(items, np.int64) for name, items in snapshot.segments.items()}
    return Trend(
        ids[order],
        counts[order],
        department,
        big_providers(providers, counts[order]),
        segments,
        section_appeal(snapshot.sections),
        snapshot.foreign_texts,
    )


def big_providers(providers: Sequence[str], counts: Floats) -> tuple[str, ...]:
    """Providers of whom at least an equal share is wanted, in the order of their names; a blank one is nobody.

    >>> big_providers(["a", "b", "a", ""], np.array([5.0, 1.0, 2.0, 9.0], np.float32))
    ('a',)
    """
    wanted: dict[str, float] = {}
    for provider, count in zip(providers, counts.tolist(), strict=True):
        if provider:
            wanted[provider] = wanted.get(provider, 0.0) + count
    equal = sum(wanted.values()) / max(len(wanted), 1)
    return tuple(sorted(provider for provider, count in wanted.items() if count >= equal))
