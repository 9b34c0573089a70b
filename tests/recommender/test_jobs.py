"""Jobs: asked in a transaction, claimed once, taken up after a kill, parked at three."""

from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from catalog.ids import uuid7
from catalog.models import Outbox, Shop
from recommender import jobs
from recommender.data.types import DataError
from recommender.jobs import progress, running
from recommender.models import JobRun

pytestmark = pytest.mark.django_db
Status = JobRun.Status


@pytest.fixture
def shop():
    return Shop.objects.create(code="one", name="One")


def run(job, work):
    return jobs.job_run(job.pk, {job.kind: work})


def steps(*names):
    def work(job, progress):
        progress.plan(dict.fromkeys(names, 1.0))
        for name in names:
            progress.step(name)
        return {"done": len(names)}

    return work


def test_asking_leaves_a_message_in_the_same_transaction(shop):
    job = jobs.job_ask(shop=shop, kind="train", params={"promote": False})
    message = Outbox.objects.get(topic=jobs.TOPIC)
    assert message.payload == {"job": str(job.pk), "kind": "train"}
    with transaction.atomic():
        jobs.job_ask(shop=shop, kind="train")
        transaction.set_rollback(True)
    assert JobRun.objects.count() == Outbox.objects.count() == 1


def test_a_given_id_asks_once(shop):
    name = uuid7()
    assert jobs.job_ask(shop=shop, kind="precompute", job_id=name) == jobs.job_ask(
        shop=shop, kind="precompute", job_id=name
    )
    assert Outbox.objects.count() == 1


def test_a_run_ends_with_result_log_and_full_bar(shop):
    done = run(jobs.job_ask(shop=shop, kind="precompute"), steps("first", "second"))
    assert done.status == Status.SUCCEEDED
    assert done.result == {"done": 2}
    assert done.done == done.total == 2.0
    assert "first" in done.log
    assert "second" in done.log
    assert done.finished_at is not None


def test_a_finished_job_is_not_run_again(shop):
    job = jobs.job_ask(shop=shop, kind="precompute")
    run(job, steps("only"))

    def never(job, progress):
        raise AssertionError

    assert run(job, never).status == Status.SUCCEEDED


def test_bad_data_fails_at_once_and_says_why(shop):
    def work(job, progress):
        raise DataError("no shopper did two things; import more")

    failed = run(jobs.job_ask(shop=shop, kind="precompute"), work)
    assert failed.status == Status.FAILED
    assert failed.error == "no shopper did two things; import more"
    assert failed.attempts == 1


def test_other_errors_are_tried_three_times_then_parked_and_can_be_replayed(shop):
    def work(job, progress):
        raise OSError("disk full")

    job = jobs.job_ask(shop=shop, kind="precompute")
    states = [run(job, work).status for _ in range(4)]
    assert states == [Status.QUEUED, Status.QUEUED, Status.PARKED, Status.PARKED]
    job.refresh_from_db()
    assert job.attempts == 3
    assert "disk full" in job.error
    assert "Traceback" in job.log
    assert Outbox.objects.filter(topic=jobs.TOPIC).count() == 3
    jobs.job_replay(job)
    assert run(job, steps("now")).status == Status.SUCCEEDED


def test_a_waiting_job_is_cancelled_at_once(shop):
    job = jobs.job_ask(shop=shop, kind="precompute")
    jobs.job_cancel(job)
    assert run(job, steps("never")).status == Status.CANCELLED


def test_a_running_job_stops_at_its_next_report(shop):
    reached = []

    def work(job, progress):
        progress.plan({"one": 1.0, "two": 1.0})
        progress.step("one")
        jobs.job_cancel(job)
        progress.step("two")
        reached.append("two")
        return {}

    cancelled = run(jobs.job_ask(shop=shop, kind="precompute"), work)
    assert cancelled.status == Status.CANCELLED
    assert not reached


def test_a_job_taken_over_by_another_process_writes_nothing_more(shop):
    def work(job, progress):
        progress.plan({"one": 1.0, "two": 1.0})
        progress.step("one")
        JobRun.objects.filter(pk=job.pk).update(attempts=2, step="theirs")
        progress.step("two")
        return {}

    job = run(jobs.job_ask(shop=shop, kind="precompute"), work)
    assert (job.status, job.step, job.attempts) == (Status.RUNNING, "theirs", 2)


