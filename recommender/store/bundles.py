"""The life of a trained bundle in the database: vectors indexed, made live, taken back, put away."""

import shutil
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Shop
from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import BundleVersion, ItemVector, Live, LiveChange
from recommender.serving.bundle import Bundle, bundle_load
from recommender.store.learned_segments import learned_segments_keep
from recommender.store.vector_tables import (
    vector_table_attached,
    vector_table_drop,
    vector_table_fill,
    vector_table_index,
)
from users.models import User

KEEP = 3  # bundles kept beside the live one and its predecessor
KEEP_FOR = timedelta(days=1)
RESUMABLE = timedelta(days=14)
"""A training that broke off is taken up again by then, or starts over."""
Status = BundleVersion.Status


def bundle_path(version: BundleVersion) -> Path:
    """Folder of a bundle's files."""
    return Path(settings.DPE_BUNDLES) / version.path


def _verified(path: Path, fingerprint: str) -> Bundle:
    bundle = bundle_load(path)
    if bundle.fingerprint != fingerprint:
        raise ArtifactMismatch(
            _("%(bundle)s is another bundle than the database says; promote again or roll back") % {"bundle": path.name}
        )
    return bundle


_opened = lru_cache(maxsize=3)(_verified)


def bundle_open(version: BundleVersion) -> Bundle:
    """The bundle of a row: verified once per process, then kept open.

    Raises:
        ArtifactMismatch: files are torn, altered, missing or of another bundle.
    """
    return _opened(bundle_path(version), version.fingerprint)


def bundle_index(version: BundleVersion) -> int:
    """Put a bundle's item vectors into Postgres and index them; starting over after a kill is harmless.

    The index is built CONCURRENTLY, so this must not run inside a transaction.

    Returns:
        How many vectors were indexed.

    Raises:
        ArtifactMismatch: the table does not hold as many vectors as the bundle.
    """
    arrays = bundle_open(version).arrays
    if not vector_table_attached(version.pk):
        vectors, bias = arrays.item_vectors, arrays.item_bias
        vector_table_fill(bundle_id=version.pk, item_ids=arrays.item_ids, vectors=vectors, bias=bias)
        vector_table_index(bundle_id=version.pk, n=len(bias))
    return bundle_count_check(version)


def bundle_count_check(version: BundleVersion) -> int:
    """How many vectors of the bundle itself Postgres holds.

    Raises:
        ArtifactMismatch: not as many as the bundle has items.
    """
    stored = ItemVector.objects.filter(bundle=version, after_training=False).count()
    if stored != version.n_items:
        raise ArtifactMismatch(
            _("%(bundle)s has %(items)d items and %(vectors)d indexed vectors; index it again")
            % {"bundle": version, "items": version.n_items, "vectors": stored}
        )
    return stored


@transaction.atomic
def bundle_promote(
    version: BundleVersion,
    *,
    by: User | None = None,
    way: LiveChange.Way = LiveChange.Way.PROMOTED,
    now: datetime | None = None,
) -> Live:
    """Let a bundle serve its shop from the next request on, and write down that it does.

    Its files are verified anew, whatever this process read of them earlier: others will open them for the first time.

    Args:
        version: a bundle that was indexed.
        by: who wants it; None for a command or a training that passed the gate.
        way: how it came to serve.
        now: the moment to write down.

    Raises:
        DataError: the bundle is not one that may serve.
        ArtifactMismatch: its files or its indexed vectors are not what they should be.
    """
    live, _made = Live.objects.select_for_update().get_or_create(shop=version.shop)
    version.refresh_from_db()
    if live.bundle_id == version.pk:
        return live
    if version.status not in (Status.READY, Status.REFUSED, Status.RETIRED):
        raise DataError(
            _("%(bundle)s is %(status)s and cannot serve; choose a ready one")
            % {"bundle": version, "status": version.get_status_display()}
        )
    try:
        bundle = _verified(bundle_path(version), version.fingerprint)
    except ArtifactMismatch as error:
        told = {"bundle": version, "cause": error}
        raise ArtifactMismatch(
            _("the files of %(bundle)s are damaged, so it cannot serve: %(cause)s") % told
        ) from error
    if not vector_table_attached(version.pk):
        raise DataError(_("the vectors of %(bundle)s were put away; train again") % {"bundle": version})
    bundle_count_check(version)
    now = now or timezone.now()
    BundleVersion.objects.of(version.shop).filter(status=Status.LIVE).update(status=Status.RETIRED, retired_at=now)
    BundleVersion.objects.filter(pk=version.pk).update(status=Status.LIVE, promoted_at=now, retired_at=None)
    live.previous_bundle_id, live.bundle = live.bundle_id, version
    live.save(update_fields=["bundle", "previous_bundle", "changed_at"])
    LiveChange.objects.create(
        shop=version.shop, bundle=version, before_id=live.previous_bundle_id, way=way, by=by, at=now
    )
    learned_segments_keep(version.shop, bundle.segments)
    version.refresh_from_db()
    return live


def bundle_rollback(shop: Shop, *, by: User | None = None) -> Live:
    """Let the bundle that served before serve again.

    Raises:
        DataError: there is none.
    """
    live = Live.objects.select_related("previous_bundle").filter(shop=shop).first()
    if live is None or live.previous_bundle is None:
        raise DataError(_("%(shop)s has no earlier bundle to go back to") % {"shop": shop})
    return bundle_promote(live.previous_bundle, by=by, way=LiveChange.Way.ROLLED_BACK)


def bundles_retire(shop: Shop, *, now: datetime | None = None) -> list[int]:
    """Put away bundles that neither serve nor served last, a day after they stopped; the newest ones stay.

    Those that are still being made are given up with the training that makes them.

    Returns:
        Ids of the bundles whose vectors and files are gone.
    """
    now = now or timezone.now()
    live = Live.objects.filter(shop=shop).first()
    needed = [pk for pk in (live.bundle_id, live.previous_bundle_id) if pk] if live else []
    idle = BundleVersion.objects.of(shop).exclude(pk__in=needed).exclude(path="")
    given_up = Q(status=Status.BUILDING, created_at__lt=now - RESUMABLE)
    kept = list(idle.exclude(given_up).order_by("-pk").values_list("pk", flat=True)[:KEEP])
    over = idle.exclude(pk__in=kept).filter(~Q(status=Status.BUILDING) | given_up)
    gone = []
    for version in over.filter(created_at__lt=now - KEEP_FOR):
        if version.retired_at is None or version.retired_at < now - KEEP_FOR:
            _put_away(version)
            gone.append(version.pk)
    return gone


def _put_away(version: BundleVersion) -> None:
    vector_table_drop(version.pk)
    shutil.rmtree(bundle_path(version), ignore_errors=True)
    BundleVersion.objects.filter(pk=version.pk).update(status=Status.RETIRED, path="")
