"""A snapshot is known by its content, cannot be altered, and survives the disk."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from catalog.models import Relation
from recommender.data.snapshot_files import snapshot_open, snapshot_save
from recommender.data.types import DataError
from recommender.facts.snapshot import snapshot_take
from tests.recommender.facts.happened import NOW, act, page, shopper
from users.models import Shopper

pytestmark = pytest.mark.django_db


def test_fingerprint_is_of_the_content_and_survives_the_disk(shop, items, tmp_path):
    a = shopper(shop, "a")
    act(a, items[0])
    page(a, items)
    first = snapshot_take(shop, until=NOW)
    later = snapshot_take(shop, until=NOW + timedelta(seconds=1))
    assert first.fingerprint == later.fingerprint
    snapshot_save(first, tmp_path / "kept")
    opened = snapshot_open(tmp_path / "kept")
    assert opened.fingerprint == first.fingerprint
    assert opened.items.texts == first.items.texts
    act(a, items[1])
    assert snapshot_take(shop, until=NOW).fingerprint != first.fingerprint


def test_the_fingerprint_covers_shoppers_and_relations(shop, items, tmp_path):
    a = shopper(shop, "a", segment="new")
    act(a, items[0])
    before = snapshot_take(shop, until=NOW)
    Shopper.objects.filter(pk=a.pk).update(segment="loyal")
    renamed = snapshot_take(shop, until=NOW)
    Relation.objects.create(shop=shop, source=items[0], target=items[1], kind="goes-with", weight=1.0)
    related = snapshot_take(shop, until=NOW)
    assert len({one.fingerprint for one in (before, renamed, related)}) == 3
    snapshot_save(related, tmp_path / "kept")
    again = snapshot_open(tmp_path / "kept")
    assert again.shoppers.traits[0].words == ("loyal",)
    assert again.relations.source.tolist() == [0]
    assert again.triples.n_relations == related.triples.n_relations == 2


def test_altered_columns_are_refused(shop, items, tmp_path):
    act(shopper(shop, "a"), items[0])
    snapshot_save(snapshot_take(shop, until=NOW), tmp_path / "kept")
    np.save(tmp_path / "kept" / "interactions.kind.npy", np.array([9], np.int8))
    with pytest.raises(DataError, match="altered"):
        snapshot_open(tmp_path / "kept")


def test_columns_cannot_be_written(shop, items):
    act(shopper(shop, "a"), items[0])
    table = snapshot_take(shop, until=NOW).interactions
    with pytest.raises(ValueError, match="read-only"):
        table.kind[0] = 1
    assert replace(table).kind is table.kind
