"""Why a part is absent and what the judge found, in the language of the page."""

import ast
import re

import pytest
from django.utils import translation

from dpe_site.environment import REPOSITORY
from recommender.data.absent import Absent
from recommender.evaluation.policy_judge import Finding
from recommender.training import absent_words as reasons
from recommender.training.absent_words import absent_words
from recommender.training.policy_words import policy_words

ESTIMATE = {"value": 0.0125, "low": -0.0004, "high": 0.03, "effective_clusters": 431.0}
JUDGED = {"judged_weight": 0.25, "snips": ESTIMATE, "dr": ESTIMATE, "logged_value": 0.4, "margin": 0.008}
VALUES = {"conversions": 12, "pages": 12, "shoppers": 8, "needed": 500, "ours": 51.2, "fusion": 55.0} | {
    "clicks": 3, "needed_clicks": 40, "best": 60, "pictures": 9, "found": 12.0, "held": 30, "chance": 33.0,
}  # fmt: skip


@pytest.mark.parametrize("finding", list(Finding))
def test_every_finding_of_the_judge_is_told_in_both_languages(finding):
    judged = JUDGED | ({"dr": None, "snips": None} if finding is Finding.NO_PAGES else {})
    english = policy_words({"finding": finding.value, **judged})
    assert "%" not in english
    with translation.override("zh-hans"):
        chinese = policy_words({"finding": finding.value, **judged})
    assert "权重" in chinese
    assert not re.search(r"[a-z]{3}", chinese)
    assert re.findall(r"\d\.\d+", english) == re.findall(r"\d\.\d+", chinese)


def test_numbers_of_the_judge_stand_in_its_sentence():
    told = policy_words({"finding": "dr_low", **JUDGED})
    assert "with weight 0.25" in told
    assert "as low as -0.0004" in told
    assert "the margin of -0.0080" in told


def test_where_nobody_judged_there_is_nothing_to_tell():
    assert policy_words({}) == ""


def test_every_absence_is_told_in_both_languages():
    sentences = [value for name, value in vars(reasons).items() if name.isupper()]
    assert len(sentences) >= 6
    for sentence in sentences:
        kept = Absent(sentence, {name: VALUES[name] for name in re.findall(r"%\((\w+)\)", sentence)}).to_json()
        assert "%(" not in absent_words(kept)
        with translation.override("zh-hans"):
            assert not re.search(r"[a-z]{3}", absent_words(kept))


def test_the_policy_says_how_many_pages_it_lacks():
    kept = Absent(reasons.POLICY_FEW_PAGES, {"pages": 12, "needed": 500}).to_json()
    assert absent_words(kept).startswith("12 shown pages are logged and 500 are needed")
    with translation.override("zh-hans"):
        assert absent_words(kept).startswith("已记录 12 个展示页面")


def test_a_reason_kept_as_a_sentence_is_that_sentence():
    assert absent_words("train again: 100 % of its files are of an older kind") == (
        "train again: 100 % of its files are of an older kind"
    )


@pytest.mark.parametrize(
    ("sentence", "said_in"),
    [
        (reasons.NO_PAGES, "ranking/ranker_rows.py"),
        (reasons.FEW_CONVERSIONS, "retrieval/earned_quotas.py"),
        (reasons.FEW_PAGES, "ranking/ranker_rows.py"),
        (reasons.NO_TREES, "ranking/second_stage_training.py"),
        (reasons.FEW_CHOICES, "ranking/second_stage_training.py"),
        (reasons.FEW_PICTURES, "encoders/image_training.py"),
        (reasons.SILENT_PICTURES, "encoders/image_training.py"),
        (reasons.FEW_NEWCOMERS, "encoders/start_states_training.py"),
        (reasons.NO_SITUATION, "encoders/start_states_training.py"),
        (reasons.POLICY_FEW_PAGES, "policy/policy_training.py"),
        (reasons.FEW_KNOWN, "data/segment_learning.py"),
        (reasons.NO_GROUPS, "data/segment_learning.py"),
    ],
)
def test_what_the_pure_rooms_say_is_what_is_translated(sentence, said_in):
    parsed = ast.parse((REPOSITORY / "recommender" / said_in).read_text())
    assert sentence in {node.value for node in ast.walk(parsed) if isinstance(node, ast.Constant)}


def test_no_reason_is_put_together_before_it_can_be_translated():
    for path in (REPOSITORY / "recommender").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Absent":
                assert not any(isinstance(part, ast.JoinedStr) for part in node.args), f"{path}:{node.lineno}"
