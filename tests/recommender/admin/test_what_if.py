"""A draft tried from the form it is made in: asked for, followed, and told with its plots; nothing is saved by it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from recommender.admin.what_if import EarningWords, advice_words, earning_words, shares_plots, trial_view
from recommender.evaluation.what_if import Tally
from recommender.homepage import homepage_page
from recommender.jobs import job_run
from recommender.models import Experiment, Impression, JobRun, Knobs, RequestLog, Rule, Ruleset
from recommender.store.rulesets import ruleset_publish
from recommender.what_if import KIND, what_if_do
from tests.fixtures.tiny_shop import TinyShop, shopper_with, tiny_served
from tests.recommender.evaluation.test_what_if import evidence, tally_of
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    tiny = tiny_served()
    ruleset_publish(shop=tiny.shop)
    for k in range(3):
        shopper = shopper_with(tiny, tiny.of_department(k)[:4], at=timezone.now(), name=f"s{k}")
        homepage_page(shop=tiny.shop, shopper=shopper, now=timezone.now())
    return tiny


def asked(staff: Client, address: str, data: dict[str, Any] | None = None) -> Any:
    """The answer to asking, and the trial's number."""
    answer = staff.post(address, data or {})
    assert answer.status_code == 200
    assert "hx-get" in answer.content.decode(), answer.content.decode()
    return answer.context["trial"]


def done(trial: Any) -> dict[str, Any]:
    for job in JobRun.objects.filter(kind=KIND, params__trial=str(trial)):
        job_run(job.pk, {KIND: what_if_do})
    return trial_view(trial)


def test_all_drafts_are_tried_before_publishing(staff: Client, tiny: TinyShop) -> None:
    victim = Impression.objects.order_by("pk").first().item_ids[0]
    Rule.objects.create(shop=tiny.shop, name="No", action="exclude", target="item", target_ids=[victim])
    page = staff.get(reverse("admin:recommender_rule_publish") + "?shop=tiny").content.decode()
    assert reverse("admin:ruleset_try") in page
    trial = asked(staff, reverse("admin:ruleset_try") + "?shop=tiny")
    following = staff.get(reverse("admin:what_if_progress", args=[trial]))
    assert "0 %" in following.content.decode()
    found = done(trial)
    assert found["tally"].pages == 3
    holding = sum(victim in page.item_ids for page in Impression.objects.all())
    title = tiny.items[list(tiny.ids).index(victim)].texts.get(language="en").title
    assert (title, holding, 0) in [(moved.title, moved.before, moved.after) for moved in found["down"]]
    whole = staff.get(reverse("admin:what_if_trial", args=[trial]))
    assert [len(plot["table"]) > 0 for plot in whole.context["plots"]] == [True, True]
    assert "Cards by department" in whole.content.decode()
    assert Ruleset.objects.count() == 1
    assert Impression.objects.count() == 3


def test_a_rule_is_tried_from_its_own_form_and_not_saved(staff: Client, tiny: TinyShop) -> None:
    victim = tiny.items[list(tiny.ids).index(Impression.objects.order_by("pk").first().item_ids[0])]
    form = staff.get(reverse("admin:recommender_rule_add")).content.decode()
    assert reverse("admin:recommender_rule_try") in form
    typed = {"action": "exclude", "target": "item", "items": victim.external_id, "factor": "1", "priority": "0"}
    found = done(asked(staff, reverse("admin:recommender_rule_try") + "?shop=tiny", typed))
    assert found["tally"].after[victim.pk] == 0 < found["tally"].before[victim.pk]
    assert Rule.objects.count() == 0
    whole = staff.get(reverse("admin:what_if_trial", args=[found["trial"]]))
    assert whole.context["tried"] == [(f"items {victim.external_id}: never shows", "new rule")]
    assert "by ada" in whole.content.decode()


