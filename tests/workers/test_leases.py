"""Duplicate schedules are harmless."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.db import connections

from catalog.models import Outbox, Shop
from recommender.models import BundleVersion, JobRun, Live
from users.models import Interaction, Shopper
from workers import leases, queues, upkeep
from workers.schedule import SCHEDULE

NIGHT = timedelta(days=1)
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)


def test_a_slot_has_one_id_and_the_next_another():
    later = NOW + timedelta(hours=5)
    assert leases.slot_id("train 1", NOW, NIGHT) == leases.slot_id("train 1", later, NIGHT)
    assert leases.slot_id("train 1", NOW, NIGHT) != leases.slot_id("train 1", NOW + NIGHT, NIGHT)
    assert leases.slot_id("train 1", NOW, NIGHT) != leases.slot_id("train 2", NOW, NIGHT)


@pytest.mark.django_db
def test_a_lease_is_held_by_one_process():
    other = connections.create_connection("default")
    try:
        with leases.lease("trends") as mine:
            assert mine
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, hashtext('trends')), pg_try_advisory_lock(%s, hashtext('prune'))",
                    [leases._LOCK_CLASS, leases._LOCK_CLASS],
                )
                assert cursor.fetchone() == (False, True)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext('trends'))", [leases._LOCK_CLASS])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()


@pytest.mark.django_db
def test_two_nights_schedules_ask_once_and_only_where_something_happened():
    shop, quiet = Shop.objects.create(code="a", name="A"), Shop.objects.create(code="b", name="B")
    for one in (shop, quiet):
        version = BundleVersion.objects.create(shop=one)
        Live.objects.create(shop=one, bundle=version)
    BundleVersion.objects.update(created_at=NOW - NIGHT)
    shopper = Shopper.objects.create(shop=shop)
    Interaction.objects.create(shop=shop, shopper=shopper, kind=1, occurred_at=NOW, received_at=NOW)
    for _ in range(2):
        upkeep.training_ask(NOW)
        upkeep.precompute_ask(NOW)
    assert sorted(JobRun.objects.values_list("kind", "shop__code")) == [
        ("precompute", "a"),
        ("precompute", "b"),
        ("train", "a"),
    ]
    assert Outbox.objects.count() == 3
    serving = Live.objects.get(shop=shop).bundle_id
    assert JobRun.objects.get(kind="train").params == ({} if NOW.weekday() == 6 else {"update": serving})


@pytest.mark.django_db
def test_the_night_to_sunday_learns_from_scratch():
    shop = Shop.objects.create(code="a", name="A")
    Live.objects.create(shop=shop, bundle=BundleVersion.objects.create(shop=shop))
    sunday = NOW + timedelta(days=6 - NOW.weekday())
    BundleVersion.objects.update(created_at=NOW - NIGHT)
    shopper = Shopper.objects.create(shop=shop)
    Interaction.objects.create(shop=shop, shopper=shopper, kind=1, occurred_at=NOW, received_at=NOW)
    for day in range(-1, 2):
        upkeep.training_ask(sunday + day * NIGHT)
    asked = JobRun.objects.filter(kind="train").values_list("params", flat=True)
    assert sorted("update" in params for params in asked) == [False, True, True]


@pytest.mark.django_db
def test_partitions_reach_two_months_ahead_and_are_made_once():
    upkeep.partitions_ensure(NOW)
    assert upkeep.partitions_ensure(NOW) == []
    made = upkeep.partitions_ensure(NOW + timedelta(days=31))
    assert sorted(made) == ["recommender_impression_2026_09", "users_interaction_2026_09"]


def test_every_scheduled_task_exists():
    import workers.tasks  # noqa: F401

    assert {entry["task"] for entry in SCHEDULE.values()} <= set(current_app.tasks)


def test_what_learns_goes_to_the_queue_that_has_torch(monkeypatch):
    sent = []
    monkeypatch.setattr(queues.current_app, "send_task", lambda name, **options: sent.append((name, options["queue"])))
    queues.job_send("x", "train")
    queues.job_send("x", "precompute")
    assert sent == [("workers.tasks_train.job", "train"), ("workers.tasks.job", "default")]
