import subprocess
import sys

import lightgbm
import numpy as np
import pytest

from recommender.data.forest import Forest
from recommender.data.types import ArtifactMismatch
from tests.fixtures.second_stages import fitted_stage


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(200, len(fitted_stage().forest.names))).astype(np.float32)


def test_sums_are_those_of_lightgbm_itself(rows: np.ndarray) -> None:
    forest = fitted_stage().forest
    expected = lightgbm.Booster(model_str=forest.text).predict(rows, raw_score=True, num_threads=1)
    assert np.array_equal(forest.predict(rows), np.asarray(expected, np.float32))
    assert len(np.unique(forest.predict(rows))) > 100


def test_a_row_does_not_depend_on_its_companions(rows: np.ndarray) -> None:
    forest = Forest(fitted_stage().forest.text)
    together = forest.predict(rows)
    assert np.array_equal(together, np.concatenate([forest.predict(one[None]) for one in rows]))
    assert np.array_equal(together[::3], forest.predict(rows[::3]))
    assert len(forest.predict(rows[:0])) == 0


def test_what_is_no_model_or_no_such_row_is_named() -> None:
    with pytest.raises(ArtifactMismatch, match="features"):
        fitted_stage().forest.predict(np.zeros((1, 2), np.float32))
    with pytest.raises(ArtifactMismatch, match="train again"):
        Forest("feature_names=one two\nnothing of a tree").predict(np.zeros((1, 2), np.float32))


def test_serving_needs_no_lightgbm_package() -> None:
    code = (
        "import sys, recommender.serving.decide; from recommender.data.forest import _library; _library();"
        "assert not {'lightgbm', 'sklearn', 'pandas'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
