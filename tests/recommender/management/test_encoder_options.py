import json
from argparse import ArgumentParser

import pytest
from django.core.management.base import CommandError
from django.test import override_settings

from recommender.encoders.config import SHOP_DEFAULTS, EncoderConfig, LearningConfig
from recommender.management.commands import train
from recommender.management.encoder_options import encoder_options_add, encoder_options_words, learning_with
from recommender.training.recipe import TrainingRecipe


def options(*words: str) -> dict[str, object]:
    parser = ArgumentParser()
    encoder_options_add(parser)
    return vars(parser.parse_args(words))


def test_what_is_not_chosen_stays_as_the_configuration_has_it():
    assert learning_with(SHOP_DEFAULTS, options()) == SHOP_DEFAULTS
    masked = LearningConfig(encoder=EncoderConfig(family="masked", embedding_dim=32, time_bias=True))
    assert learning_with(masked, options("--loss", "gbce")).encoder == EncoderConfig(
        family="masked", embedding_dim=32, time_bias=True, loss="gbce"
    )


def test_a_choice_is_told_as_it_was_typed():
    assert encoder_options_words(options("--time-bias", "--family", "masked")) == " --family masked --time-bias"
    assert encoder_options_words(options()) == ""


def test_choices_that_do_not_go_together_are_refused():
    with pytest.raises(CommandError, match="gru reads no times"):
        learning_with(SHOP_DEFAULTS, options("--family", "gru", "--time-bias"))


def test_options_stand_above_the_recipe_file_and_leave_the_rest_of_it(tmp_path):
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps({"seed": 3, "learning": {"encoder": {"epochs": 2, "family": "lstm"}}}))
    given = train._recipe({**options("--family", "gru"), "recipe": file})
    recipe = TrainingRecipe.from_json(given)
    assert (recipe.seed, recipe.learning.encoder) == (3, EncoderConfig(epochs=2, family="gru"))
    assert train._recipe({**options(), "recipe": None}) == {}


def test_a_recipe_with_an_unknown_family_is_no_recipe(tmp_path):
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps({"learning": {"encoder": {"family": "gruu"}}}))
    with pytest.raises(CommandError, match="there is no family 'gruu'"):
        train._recipe({**options(), "recipe": file})


def test_options_must_go_with_the_recipe_of_the_house(tmp_path):
    house = tmp_path / "house.json"
    house.write_text(json.dumps({"learning": {"encoder": {"time_bias": True}}}))
    with override_settings(DPE_RECIPE=str(house)):
        assert train._recipe({**options("--family", "masked"), "recipe": None}) == {
            "learning": {"encoder": {"family": "masked"}}
        }
        with pytest.raises(CommandError, match="gru reads no times"):
            train._recipe({**options("--family", "gru"), "recipe": None})
