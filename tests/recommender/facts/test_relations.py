"""What a catalogue says of its items reaches training as numbers."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from catalog.models import Brand, Item, Relation, Shop, Tag
from recommender.facts.relations import relations_read
from recommender.facts.snapshot import snapshot_take

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def items(shop):
    brand = Brand.objects.create(shop=shop, name="Aster")
    made = [Item(shop=shop, external_id=f"i{n}", published_at=NOW - timedelta(days=9)) for n in range(3)]
    made[0].brand = made[2].brand = brand
    return Item.objects.bulk_create(made)


def relate(shop, source, target, kind, weight=1.0):
    return Relation.objects.create(shop=shop, source=source, target=target, kind=kind, weight=weight)


def test_edges_and_tags_are_places_in_the_vocabulary(shop, items):
    relate(shop, items[0], items[2], "goes-with", 0.5)
    relate(shop, items[1], items[2], "sequel")
    tag = Tag.objects.create(shop=shop, name="oak")
    items[1].tags.add(tag)
    table = relations_read(shop.pk, np.array([item.pk for item in items]))
    assert list(zip(table.source.tolist(), table.target.tolist(), table.weight.tolist(), strict=True)) == [
        (0, 2, 0.5),
        (1, 2, 1.0),
    ]
    assert len(np.unique(table.kind)) == 2
    assert (table.tagged.tolist(), table.tag.tolist()) == ([1], [tag.pk])


def test_other_shops_unknown_items_and_edges_without_weight_stay_out(shop, items):
    other = Shop.objects.create(code="two", name="Two")
    elsewhere = [Item.objects.create(shop=other, external_id=f"x{n}", published_at=NOW) for n in range(2)]
    relate(other, *elsewhere, "goes-with")
    relate(shop, items[0], items[1], "goes-with", 0.0)
    relate(shop, items[0], items[2], "goes-with")
    table = relations_read(shop.pk, np.array([items[0].pk, items[1].pk]))
    assert not len(table.source)
    assert not len(relations_read(shop.pk, np.zeros(0, np.int64)).source)


def test_a_catalogue_as_triples(shop, items):
    relate(shop, items[0], items[1], "goes-with")
    triples = snapshot_take(shop, until=NOW).triples
    assert triples.n_items == 3
    assert triples.n_entities == 4  # and one brand
    assert list(zip(triples.head.tolist(), triples.tail.tolist(), strict=True)) == [(0, 3), (2, 3), (0, 1), (1, 0)]
