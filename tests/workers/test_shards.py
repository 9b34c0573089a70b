"""Everybody's lists, shared: once per shard, whoever makes it, and none twice."""

import pytest

from recommender.jobs import job_ask, job_run
from recommender.models import JobRun, PrecomputedList
from recommender.store import bundles
from tests.fixtures.tiny_shop import shopper_with, tiny_live, tiny_shop
from workers import queues, shards, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny(settings, tmp_path, monkeypatch):
    settings.DPE_BUNDLES = tmp_path
    monkeypatch.setattr(shards, "workers_count", lambda queue: 3)
    made = tiny_shop(n=40, departments=2)
    tiny_live(made)
    for k in range(10):
        shopper_with(made, made.items[k : k + 3], name=f"s{k}")
    yield made
    bundles._opened.cache_clear()


def parts(job):
    return list(job.parts())


def test_a_job_for_everybody_asks_for_as_many_shards_as_there_are_workers_and_makes_what_nobody_begins(tiny):
    job = job_run(job_ask(shop=tiny.shop, kind="precompute").pk, tasks.WORK)
    assert job.status == JobRun.Status.SUCCEEDED, job.error
    assert (job.result["made"], job.result["shards"]) == (10, 3)
    assert PrecomputedList.objects.count() == 10
    assert [part.params["shard"] for part in parts(job)] == [1, 2]
    late = [job_run(part.pk, tasks.WORK) for part in parts(job)]
    assert [part.result["made"] for part in late] == [0, 0]


def test_a_shard_that_another_worker_has_begun_is_left_to_it_and_counts_in_the_whole(tiny, monkeypatch):
    seen = []
    work = shards.shard_precompute

    def first_of_another(shop, shard, n, report):
        if shard == 0:
            JobRun.objects.filter(params__shard=1).update(status=JobRun.Status.RUNNING, done=0.5, total=1.0)
        made = work(shop, shard, n, report)
        seen.append((shard, JobRun.objects.get(pk=job.pk), made))
        return made

    monkeypatch.setattr(shards, "shard_precompute", first_of_another)
    monkeypatch.setattr("recommender.jobs.progress.WRITE_SECONDS", 0.0)
    job = job_ask(shop=tiny.shop, kind="precompute")
    result = job_run(job.pk, tasks.WORK).result
    assert [shard for shard, _job, _made in seen] == [0, 2]
    assert result["made"] == sum(made for _shard, _job, made in seen) < 10
    assert [round(row.done / row.total, 3) for _shard, row, _made in seen] == [0.5, 0.833]
    others = JobRun.objects.get(params__shard=1)
    JobRun.objects.filter(pk=others.pk).update(status=JobRun.Status.QUEUED)
    assert job_run(others.pk, tasks.WORK).result["made"] == 10 - result["made"]
    assert PrecomputedList.objects.count() == 10


def test_a_job_taken_up_again_asks_for_the_same_shards_though_workers_are_fewer(tiny, monkeypatch):
    job = job_ask(shop=tiny.shop, kind="precompute")

    def killed(*_args):
        raise SystemExit

    monkeypatch.setattr(shards, "shard_precompute", killed)
    with pytest.raises(SystemExit):
        job_run(job.pk, tasks.WORK)
    asked = [part.pk for part in parts(job)]
    monkeypatch.undo()
    monkeypatch.setattr(shards, "workers_count", lambda queue: 1)
    done = job_run(job.pk, tasks.WORK)
    assert (done.status, done.result["shards"], done.result["made"]) == (JobRun.Status.SUCCEEDED, 3, 10)
    assert [part.pk for part in parts(job)] == asked


def test_where_nobody_answers_there_is_one_worker(monkeypatch):
    class Silent:
        def active_queues(self):
            return None

        def stats(self):
            return None

    class Away(Silent):
        def active_queues(self):
            raise ConnectionRefusedError

    class Two(Silent):
        def active_queues(self):
            return {"a": [{"name": "default"}], "b": [{"name": "train"}], "c": [{"name": "default"}]}

        def stats(self):
            return {"a": {"pool": {"max-concurrency": 4}}, "b": {"pool": {"max-concurrency": 8}}, "c": {}}

    for inspect, expected in ((Silent, 1), (Away, 1), (Two, 5)):
        monkeypatch.setattr(queues.current_app.control, "inspect", lambda inspect=inspect, **_: inspect())
        assert queues.workers_count("default") == expected