def claimed(shop, *, silent_for, attempts, kind="precompute"):
    return JobRun.objects.create(
        shop=shop, kind=kind, status=Status.RUNNING, attempts=attempts, heartbeat_at=timezone.now() - silent_for
    )


def test_recovery_takes_up_silent_jobs_and_leaves_living_ones(shop):
    dead = claimed(shop, silent_for=timedelta(minutes=1), attempts=1)
    living = claimed(shop, silent_for=timedelta(seconds=1), attempts=1)
    assert jobs.jobs_recover() == 1
    dead.refresh_from_db()
    living.refresh_from_db()
    assert (dead.status, living.status) == (Status.QUEUED, Status.RUNNING)
    assert Outbox.objects.get(topic=jobs.TOPIC).payload["job"] == str(dead.pk)
    assert run(dead, steps("again")).attempts == 2


def test_a_job_that_died_three_times_is_parked(shop):
    job = claimed(shop, silent_for=timedelta(minutes=1), attempts=3)
    assert jobs.jobs_recover() == 0
    job.refresh_from_db()
    assert job.status == Status.PARKED
    assert "without a word" in job.error


def test_a_forgotten_job_is_asked_for_again_once(shop):
    job = jobs.job_ask(shop=shop, kind="train")
    Outbox.objects.all().delete()
    later = timezone.now() + timedelta(minutes=3)
    assert jobs.jobs_recover(later) == 1
    Outbox.objects.update(created_at=later)
    assert jobs.jobs_recover(later) == 0
    assert Outbox.objects.get().payload["job"] == str(job.pk)


def test_a_training_that_waits_for_another_is_not_asked_for_again(shop):
    claimed(shop, silent_for=timedelta(0), attempts=1, kind="train")
    jobs.job_ask(shop=shop, kind="train")
    Outbox.objects.all().delete()
    later = timezone.now() + timedelta(minutes=3)
    JobRun.objects.filter(status=Status.RUNNING).update(heartbeat_at=later)
    assert jobs.jobs_recover(later) == 0


def test_one_training_at_a_time(shop):
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, hashtext('train'))", [running._LOCK_CLASS])
        waiting = run(jobs.job_ask(shop=shop, kind="train"), steps("learn"))
        assert (waiting.status, waiting.attempts) == (Status.QUEUED, 0)
    finally:
        other.close()
    assert run(waiting, steps("learn")).status == Status.SUCCEEDED


def test_progress_estimates_the_time_left(shop, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    seen = []

    def work(job, progress):
        progress.plan({"short": 1.0, "long": 3.0})
        progress.step("short")
        progress.step("long")
        progress.update(1, 2)
        seen.append((job.done, job.total, job.eta_seconds))
        progress.curve("loss", 1, 0.5)
        return {}

    done = run(jobs.job_ask(shop=shop, kind="precompute"), work)
    share, total, eta = seen[0]
    assert (share, total) == (2.5, 4.0)
    assert eta is not None
    assert eta > 0
    assert done.curves == {"loss": [[1, 0.5]]}


@pytest.mark.parametrize("theirs", [{"attempts": 2}, {"status": Status.CANCELLED}, {"status": Status.SUCCEEDED}])
def test_a_stalled_worker_that_fails_late_leaves_somebody_elses_attempt_alone(shop, theirs):
    def work(job, progress):
        JobRun.objects.filter(pk=job.pk).update(**theirs)
        raise OSError("disk full")

    job = jobs.job_ask(shop=shop, kind="precompute")
    Outbox.objects.all().delete()
    job = run(job, work)
    assert (job.status, job.error) == (theirs.get("status", Status.RUNNING), "")
    assert not Outbox.objects.exists(), "it was not asked for again"


def test_a_command_takes_up_an_equal_job_that_died(shop):
    dead = claimed(shop, silent_for=timedelta(minutes=1), attempts=1)
    assert jobs.job_here(shop=shop, kind="precompute", params={}) == dead
    assert jobs.job_here(shop=shop, kind="precompute", params={"shard": 1}) != dead
