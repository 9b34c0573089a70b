from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog.content import content_hash, content_text
from catalog.items import Words, item_create, item_delete, item_hide, item_show, item_update, items_changed
from catalog.models import Brand, Category, Item, Outbox, Shop, Tag
from catalog.variants import variants_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="test", name="Test")


def lamp(shop: Shop, external_id: str = "L1", **fields) -> Item:
    return item_create(
        shop=shop, external_id=external_id, texts={"en": Words("Desk lamp", "Brass, dimmable.")}, **fields
    )


def announced() -> list[list[int]]:
    return [message.payload["item_ids"] for message in Outbox.objects.filter(topic="item.changed").order_by("id")]


def test_a_new_item_is_announced_in_the_same_transaction(shop):
    item = lamp(shop)
    assert item.content_hash == content_hash("Desk lamp. Brass, dimmable")
    assert announced() == [[item.pk]]


def test_only_changed_words_are_announced_again(shop):
    item = lamp(shop)
    item_update(item=item, price_minor=1200, stock=3)
    assert announced() == [[item.pk]]
    before = item.content_hash
    item_update(item=item, texts={"en": Words("Floor lamp")})
    assert announced() == [[item.pk], [item.pk]]
    assert item.content_hash != before


def test_a_text_in_another_language_leaves_the_english_vector_alone(shop):
    item = lamp(shop)
    item_update(item=item, texts={"zh-hans": Words("台灯")})
    assert announced() == [[item.pk]]
    assert item.texts.count() == 2


def test_brand_category_and_tags_are_words_too(shop):
    item = lamp(shop)
    brand = Brand.objects.create(shop=shop, name="Lumen")
    category = Category.objects.create(shop=shop, slug="lamps", name="Lamps")
    tags = [Tag.objects.create(shop=shop, name=name) for name in ("warm", "brass")]
    item_update(item=item, brand=brand, category=category, tags=tags)
    assert item.content_hash == content_hash("Desk lamp. Lamps. Lumen. brass, warm. Brass, dimmable")
    assert len(announced()) == 2


def test_a_refused_item_leaves_nothing(shop):
    lamp(shop)
    with pytest.raises(ValidationError):
        lamp(shop)
    with pytest.raises(ValidationError):
        item_create(shop=shop, external_id="L2", texts={"en": Words("x" * 501)})
    assert Item.objects.of(shop).count() == 1
    assert len(announced()) == 1


def test_an_unknown_field_is_named(shop):
    with pytest.raises(ValueError, match="colour"):
        item_update(item=lamp(shop), colour="red")


def test_many_items_are_announced_in_few_messages(shop):
    now = timezone.now()
    Item.objects.bulk_create(Item(shop=shop, external_id=str(n), published_at=now) for n in range(450))
    ids = sorted(Item.objects.of(shop).values_list("pk", flat=True))
    assert items_changed(shop=shop, item_ids=ids) == ids
    assert [len(part) for part in announced()] == [200, 200, 50]
    assert items_changed(shop=shop, item_ids=ids) == []


def test_hidden_deleted_unpublished_and_adult_items_are_not_visible(shop):
    item = lamp(shop)
    lamp(shop, "later", published_at=timezone.now() + timedelta(days=1))
    lamp(shop, "grown-up", adult=True)
    now = timezone.now()
    assert {i.external_id for i in Item.objects.of(shop).visible(now)} == {"L1", "grown-up"}
    assert [i.external_id for i in Item.objects.of(shop).visible(now).for_everybody()] == ["L1"]
    for take_away in (item_hide, item_delete):
        take_away(item=item)
        assert not Item.objects.of(shop).visible(now).for_everybody().exists()
        item_show(item=item)
        assert Item.objects.of(shop).visible(now).for_everybody().exists()


def test_stock_and_offers(shop):
    for external_id, stock, price, before in (("a", None, 100, 150), ("b", 0, 100, None), ("c", 2, 100, 100)):
        lamp(shop, external_id, stock=stock, price_minor=price, list_price_minor=before)
    assert {i.external_id for i in Item.objects.of(shop).in_stock()} == {"a", "c"}
    assert {i.external_id for i in Item.objects.of(shop).on_offer()} == {"a"}


def test_items_of_another_shop_stay_there(shop):
    other = Shop.objects.create(code="other", name="Other")
    item = lamp(other)
    assert not Item.objects.of(shop).exists()
    assert items_changed(shop=shop, item_ids=[item.pk]) == []


def test_variants_share_a_group_or_brand_and_title(shop):
    brand = Brand.objects.create(shop=shop, name="Lumen")
    red, blue = lamp(shop, "red", group="g1"), lamp(shop, "blue", group="g1")
    first, second = lamp(shop, "first", brand=brand), lamp(shop, "second", brand=brand)
    alone = lamp(shop, "alone")
    assert variants_of(shop.pk, [red.pk, first.pk, alone.pk]) == {
        red.pk: {blue.pk},
        first.pk: {second.pk},
        alone.pk: frozenset(),
    }


def test_content_text_is_bounded_and_skips_what_is_missing():
    assert content_text(title="Lamp", brand="Lumen") == "Lamp. Lumen"
    assert len(content_text(title="Lamp", description="x" * 10_000)) == 2_000
