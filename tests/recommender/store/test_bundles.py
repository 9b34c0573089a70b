"""A bundle's life in the database: indexed, counted, made live, taken back, put away."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from recommender.data.types import ArtifactMismatch, DataError
from recommender.models import BundleVersion, ItemVector, Live, LiveChange
from recommender.retrieval.search_space import question
from recommender.store import bundles
from recommender.store.vectors import item_vectors_read
from tests.fixtures.tiny_bundle import tiny_bundle
from tests.fixtures.tiny_shop import tiny_shop
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
Status = BundleVersion.Status


@pytest.fixture
def tiny():
    return tiny_shop(n=24, departments=3)


@pytest.fixture
def make(tiny, settings, tmp_path):
    settings.DPE_BUNDLES = tmp_path

    def made(seed=0, status=Status.READY, age=timedelta(0)):
        version = BundleVersion.objects.create(shop=tiny.shop, status=status, n_items=len(tiny.items))
        version.path = f"b{version.pk}"
        departments = np.array([item.department_id for item in tiny.items])
        bundle = tiny_bundle(tmp_path / version.path, item_ids=tiny.ids, departments=departments, seed=seed)
        version.fingerprint = bundle.fingerprint
        version.save()
        BundleVersion.objects.filter(pk=version.pk).update(created_at=timezone.now() - age)
        version.refresh_from_db()
        return version

    yield made
    with connection.cursor() as cursor:
        for name in tables():
            cursor.execute(f"DROP TABLE {name}")


def tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^recommender_itemvector_[0-9]+$' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_vectors_are_copied_exactly_and_found_by_their_index(make, tiny):
    version = make()
    assert bundles.bundle_index(version) == 24
    stored = item_vectors_read(bundle_id=version.pk, item_ids=tiny.ids)
    vectors = bundles.bundle_open(version).arrays.item_vectors
    np.testing.assert_array_equal(stored, vectors)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [f"recommender_itemvector_{version.pk}"])
        definitions = " ".join(row[0] for row in cursor.fetchall())
        assert "hnsw" in definitions
        assert "halfvec_l2_ops" in definitions
        cursor.execute("SET enable_seqscan = off")
        query = "[" + ",".join(map(str, question(vectors[3]).tolist())) + "]"
        cursor.execute(
            "SELECT item_id FROM recommender_itemvector WHERE bundle_id = %s ORDER BY place <-> %s::halfvec LIMIT 3",
            [version.pk, query],
        )
        nearest = [row[0] for row in cursor.fetchall()]
        cursor.execute("RESET enable_seqscan")
    bias = bundles.bundle_open(version).arrays.item_bias
    assert nearest == tiny.ids[np.argsort(-(vectors @ vectors[3] + bias))[:3]].tolist()


def test_indexing_twice_changes_nothing(make):
    version = make()
    bundles.bundle_index(version)
    assert bundles.bundle_index(version) == 24
    assert tables() == [f"recommender_itemvector_{version.pk}"]


def test_an_index_that_was_cut_short_is_made_anew(make):
    version = make()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE recommender_itemvector_{version.pk} (half bigint)")
    assert bundles.bundle_index(version) == 24


def test_promotion_moves_the_pointer_and_rollback_moves_it_back(make, tiny):
    first, second = make(), make(seed=1)
    for version in (first, second):
        bundles.bundle_index(version)
    bundles.bundle_promote(first)
    bundles.bundle_promote(second)
    live = Live.objects.get(shop=tiny.shop)
    assert (live.bundle, live.previous_bundle) == (second, first)
    first.refresh_from_db()
    assert first.status == Status.RETIRED
    assert bundles.bundle_rollback(tiny.shop).bundle == first
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (Status.LIVE, Status.RETIRED)
    assert BundleVersion.objects.filter(status=Status.LIVE).count() == 1


def test_every_step_is_written_down_and_standing_still_is_none(make, tiny):
    first, second = make(), make(seed=1)
    ada = User.objects.create_user("ada")
    for version in (first, second):
        bundles.bundle_index(version)
        bundles.bundle_promote(version, way=LiveChange.Way.GATE)
    bundles.bundle_rollback(tiny.shop, by=ada)
    bundles.bundle_promote(first, by=ada)
    steps = LiveChange.objects.of(tiny.shop).values_list("bundle", "before", "way", "by")
    assert list(steps) == [
        (first.pk, second.pk, "rolled_back", ada.pk),
        (second.pk, first.pk, "gate", None),
        (first.pk, None, "gate", None),
    ]


def test_without_an_earlier_bundle_there_is_no_way_back(make, tiny):
    version = make()
    bundles.bundle_index(version)
    bundles.bundle_promote(version)
    with pytest.raises(DataError, match="no earlier bundle"):
        bundles.bundle_rollback(tiny.shop)


def test_what_is_still_being_built_or_not_indexed_cannot_serve(make, tiny):
    with pytest.raises(DataError, match="cannot serve"):
        bundles.bundle_promote(make(status=Status.BUILDING))
    with pytest.raises(DataError, match="train again"):
        bundles.bundle_promote(make())
    assert Live.objects.get_or_create(shop=tiny.shop)[0].bundle is None


def test_a_missing_vector_stops_the_promotion(make, tiny):
    version = make()
    bundles.bundle_index(version)
    ItemVector.objects.filter(bundle=version, item=tiny.items[0]).delete()
    with pytest.raises(ArtifactMismatch, match="23 indexed"):
        bundles.bundle_promote(version)


def test_a_file_altered_after_this_process_opened_it_stops_the_promotion(make, tiny, tmp_path):
    version = make()
    bundles.bundle_index(version)
    path = tmp_path / version.path / "item_bias.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactMismatch, match=r"are damaged, so it cannot serve: item_bias\.npy"):
        bundles.bundle_promote(version)
    assert not LiveChange.objects.of(tiny.shop).exists()


def test_old_bundles_are_put_away_and_needed_ones_stay(make, tiny, tmp_path):
    old = timedelta(days=3)
    versions = [make(seed=k, age=old) for k in range(6)]
    for version in versions:
        bundles.bundle_index(version)
    bundles.bundle_promote(versions[0])
    bundles.bundle_promote(versions[1])
    gone = bundles.bundles_retire(tiny.shop)
    assert gone == [versions[2].pk]
    assert f"recommender_itemvector_{versions[2].pk}" not in tables()
    assert not (tmp_path / f"b{versions[2].pk}").exists()
    assert len(tables()) == 5
    assert bundles.bundles_retire(tiny.shop) == []


def test_a_bundle_that_served_today_is_not_put_away(make, tiny):
    versions = [make(seed=k, age=timedelta(days=3)) for k in range(6)]
    BundleVersion.objects.filter(pk=versions[0].pk).update(status=Status.RETIRED, retired_at=timezone.now())
    assert versions[0].pk not in bundles.bundles_retire(tiny.shop)


def test_a_bundle_whose_training_broke_off_is_put_away_once_nobody_takes_it_up(make, tiny, tmp_path):
    broken_off, resumable = make(seed=1, age=timedelta(days=15)), make(seed=2, age=timedelta(days=13))
    BundleVersion.objects.update(status=Status.BUILDING)
    assert bundles.bundles_retire(tiny.shop) == [broken_off.pk]
    assert not (tmp_path / f"b{broken_off.pk}").exists()
    broken_off.refresh_from_db()
    resumable.refresh_from_db()
    assert (broken_off.status, resumable.status) == (Status.RETIRED, Status.BUILDING)
