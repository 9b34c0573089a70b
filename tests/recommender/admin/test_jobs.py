"""A job's page: live while it runs, curves plotted, cancel and try again."""

import json

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from catalog.ids import uuid7
from catalog.models import Shop
from recommender.data.absent import Absent
from recommender.jobs import JobProgress, job_run
from recommender.models import JobRun
from recommender.training.absent_words import NO_PAGES, POLICY_WITHOUT_RANKER

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> JobRun:
    return JobRun.objects.create(shop=Shop.objects.create(code="tiny", name="Tiny"), kind="precompute")


def fragment(staff: Client, job: JobRun, rounds: int = 0) -> tuple[str, str]:
    answer = staff.get(reverse("admin:recommender_jobrun_progress", args=[job.pk]), {"rounds": rounds})
    return answer.content.decode(), answer.headers.get("HX-Refresh", "")


def test_progress_is_live_from_waiting_to_done(staff: Client, job: JobRun) -> None:
    waiting, _ = fragment(staff, job)
    assert "It waits for a worker" in waiting
    halfway: list[tuple[str, str]] = []
    drawn: list[str] = []

    def work(running: JobRun, progress: JobProgress) -> dict[str, object]:
        progress.plan({"Counting": 1, "Writing": 3})
        progress.step("Counting")
        progress.curve("loss", 1, 0.7)
        progress.curve("loss", 2, 0.4)
        progress.step("Writing")
        halfway.append(fragment(staff, running))
        drawn.append(fragment(staff, running, rounds=2)[0])
        return {"lists": 12}

    job_run(job.pk, {"precompute": work})
    ((words, refresh),) = halfway
    assert 'value="25"' in words and "Writing" in words and "every 1s" in words
    assert "so far" in words
    assert refresh == ""
    assert 'hx-swap-oob="outerHTML"' in words and "<canvas" in words and "rounds=2" in words
    assert "<canvas" not in drawn[0]  # the page has these rounds already
    words, refresh = fragment(staff, job)
    assert "every 1s" not in words
    assert refresh == "true"
    page = staff.get(reverse("admin:recommender_jobrun_change", args=[job.pk]))
    (curve,) = page.context["curves"]
    assert json.loads(curve["data"])["datasets"][0]["data"] == [0.7, 0.4]
    assert ("lists", "12") in page.context["result"]
    assert "Cancel" not in page.content.decode()


def test_a_waiting_job_is_cancelled_and_tried_again(staff: Client, job: JobRun) -> None:
    staff.post(reverse("admin:recommender_jobrun_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.status == JobRun.Status.CANCELLED
    page = staff.get(reverse("admin:recommender_jobrun_change", args=[job.pk])).content.decode()
    assert reverse("admin:recommender_jobrun_again", args=[job.pk]) in page
    staff.post(reverse("admin:recommender_jobrun_again", args=[job.pk]))
    job.refresh_from_db()
    assert job.status == JobRun.Status.QUEUED


def test_a_running_job_stops_at_its_next_report(staff: Client, job: JobRun) -> None:
    def work(running: JobRun, progress: JobProgress) -> dict[str, object]:
        progress.plan({"Counting": 1})
        progress.step("Counting")
        staff.post(reverse("admin:recommender_jobrun_cancel", args=[running.pk]))
        assert "stops at its next report" in fragment(staff, running)[0]
        progress.step("Counting")
        raise AssertionError("went on")

    assert job_run(job.pk, {"precompute": work}).status == JobRun.Status.CANCELLED


def test_chosen_jobs_are_tried_again_from_the_list(staff: Client, job: JobRun) -> None:
    JobRun.objects.update(status=JobRun.Status.PARKED, error="out of memory")
    running = JobRun.objects.create(shop=job.shop, kind="import", status=JobRun.Status.RUNNING)
    chosen = {"action": "try_again", "_selected_action": [str(job.pk), str(running.pk)]}
    staff.post(reverse("admin:recommender_jobrun_changelist"), chosen)
    assert sorted(JobRun.objects.values_list("status", flat=True)) == ["queued", "running"]


def test_a_training_tells_its_result_in_the_language_of_the_page(staff: Client, job: JobRun) -> None:
    pair = {"ours": 0.123, "theirs": 0.101, "difference": 0.022, "lower": 0.01, "upper": 0.034, "p_value": 0.001}
    gate = {"verdict": "first", "shoppers": 84, "popularity": pair, "live": None, "anchor": None}
    absent = {"ranker": Absent(NO_PAGES).to_json(), "policy": Absent(POLICY_WITHOUT_RANKER).to_json()}
    result = {"bundle": 7, "gate": gate, "absent": absent}
    JobRun.objects.update(kind="train", status=JobRun.Status.SUCCEEDED, result=result)
    address = reverse("admin:recommender_jobrun_change", args=[job.pk])
    english = dict(staff.get(address).context["result"])
    assert english["bundle"] == "7"
    assert english["verdict"].startswith("It is the first bundle")
    assert english["without: ranker"].startswith("no shown pages are logged yet")
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    chinese = dict(staff.get(address).context["result"])
    assert len(chinese) == 4
    assert all(any(ord(letter) > 0x2E80 for letter in name) for name in chinese)
    assert all(value.isdigit() or any(ord(letter) > 0x2E80 for letter in value) for value in chinese.values())


def test_the_log_and_the_end_of_a_job_follow_the_language_of_the_page(staff: Client, job: JobRun) -> None:
    log = "12:00:01 Reading the facts\n12:00:02 5 items, 100 % of them new\n"
    JobRun.objects.update(status=JobRun.Status.CANCELLED, log=log, error="Cancelled by staff.")
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    words, _ = fragment(staff, job)
    assert "已由员工取消。" in words
    assert "12:00:01 正在读取事实" in words or "12:00:01 读取事实" in words
    assert "12:00:02 5 items, 100 % of them new" in words


def test_without_an_earlier_bundle_there_is_no_way_back(staff: Client, job: JobRun) -> None:
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    answer = staff.post(reverse("admin:recommender_bundleversion_roll_back"), follow=True)
    assert "“Tiny”没有可回滚的旧模型包" in answer.content.decode()


def test_what_a_training_was_asked_for_is_told_in_the_language_of_the_page(staff: Client, job: JobRun) -> None:
    JobRun.objects.filter(pk=job.pk).update(params={"update": 3, "until": "2026-06-01", "promote": True})
    staff.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    asked = staff.get(reverse("admin:recommender_jobrun_change", args=[job.pk])).context["params"]
    assert {name for name, _value in asked} == {"在此模型包上学习新内容", "学习截至此时的数据", "通过关卡即上线"}


def test_a_trials_job_names_itself_in_words_and_leads_to_what_was_found(staff: Client, job: JobRun) -> None:
    trial = str(uuid7())
    params = {"trial": trial, "at": "2026-06-01T12:00:00", "part": 1, "parts": 2, "content": {"rules": []}}
    JobRun.objects.filter(pk=job.pk).update(kind="what_if", params=params)
    page = staff.get(reverse("admin:recommender_jobrun_change", args=[job.pk]))
    assert page.context["params"] == []
    assert reverse("admin:what_if_trial", args=[trial]) in page.content.decode()
    assert str(page.context["original"]).startswith("trial of a draft · ")