def test_every_bar_of_a_trial_has_room_for_its_name(staff: Client, tiny: TinyShop) -> None:
    Rule.objects.create(
        shop=tiny.shop, name="No", action="exclude", target="category", target_ids=[tiny.departments[0].pk]
    )
    plots = shares_plots(done(asked(staff, reverse("admin:ruleset_try") + "?shop=tiny"))["tally"])
    for plot in plots:
        options = json.loads(plot["options"])
        assert options["indexAxis"] == "y"
        assert options["scales"]["y"]["ticks"]["autoSkip"] is False
    with translation.override("zh-hans"):
        names = [
            row[0] for row in shares_plots(trial_view(JobRun.objects.first().params["trial"])["tally"])[0]["table"]
        ]
    assert all(name.startswith("部门") for name in names)


def test_a_rule_that_says_nothing_yet_is_not_tried(staff: Client, tiny: TinyShop) -> None:
    answer = staff.post(reverse("admin:recommender_rule_try") + "?shop=tiny", {})
    assert "Choose first what the rule does" in answer.content.decode()
    typed = {"action": "pin", "target": "item", "items": "", "priority": "0"}
    answer = staff.post(reverse("admin:recommender_rule_try") + "?shop=tiny", typed)
    assert "Items: Choose what the rule is about." in answer.context["problem"]
    assert "Slot: A pin needs a slot: 1 is the first." in answer.context["problem"]
    assert not JobRun.objects.exists()


def test_dials_are_tried_from_their_form_and_not_saved(staff: Client, tiny: TinyShop) -> None:
    knobs = Knobs.objects.create(shop=tiny.shop)
    page = staff.get(reverse("admin:recommender_knobs_change", args=[tiny.shop.pk]))
    address = reverse("admin:recommender_knobs_try", args=[tiny.shop.pk])
    assert address in page.content.decode()
    form = page.context["adminform"].form
    typed = {name: value for name, value in form.initial.items() if value not in (None, {})}
    found = done(asked(staff, address, typed | {"temperature": "2.0", "diversity": "0.9"}))
    assert found["tally"].different == 3
    knobs.refresh_from_db()
    assert knobs.temperature == Knobs().temperature
    wrong = staff.post(address, typed | {"temperature": "-4"})
    assert "Temperature: Ensure this value is greater than or equal to 0.01" in wrong.content.decode()


def test_a_draft_experiment_is_tried_with_the_arms_that_it_would_draw(staff: Client, tiny: TinyShop) -> None:
    arms = [{"name": "all", "share": 1.0, "knobs": {"temperature": 3.0}}, {"name": "none", "share": 0.0, "knobs": {}}]
    Experiment.objects.create(shop=tiny.shop, name="dare", arms=arms, enabled=True)
    found = done(asked(staff, reverse("admin:ruleset_try") + "?shop=tiny"))
    assert (found["tally"].pages, found["tally"].different) == (3, 3)


def test_a_draft_that_changes_nothing_is_said_to_move_nothing(staff: Client, tiny: TinyShop) -> None:
    found = done(asked(staff, reverse("admin:ruleset_try") + "?shop=tiny"))
    assert (found["tally"].pages, found["tally"].different) == (3, 0)
    words = staff.get(reverse("admin:what_if_progress", args=[found["trial"]])).content.decode()
    assert "Of 3 pages of the last day none would have differed: nothing would move." in words
    assert "displaced" not in words


def test_without_a_logged_page_a_trial_says_that_there_is_nothing_to_try_on(staff: Client, tiny: TinyShop) -> None:
    RequestLog.objects.all().delete()
    found = done(asked(staff, reverse("admin:ruleset_try") + "?shop=tiny"))
    words = staff.get(reverse("admin:what_if_progress", args=[found["trial"]])).content.decode()
    assert "No page of the last day is in the log: there is nothing to try it on." in words


def test_a_failed_trial_says_why(staff: Client, tiny: TinyShop) -> None:
    trial = asked(staff, reverse("admin:ruleset_try") + "?shop=tiny")
    JobRun.objects.filter(params__part=1).update(status=JobRun.Status.FAILED, error="the disk is full")
    assert "the disk is full" in staff.get(reverse("admin:what_if_progress", args=[trial])).content.decode()


