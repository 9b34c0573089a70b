import pytest
from django.utils import translation

from catalog.items import Words, item_create
from catalog.models import Shop
from catalog.titles import titles_read

pytestmark = pytest.mark.django_db


def test_a_title_is_in_the_readers_language_or_else_in_english_or_else_in_the_first_there_is() -> None:
    shop = Shop.objects.create(code="s", name="S")
    words = {"lamp": ("en", "de", "zh-hans"), "chair": ("de", "en"), "table": ("fr", "de"), "bare": ()}
    items = {
        name: item_create(shop=shop, external_id=name, texts={code: Words(f"{name} {code}") for code in codes}).pk
        for name, codes in words.items()
    }
    asked = [*items.values(), 999_999]
    assert titles_read(asked, "zh-hans") == {
        items["lamp"]: "lamp zh-hans",
        items["chair"]: "chair en",
        items["table"]: "table de",
    }
    with translation.override("de"):
        assert titles_read(asked)[items["lamp"]] == "lamp de"
