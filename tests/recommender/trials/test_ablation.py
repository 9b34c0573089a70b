import numpy as np
import pytest

from recommender.data.types import Source
from recommender.ranking.components import COMPONENTS
from recommender.trials.ablation import PARTS, Question, Questions, columns_of

EASE, RULES = COMPONENTS.index("ease"), COMPONENTS.index("rules")


def question(rng: np.random.Generator) -> Question:
    """The chosen item is one that EASE scores highest; half of the time nothing but EASE proposes it."""
    components = np.zeros((30, len(COMPONENTS)), np.float32)
    components[:, [EASE, RULES]] = rng.normal(size=(30, 2))
    wanted = components[:, EASE].argmax()
    sources = np.full(30, 1 << Source.SEQUENTIAL_RULES | 1 << Source.EASE, np.uint32)
    if rng.random() < 0.5:
        sources[wanted] = 1 << Source.EASE
    return Question(components, np.arange(100, 130), sources, np.array([100 + wanted]))


@pytest.fixture(scope="module")
def questions() -> Questions:
    rng = np.random.default_rng(0)
    return Questions(*(tuple(question(rng) for _ in range(80)) for _ in range(2)))


def test_a_part_that_knows_the_answer_is_worth_it(questions):
    assert questions.ndcg({"ease", "rules"}).mean() > 0.95
    assert questions.gain("ease", PARTS).low > 0.3


def test_a_part_that_knows_nothing_is_worth_nothing(questions):
    assert questions.gain("text", PARTS).mean == 0.0
    assert questions.gain("rules", PARTS).verdict == "inconclusive"


def test_without_its_source_an_item_is_no_candidate(questions):
    only_by_ease = np.array([(one.sources == 1 << Source.EASE).any() for one in questions.judge])
    assert 0 < only_by_ease.sum() < len(only_by_ease)
    assert (questions.ndcg({"rules"})[only_by_ease] == 0).all()


def test_every_column_belongs_to_a_part():
    assert columns_of(()) == ()
    assert columns_of(PARTS) == COMPONENTS
    assert "mixture" not in columns_of(set(PARTS) - {"rules"})