def test_only_who_may_draft_may_try(tiny: TinyShop) -> None:
    user = User.objects.create_user("bob", "b@example.com", "x", is_staff=True)
    client = Client()
    client.force_login(user)
    address = reverse("admin:recommender_rule_try") + "?shop=tiny"
    assert client.post(address, {"action": "exclude"}).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="change_rule"))
    assert client.post(address, {"action": "exclude"}).status_code == 200
    assert client.get(address).status_code == 405


def told(shoppers: int, seed: int = 0) -> Tally:
    import numpy as np

    rng = np.random.default_rng(seed)
    return tally_of({f"s{k:04d}": evidence(rng) for k in range(shoppers)})


def test_below_two_hundred_effective_shoppers_nothing_is_concluded() -> None:
    few, many = earning_words(told(150), "clicks", "GBP"), earning_words(told(900), "revenue", "GBP")
    assert few.verdict == "cannot conclude"
    assert many.verdict != "cannot conclude"
    assert "GBP" in many.name
    assert "effective shoppers" in few.evidence
    with translation.override("zh-hans"):
        assert earning_words(told(150), "clicks", "GBP").verdict != "cannot conclude"


def told_of(*tones: str, is_conclusive: bool = True) -> list[EarningWords]:
    return [EarningWords("", "", "", "", "", "", tone, is_conclusive, "") for tone in tones]


def test_a_trial_says_what_to_do_next() -> None:
    assert "Weaken it" in advice_words(told_of("bad", ""))
    assert "gains on one side and costs on the other" in advice_words(told_of("good", "bad"))
    assert advice_words(told_of("good", "")).startswith("Publish it")
    assert advice_words(told_of("", "")).startswith("Neither a gain nor a loss")
    assert advice_words(told_of("", "", is_conclusive=False)).startswith("Too few shoppers")


def test_the_verdict_stands_above_the_moves_and_its_grounds_are_told_once(staff: Client, tiny: TinyShop) -> None:
    victim = Impression.objects.order_by("pk").first().item_ids[0]
    Rule.objects.create(shop=tiny.shop, name="No", action="exclude", target="item", target_ids=[victim])
    Impression.objects.update(shown_at=timezone.now() - timedelta(hours=2))
    found = done(asked(staff, reverse("admin:ruleset_try") + "?shop=tiny"))
    words = staff.get(reverse("admin:what_if_progress", args=[found["trial"]])).content.decode()
    assert words.index("cannot conclude") < words.index("Too few shoppers to tell") < words.index("displaced")
    assert words.count("effective of") == 1
    assert "may differ by chance" in words
    assert "95 % interval" in words
    chinese = staff.get(
        reverse("admin:what_if_progress", args=[found["trial"]]), headers={"accept-language": "zh-hans"}
    ).content.decode()
    assert "顾客太少，无法判断" in chinese
    assert "95% 区间" in chinese


def test_ten_thousand_changes_are_told_shortly_with_the_button_in_reach(staff: Client, tiny: TinyShop) -> None:
    about = {"shop": tiny.shop, "target": "item"}
    Rule.objects.bulk_create(
        Rule(name=f"{action} {k}", action=action, priority=k, target_ids=[tiny.items[k].pk], **about)
        for k in range(30)
        for action in ("boost", "exclude")
    )
    Rule.objects.bulk_create(
        Rule(name=f"pin {k}", action="pin", slot=900 + k, target_ids=[tiny.items[40 + k].pk], **about) for k in range(9)
    )
    page = staff.get(reverse("admin:recommender_rule_publish") + "?shop=tiny")
    assert page.context["details"][-1] == ("…", "29 more changes")
    assert len(page.context["details"]) == 41
    assert len(page.context["warnings"]) == 21
    assert page.context["warnings"][-1] == "9 more warnings"
    whole = staff.get(reverse("admin:what_if_trial", args=[asked(staff, reverse("admin:ruleset_try") + "?shop=tiny")]))
    assert whole.context["tried"][-1] == ("…", "29 more changes")
