import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from catalog.models import Shop
from recommender.admin.experiments import arms_check
from recommender.admin.ruleset_changes import changes_of
from recommender.data.knob_ranges import DIALS
from recommender.models import Experiment
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import tiny_shop


def arm(name: object = "a", share: object = 0.5, **knobs: object) -> dict[str, object]:
    return {"name": name, "share": share, "knobs": knobs}


def test_arms_that_can_be_drawn_pass() -> None:
    arms_check([arm("control"), arm("bolder", 0.3, exploration=0.05), arm("calm", 0.2, diversity=1)])


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        ({}, "at least two"),
        ([arm()], "at least two"),
        (["a", "b"], "at least two"),
        ([arm(), arm("b", 0.4)], "sum to 0.9"),
        ([arm(), arm()], "the same name"),
        ([arm(""), arm("b")], "Arm 1: it needs a name"),
        ([arm("a", 0), arm("b", 1)], "Arm 1: its share"),
        ([arm("a", True), arm("b")], "Arm 1: its share"),
        ([arm("a", "half"), arm("b")], "Arm 1: its share"),
        ([arm(), arm("b", exploration=0.9)], "exploration must be from 0 to 0.5"),
        ([arm(), arm("b", policy_weight=9)], "long-term value must be from 0 to 2"),
        ([arm(), arm("b", exploration="much")], "must be a number"),
        ([arm(), arm("b", charm=1)], "no knob “charm”"),
        ([arm(), {"name": "b", "share": 0.5, "knobs": []}], "pairs of name and value"),
        ([arm(), {"name": "b", "share": 0.5, "colour": 1}], "“colour” is not a part"),
    ],
)
def test_others_are_refused_with_the_arm_and_the_cause(arms: object, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        arms_check(arms)
    assert words in " ".join(refused.value.messages)


@pytest.mark.django_db
def test_an_enabled_experiment_waits_to_be_published() -> None:
    shop = tiny_shop(n=6).shop
    Experiment.objects.create(shop=shop, name="dare", arms=[arm("a", 0.25), arm("b", 0.75)], enabled=True)
    assert changes_of(shop) == [("experiments", "– → dare/a 25%, dare/b 75%")]
    ruleset_publish(shop=shop)
    assert changes_of(shop) == []


def filled(**more: str) -> dict[str, str]:
    """The form as a browser sends it: four columns, two of them filled in."""
    cells = {f"arms-{n}-{part}": "" for n in range(4) for part in ("name", "share", *DIALS)}
    cells |= {"arms-0-name": "control", "arms-0-share": "60", "arms-1-name": "bolder", "arms-1-share": "40"}
    return {"name": "dare", "enabled": "on", **cells, "arms-1-exploration": "0.05", **more}


@pytest.fixture
def shop() -> Shop:
    return tiny_shop(n=6).shop


@pytest.mark.django_db
def test_arms_are_filled_in_as_a_table(staff: Client, shop: Shop) -> None:
    address = reverse("admin:recommender_experiment_add")
    page = BeautifulSoup(staff.get(address).content, "html.parser")
    assert [cell["value"] for cell in page.select("[name$='-share'][value]")] == ["50", "50"]
    assert len(page.select("[name$='-diversity']")) == 4
    answer = staff.post(address, filled(shop=str(shop.pk)))
    assert answer.status_code == 302
    kept = Experiment.objects.get()
    assert kept.arms == [arm("control", 0.6), arm("bolder", 0.4, exploration=0.05)]
    again = BeautifulSoup(
        staff.get(reverse("admin:recommender_experiment_change", args=[kept.pk])).content, "html.parser"
    )
    assert again.select_one("[name=arms-1-exploration]")["value"] == "0.05"
    assert again.select_one("[name=arms-1-share]")["value"] == "40"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"arms-1-share": "50"}, "The shares sum to 1.1"),
        ({"arms-1-share": "lots"}, "Arm 2: its share"),
        ({"arms-0-name": ""}, "Arm 1: it needs a name"),
        ({"arms-1-exploration": "9"}, "exploration must be from 0 to 0.5"),
        ({"arms-1-exploration": "nan"}, "exploration"),
        ({"arms-1-diversity": "much"}, "diversity must be a number"),
        ({f"arms-1-{part}": "" for part in ("name", "share", "exploration")}, "at least two arms"),
    ],
)
def test_a_table_that_cannot_be_drawn_comes_back_with_what_was_typed(
    staff: Client, shop: Shop, typed: dict[str, str], words: str
) -> None:
    answer = staff.post(reverse("admin:recommender_experiment_add"), filled(shop=str(shop.pk), **typed))
    assert answer.status_code == 200
    page = BeautifulSoup(answer.content, "html.parser")
    assert words in page.get_text()
    for name, value in typed.items():
        if value:
            assert page.select_one(f"[name={name}]")["value"] == value
    assert not Experiment.objects.exists()
