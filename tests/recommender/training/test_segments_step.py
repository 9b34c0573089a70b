"""The step learns from those who allow it, writes what a bundle holds, and goes on from the segments that serve."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recommender.data.learned_segments import LearnedSegments
from recommender.data.segment_learning import FEW_SHOPPERS
from recommender.training.recipe import TrainingRecipe
from recommender.training.segments_step import segments_step
from recommender.training.workspace import Workspace
from tests.fixtures.tiny_shop import TinyShop, tiny_live, tiny_shop
from users.models import Consent, Shopper, ShopperState

pytestmark = pytest.mark.django_db


@pytest.fixture
def tiny() -> TinyShop:
    """A shop with forty lovers of each of three departments, and two more of whom one wants no personalised pages."""
    tiny, random = tiny_shop(n=24, departments=4), np.random.default_rng(0)
    people = Shopper.objects.bulk_create(Shopper(shop=tiny.shop, external_id=f"s{k}") for k in range(122))
    ShopperState.objects.bulk_create(
        ShopperState(shopper=one, shop=tiny.shop, taste=taste(tiny, k % 3, random)) for k, one in enumerate(people)
    )
    Consent.objects.create(shop=tiny.shop, shopper=people[-1], purpose="personalisation", granted=False)
    return tiny


def taste(tiny: TinyShop, room: int, random: np.random.Generator) -> dict:
    weights = {str(one.pk): float(random.uniform(0, 1)) for one in tiny.departments}
    weights[str(tiny.departments[room].pk)] = 9.0
    return {"at": 0, "departments": weights, "tags": {}, "price": [9.0, 9.0 * (6 + room), 0.0]}


def learned(tiny: TinyShop, folder, label: str, shopper_ids=None, **differs):
    """What the step writes, and what it tells."""
    ids = list(Shopper.objects.order_by("-pk").values_list("pk", flat=True))
    told: list[str] = []
    draft = SimpleNamespace(
        shop=tiny.shop,
        recipe=replace(TrainingRecipe(), **differs),
        snapshot=SimpleNamespace(shopper_ids=np.array(ids if shopper_ids is None else shopper_ids)),
        fingerprint=label * 16,
    )
    workspace = Workspace(folder / label)
    with workspace.writing("segments") as place:
        segments_step(draft, place, SimpleNamespace(log=told.append))
    return workspace.json("segments"), told


def test_segments_are_learned_and_keep_their_keys_in_the_next_training(tiny: TinyShop, tmp_path) -> None:
    first, told = learned(tiny, tmp_path, "a")
    segments = LearnedSegments.from_json(first["segments"])
    assert sum(one.shoppers for one in segments.segments) == 121, "all but the one who withdrew"
    assert told[0].startswith("3 segments of ")
    tiny_live(tiny, segments=segments)
    again, told = learned(tiny, tmp_path, "b", seed=3)
    assert sorted(LearnedSegments.from_json(again["segments"]).keys) == sorted(segments.keys)
    assert "0 new, 0 of those" in told[0]


def test_who_may_not_be_learned_from_counts_not(tiny: TinyShop, tmp_path) -> None:
    few = list(Shopper.objects.order_by("pk").values_list("pk", flat=True))[:30]
    content, told = learned(tiny, tmp_path, "a", few)
    assert content["absent"] == {"reason": FEW_SHOPPERS, "values": {"shoppers": 30, "needed": 60}}
    assert told == ["no segments: of 30 shoppers enough is known, and 60 are needed to learn segments"]
