"""A recipe is its numbers: it survives JSON, fills its gaps, and every number counts for its identity."""

import json
from datetime import UTC, datetime

import pytest
from django.test import override_settings

from recommender.data.types import DataError
from recommender.encoders.config import EncoderConfig
from recommender.training.gate_words import gate_words
from recommender.training.recipe import TrainingRecipe
from recommender.training.recipe_file import recipe_over_house
from recommender.training.workspace import Workspace, arrays_write, json_write

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)


def test_round_trip():
    recipe = TrainingRecipe(seed=7)
    assert TrainingRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_what_is_not_said_keeps_its_default():
    recipe = TrainingRecipe.from_json({"learning": {"encoder": {"epochs": 2}}})
    assert recipe.learning.encoder.epochs == 2
    assert recipe.learning.encoder.n_heads == TrainingRecipe().learning.encoder.n_heads
    assert recipe.ranker == TrainingRecipe().ranker


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"learning": {"encoder": {"famly": "gru"}}},
            r"recipe\.learning\.encoder has no 'famly'; choose from family, ",
        ),
        ({"sead": 3}, "recipe has no 'sead'"),
        ({"learning": "gru"}, r"recipe\.learning is 'gru'; it is an object with any of encoder, "),
        ({"learning": {"encoder": {"epochs": "2"}}}, r"recipe\.learning\.encoder\.epochs is '2'"),
        ({"learning": {"encoder": {"epochs": 2.5}}}, r"recipe\.learning\.encoder\.epochs is 2\.5"),
        ({"learning": {"encoder": {"time_bias": 1}}}, r"recipe\.learning\.encoder\.time_bias is 1"),
        ({"learning": {"models": "als"}}, r"recipe\.learning\.models is 'als'"),
        ({"learning": {"models": ["eese"]}}, "names 'eese'; choose from ease, "),
        (
            {"learning": {"vae": {"prior": "wide"}}},
            r"recipe\.learning\.vae\.prior is 'wide'; it has to be one of normal, composite",
        ),
    ],
)
def test_a_slip_in_a_recipe_is_named_where_it_is(given, words):
    with pytest.raises(DataError, match=words):
        TrainingRecipe.from_json(given)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_heads": 0}, "n_heads is 0; it has to be 1 or more"),
        ({"tokens_per_batch": 0}, "tokens_per_batch is 0; it has to be 1 or more"),
        ({"embedding_dim": -2}, "embedding_dim is -2; it has to be a number that is not negative"),
        ({"learning_rate": 0}, "learning_rate is 0; it has to be more than 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; it has to be a number"),
        ({"dropout": 1}, "dropout is 1; it has to be less than 1"),
        ({"precision": "float8"}, "precision is 'float8'; it has to be one of auto, float32, bfloat16"),
    ],
)
def test_numbers_of_which_nothing_can_be_built_are_refused(values, words):
    with pytest.raises(DataError, match=rf"^recipe\.learning\.encoder\.{words}"):
        TrainingRecipe.from_json({"learning": {"encoder": values}})


def test_a_whole_number_is_a_number():
    assert TrainingRecipe.from_json({"learning": {"encoder": {"dropout": 0}}}).learning.encoder.dropout == 0


def test_trainings_begin_from_the_recipe_of_the_house(tmp_path):
    house = tmp_path / "house.json"
    house.write_text(json.dumps({"seed": 3, "learning": {"encoder": {"family": "gru", "epochs": 2}}}))
    assert recipe_over_house({}) == TrainingRecipe()
    with override_settings(DPE_RECIPE=str(house)):
        recipe = recipe_over_house({"learning": {"encoder": {"epochs": 5}, "models": ["als"]}})
    assert (recipe.seed, recipe.learning.models) == (3, ("als",))
    assert recipe.learning.encoder == EncoderConfig(family="gru", epochs=5)


def test_a_house_without_its_recipe_trains_nothing(tmp_path):
    for words in (None, "{", '{"learning": {"encoder": {"family": "gruu"}}}'):
        house = tmp_path / "house.json"
        if words is not None:
            house.write_text(words)
        with override_settings(DPE_RECIPE=str(house)), pytest.raises(DataError, match=r"house\.json is not a recipe"):
            recipe_over_house({})


def test_identity_follows_recipe_shop_and_time():
    def name(recipe=None, shop=1, until=UNTIL):
        return (recipe or TrainingRecipe()).fingerprint(shop_id=shop, until=until)

    names = [name(), name(TrainingRecipe(seed=1)), name(shop=2), name(until=UNTIL.replace(year=2027))]
    assert len(set(names)) == 4
    assert name() == name()


def test_a_step_that_was_cut_short_leaves_nothing(tmp_path):
    workspace = Workspace(tmp_path / "work")

    def cut_short():
        with workspace.writing("tables") as folder:
            json_write(folder, {"half": True})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_short()
    assert not workspace.has("tables")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_finished_step_is_found_again(tmp_path):
    import numpy as np

    with Workspace(tmp_path / "work").writing("tables") as folder:
        json_write(folder, {"n": 3})
        arrays_write(folder, popularity=np.arange(3))
    again = Workspace(tmp_path / "work")
    assert again.has("tables")
    assert again.json("tables") == {"n": 3}
    assert again.array("tables", "popularity").tolist() == [0, 1, 2]
    again.remove()
    assert not again.has("tables")


PAIR = {"ours": 0.123, "theirs": 0.101, "difference": 0.022, "lower": 0.01, "upper": 0.034, "p_value": 0.001}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("first", "It is the first bundle"),
        ("better", "knows shoppers better"),
        ("refresh", "newer facts"),
        ("worse", "that one stayed"),
        ("unproven", "could not be shown"),
        ("not_above_popularity", "must not serve"),
    ],
)
def test_the_verdict_is_told_without_jargon(verdict, words):
    gate = {"verdict": verdict, "shoppers": 84, "popularity": PAIR, "live": None, "anchor": None}
    told = gate_words(gate)
    assert words in told
    assert "84 shoppers" in told
    assert "earn 12.3, best sellers 10.1" in told
    assert "between +1.0 and +3.4" in told
    assert "NDCG" not in told


def test_before_the_gate_there_is_nothing_to_tell():
    assert gate_words({}) == ""
