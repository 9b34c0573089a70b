"""Staff edit items by hand: what hangs on an item lands in its shop, and changed words are announced."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.items import Words, item_create
from catalog.models import Item, ItemText, Media, Outbox, Relation, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp() -> Item:
    shop = Shop.objects.create(code="tiny", name="Tiny")
    made = item_create(shop=shop, external_id="L1", texts={"en": Words("Lamp")}, published_at=timezone.now())
    Outbox.objects.all().delete()
    return made


def formset(prefix: str, *rows: dict[str, object], initial: int = 0) -> dict[str, object]:
    cells = {f"{prefix}-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial, **cells}


def item_form(item: Item, **parts: dict[str, object]) -> dict[str, object]:
    form = {
        "shop": item.shop_id,
        "external_id": item.external_id,
        "domain": item.domain,
        "status": item.status,
        "rating_count": 0,
        "attributes": "{}",
        "published_at_0": "2026-01-01",
        "published_at_1": "00:00:00",
    }
    for prefix in ("texts", "media", "relations"):
        form |= parts.get(prefix, formset(prefix))
    return form


def announced() -> list[list[int]]:
    return [message.payload["item_ids"] for message in Outbox.objects.filter(topic="item.changed").order_by("id")]


def test_a_time_zone_that_there_is_not_is_told(staff: Client, lamp: Item) -> None:
    form = {"code": "tiny", "name": "Tiny", "currency": "GBP", "time_zone": "Mars/Base", "language": "en"}
    page = reverse("admin:catalog_shop_change", args=[lamp.shop_id])
    assert "“Mars/Base” is no time zone" in staff.post(page, form).content.decode()
    assert staff.post(page, form | {"time_zone": "Asia/Shanghai"}).status_code == 302
    assert Shop.objects.get().time_zone == "Asia/Shanghai"


def test_texts_pictures_and_relations_are_added_on_the_items_page(staff: Client, lamp: Item) -> None:
    shade = item_create(shop=lamp.shop, external_id="S1", texts={"en": Words("Shade")})
    Outbox.objects.all().delete()
    here = {"item": lamp.pk}
    texts = [
        {"id": lamp.texts.get().pk, "language": "en", "title": "Brass lamp", **here},
        {"language": "zh-hans", "title": "台灯", **here},
    ]
    form = item_form(
        lamp,
        texts=formset("texts", *texts, initial=1),
        media=formset("media", {"position": 0, "path": "lamp.webp", "width": 4, "height": 5, **here}),
        relations=formset("relations", {"kind": "goes-with", "target": shade.pk, "weight": 1, "source": lamp.pk}),
    )
    answer = staff.post(reverse("admin:catalog_item_change", args=[lamp.pk]), form)
    assert answer.status_code == 302, answer.content.decode()
    assert set(lamp.texts.values_list("title", "shop")) == {("Brass lamp", lamp.shop_id), ("台灯", lamp.shop_id)}
    assert Media.objects.get().shop_id == Relation.objects.get().shop_id == lamp.shop_id
    assert announced() == [[lamp.pk]]


def test_a_text_changed_on_its_own_page_is_announced(staff: Client, lamp: Item) -> None:
    text = lamp.texts.get()
    address = reverse("admin:catalog_itemtext_change", args=[text.pk])
    form = {"item": lamp.pk, "language": "en", "description": ""}
    assert staff.post(address, form | {"title": "Lamp"}).status_code == 302
    assert announced() == []
    assert staff.post(address, form | {"title": "Floor lamp"}).status_code == 302
    assert announced() == [[lamp.pk]]


def test_a_new_text_lands_in_the_shop_of_its_item(staff: Client, lamp: Item) -> None:
    form = {"item": lamp.pk, "language": "de", "title": "Lampe"}
    assert staff.post(reverse("admin:catalog_itemtext_add"), form).status_code == 302
    assert ItemText.objects.get(language="de").shop_id == lamp.shop_id


def test_a_text_that_moves_changes_both_items(staff: Client, lamp: Item) -> None:
    other = item_create(shop=lamp.shop, external_id="L2", texts={"de": Words("Lampe")})
    Outbox.objects.all().delete()
    form = {"item": other.pk, "language": "en", "title": "Lamp"}
    staff.post(reverse("admin:catalog_itemtext_change", args=[lamp.texts.get().pk]), form)
    assert announced() == [sorted([lamp.pk, other.pk])]


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_text_is_announced(staff: Client, lamp: Item, way: str) -> None:
    text = lamp.texts.get()
    if way == "page":
        staff.post(reverse("admin:catalog_itemtext_delete", args=[text.pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": text.pk, "post": "yes"}
        staff.post(reverse("admin:catalog_itemtext_changelist"), chosen)
    assert not ItemText.objects.exists()
    assert announced() == [[lamp.pk]]
