import pytest
from django.core.exceptions import ValidationError

from recommender.admin.experiments import arms_check
from recommender.admin.ruleset_changes import changes_of
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
        ([arm(), arm("b", exploration=0.9)], "exploration: "),
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
