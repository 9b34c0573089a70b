"""Recipes as files: the one that every training of this installation begins from, and one given to a command."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from recommender.data.types import DataError
from recommender.training.recipe import TrainingRecipe


def recipe_file_read(path: Path) -> dict[str, Any]:
    """What a JSON file says differs from the default recipe.

    Raises: DataError where it cannot be read or is no recipe.
    """
    try:
        given = json.loads(path.read_text())
        TrainingRecipe.from_json(given)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} is not a recipe: {error}") from error
    return dict(given)


def recipe_over_house(given: dict[str, Any]) -> TrainingRecipe:
    """The recipe of a training: ``given`` above the file that ``DPE_RECIPE`` names, above the defaults.

    Raises: DataError where either is no recipe, or they do not go together.
    """
    house = recipe_file_read(Path(settings.DPE_RECIPE)) if settings.DPE_RECIPE else {}
    try:
        return TrainingRecipe.from_json(_above(house, given))
    except (ValueError, TypeError) as error:
        raise DataError(f"What this training is asked for is not a recipe: {error}") from error


def _above(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        return {name: _above(under.get(name), over.get(name, under.get(name))) for name in under | over}
    return over
