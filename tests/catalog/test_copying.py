"""COPY through a staging table: new rows go in, rows that are there stay or are replaced, odd characters survive."""

import pytest
from django.db import connection, transaction

from catalog.copying import copy_new_columns, copy_new_rows, copy_over_rows, copy_text, unsynced_commit
from catalog.models import Shop, Tag

ODD = "tab\there, line\nend, return\r, back\\slash, \\N, ’é中"
TABLE = Tag._meta.db_table


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(code="copying", name="Copying")


def names(shop: Shop) -> dict[str, dict[str, str]]:
    return dict(Tag.objects.of(shop).values_list("name", "names"))


def test_new_rows_go_in_once_whatever_they_hold(shop: Shop) -> None:
    rows = [(shop.pk, ODD, '{"zh": "\\""}'), (shop.pk, "plain", "{}")]
    assert copy_new_rows(TABLE, ["shop_id", "name", "names"], rows) == 2
    assert copy_new_rows(TABLE, ["shop_id", "name", "names"], [*rows, (shop.pk, "third", "{}")]) == 1
    assert names(shop) == {ODD: {"zh": '"'}, "plain": {}, "third": {}}


def test_columns_do_the_same_and_shared_values_are_sent_once(shop: Shop) -> None:
    columns = {"name": [copy_text(ODD), "plain"]}
    assert copy_new_columns(TABLE, columns, {"shop_id": shop.pk, "names": "{}"}) == 2
    assert copy_new_columns(TABLE, columns, {"shop_id": shop.pk, "names": "{}"}) == 0
    assert names(shop) == {ODD: {}, "plain": {}}


def test_columns_of_different_lengths_are_refused(shop: Shop) -> None:
    with pytest.raises(ValueError, match="shorter"):
        copy_new_columns(TABLE, {"name": ["a", "b"], "names": ["{}"]}, {"shop_id": shop.pk})


def test_no_rows_are_no_rows(shop: Shop) -> None:
    assert copy_new_rows(TABLE, ["shop_id", "name", "names"], []) == 0


def test_rows_that_are_there_are_replaced_by_key(shop: Shop) -> None:
    tag = Tag.objects.create(shop=shop, name="old", names={"zh": "旧"})
    columns = ["id", "shop_id", "name", "names"]
    copy_over_rows(TABLE, columns, [(tag.pk, shop.pk, "new", "{}"), (tag.pk + 1, shop.pk, "more", "{}")], key="id")
    assert names(shop) == {"new": {}, "more": {}}


@pytest.mark.django_db(transaction=True)
def test_only_its_own_transaction_does_not_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        (usual,) = cursor.fetchone()
        with transaction.atomic():
            unsynced_commit()
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("off",)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == (usual,)
