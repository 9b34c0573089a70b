from django.apps import apps
from django.contrib import admin
from django.db.models import Model

OURS = ("catalog", "users", "recommender")
NOT_IN_ADMIN = {
    "users.EventReceipt": "composite primary key; a receipt is proof for a client's event and never looked at alone",
    "recommender.ItemVector": "composite primary key; vectors are looked at through their bundle",
    "users.BasketLine": "edited nowhere, shown inside its basket",
    "users.OrderLine": "shown inside its order",
}


def ours() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def test_every_model_is_in_the_admin_or_has_a_reason_not_to_be() -> None:
    missing = {model._meta.label for model in ours() if not admin.site.is_registered(model)}
    assert missing == set(NOT_IN_ADMIN)


def test_what_is_shown_inside_another_page_really_is() -> None:
    inlines = {inline.model._meta.label for one in admin.site._registry.values() for inline in one.inlines}
    assert {"users.BasketLine", "users.OrderLine"} <= inlines
