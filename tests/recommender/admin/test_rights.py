"""Looking changes nothing, acting needs the right to, and a form from elsewhere is refused."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Outbox, Shop
from recommender.models import BundleVersion, JobRun, Knobs, Live, Ruleset
from recommender.store.rulesets import ruleset_publish
from users.models import Shopper, Suspicion, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(code="tiny", name="Tiny")


def client_of(*permissions: str, csrf: bool = False, name: str = "ada") -> Client:
    user = User.objects.create_user(name, f"{name}@example.com", "lovelace-1815", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    return client


def boss(*, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(User.objects.create_superuser("grace", "grace@example.com", "hopper-1906"))
    return client


def actions(shop: Shop) -> dict[str, str]:
    """Address of everything that changes what shoppers see or what is remembered of them."""
    bundle = BundleVersion.objects.create(shop=shop, status=BundleVersion.Status.READY)
    first = ruleset_publish(shop=shop)
    Knobs.objects.create(shop=shop, diversity=1.0)
    ruleset_publish(shop=shop)
    Knobs.objects.update(diversity=0.5)
    job = JobRun.objects.create(shop=shop, kind="precompute", status=JobRun.Status.FAILED)
    shopper = Shopper.objects.create(shop=shop, external_id="s1")
    return {
        "publish": reverse("admin:recommender_rule_publish"),
        "publish knobs": reverse("admin:recommender_knobs_publish"),
        "go back": reverse("admin:recommender_ruleset_make_live_again", args=[first.pk]),
        "train": reverse("admin:recommender_bundleversion_train_now"),
        "roll back": reverse("admin:recommender_bundleversion_roll_back"),
        "promote": reverse("admin:recommender_bundleversion_promote", args=[bundle.pk]),
        "again": reverse("admin:recommender_jobrun_again", args=[job.pk]),
        "cancel": reverse("admin:recommender_jobrun_cancel", args=[job.pk]),
        "forget": reverse("admin:shopper_erase", args=[shopper.pk]),
    }


def everything() -> str:
    rows = (Live, Ruleset, BundleVersion, JobRun, Outbox, Shopper)
    return repr([list(model.objects.order_by("pk").values()) for model in rows])


def test_looking_changes_nothing(shop: Shop) -> None:
    addresses, client = actions(shop), boss()
    before = everything()
    for name, address in addresses.items():
        assert client.get(address).status_code in (200, 302), name
    assert everything() == before


def test_a_form_from_elsewhere_is_refused(shop: Shop) -> None:
    addresses, client = actions(shop), boss(csrf=True)
    before = everything()
    for name, address in addresses.items():
        assert client.post(address).status_code == 403, name
    assert everything() == before


def test_staff_who_may_only_look_can_do_nothing(shop: Shop) -> None:
    addresses = actions(shop)
    views = ("view_rule", "view_knobs", "view_ruleset", "view_bundleversion", "view_jobrun", "view_shopper")
    client = client_of(*views)
    before = everything()
    for name, address in addresses.items():
        assert client.post(address).status_code == 403, name
        assert client.get(address).status_code == 403 or name in ("again", "cancel"), name
    assert everything() == before


def test_only_those_who_may_publish_try_drafts_out(shop: Shop) -> None:
    assert client_of("view_ruleset").post(reverse("admin:ruleset_try")).status_code == 403
    assert boss().post(reverse("admin:ruleset_try")).status_code == 200


def test_those_who_may_publish_see_the_button_and_others_do_not(shop: Shop) -> None:
    Knobs.objects.create(shop=shop, diversity=0.7)
    assert "Save and publish" in boss().get(reverse("admin:recommender_rule_add")).content.decode()
    page = client_of("view_rule", "add_rule").get(reverse("admin:recommender_rule_add")).content.decode()
    assert "Save and publish" not in page
    assert "not yet published" in page
    assert "Look and publish" not in page


def test_strangers_are_sent_to_sign_in(shop: Shop) -> None:
    for address in (*actions(shop).values(), reverse("admin:inspector"), reverse("admin:recommender_rule_preview")):
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/")


def test_the_inspector_is_for_those_who_may_see_impressions(shop: Shop) -> None:
    assert client_of("view_rule").get(reverse("admin:inspector")).status_code == 403
    assert boss().get(reverse("admin:inspector")).status_code == 200


def test_publishing_and_going_back_move_what_serves(shop: Shop) -> None:
    addresses, client = actions(shop), boss()
    client.post(addresses["publish"])
    live = Live.objects.get(shop=shop)
    assert live.ruleset is not None
    assert live.ruleset.content["knobs"]["diversity"] == 0.5
    assert live.ruleset.published_by == User.objects.get(username="grace")
    client.post(addresses["go back"])
    live.refresh_from_db()
    assert live.ruleset.content["knobs"]["diversity"] == 0.15


def test_train_now_queues_one_job_and_leads_to_it(shop: Shop) -> None:
    addresses, client = actions(shop), boss()
    first = client.post(addresses["train"])
    job = JobRun.objects.get(kind="train")
    assert first["Location"] == reverse("admin:recommender_jobrun_change", args=[job.pk])
    assert client.post(addresses["train"])["Location"] == first["Location"]
    assert Outbox.objects.filter(payload__job=str(job.pk)).count() == 1


def list_action(client: Client, model: str, name: str, pk: object) -> None:
    """Choose an action above a list for one row, and say yes where it asks."""
    client.post(reverse(f"admin:{model}_changelist"), {"action": name, "_selected_action": str(pk), "post": "yes"})


def test_clearing_a_suspicion_needs_the_right_to_change_it(shop: Shop) -> None:
    mark = Suspicion.objects.create(shop=shop, shopper=Shopper.objects.create(shop=shop), cause="flood")
    looker, clearer = client_of("view_suspicion"), client_of("view_suspicion", "change_suspicion", name="joan")
    list_action(looker, "users_suspicion", "clear", mark.pk)
    assert Suspicion.objects.get().cleared_at is None
    list_action(clearer, "users_suspicion", "clear", mark.pk)
    assert Suspicion.objects.get().cleared_at is not None


def test_sending_again_needs_the_right_to_change_messages_and_nobody_deletes_them(shop: Shop) -> None:
    message = Outbox.objects.create(shop=shop, topic="item.changed", parked_at=timezone.now())
    looker, sender = client_of("view_outbox"), client_of("view_outbox", "change_outbox", name="joan")
    list_action(looker, "catalog_outbox", "send_again", message.pk)
    assert Outbox.objects.get().parked_at is not None
    owner = boss()
    list_action(owner, "catalog_outbox", "delete_selected", message.pk)
    assert owner.post(reverse("admin:catalog_outbox_delete", args=[message.pk]), {"post": "yes"}).status_code == 403
    assert Outbox.objects.count() == 1
    list_action(sender, "catalog_outbox", "send_again", message.pk)
    assert Outbox.objects.get().parked_at is None
