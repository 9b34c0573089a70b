"""Knobs: every dial has a range or choices, its default is one of them, and what is not is refused in words."""

from dataclasses import fields

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Shop
from recommender.admin.knobs import GROUPS
from recommender.data.knob_ranges import CHOICES, DIALS, RANGES, knob_problem
from recommender.data.ruleset import KnobValues
from recommender.data.types import DataError
from recommender.models import Knobs
from recommender.store.rulesets import ruleset_publish
from tests.fixtures.tiny_shop import tiny_shop

NOT_DIALS = {"repeats", "one_list"}


def test_every_knob_is_a_dial_with_a_range_a_default_in_it_and_words() -> None:
    assert {one.name for one in fields(KnobValues)} - NOT_DIALS == {*DIALS} == {*RANGES, *CHOICES}
    assert not any(knob_problem(name, getattr(KnobValues(), name)) for name in DIALS)
    assert {name for dials in GROUPS.values() for name in dials} == {*DIALS}
    assert all(Knobs._meta.get_field(name).help_text or name == "brand_cap" for name in DIALS)
    assert all(Knobs._meta.get_field(name).default == getattr(KnobValues(), name) for name in DIALS)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("exploration", 0.5, ""),
        ("exploration", 0.51, "range"),
        ("exploration", -0.01, "range"),
        ("exploration", float("nan"), "number"),
        ("exploration", True, "number"),
        ("exploration", "0.1", "number"),
        ("brand_cap", 2.5, "whole"),
        ("brand_cap", 3.0, ""),
        ("diversity_by", "mmr", ""),
        ("diversity_by", "volume", "choice"),
        ("charm", 1, "unknown"),
    ],
)
def test_problems_are_named(name: str, value: object, problem: str) -> None:
    assert knob_problem(name, value) == problem


@pytest.fixture
def shop(db: None) -> Shop:
    return tiny_shop(n=6).shop


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("provider_floor", 0.9, "“room for small providers” must be from 0 to 0.5"),
        ("fatigue", -1.0, "“fatigue” must be from 0 to 2"),
        ("diversity_by", "volume", "“kind of diversity” must be one of dpp, mmr"),
    ],
)
def test_a_draft_out_of_range_is_not_published(shop: Shop, name: str, value: object, words: str) -> None:
    Knobs.objects.create(shop=shop, **{name: value})
    with pytest.raises(DataError, match=words):
        ruleset_publish(shop=shop)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("provider_floor", "0.9", "less than or equal to 0.5"),
        ("ad_every", "25", "less than or equal to 24"),
        ("diversity_by", "volume", "not one of the available choices"),
    ],
)
def test_the_form_refuses_what_is_out_of_range(staff: Client, shop: Shop, name: str, value: str, words: str) -> None:
    knobs = Knobs.objects.create(shop=shop)
    typed = {dial: getattr(knobs, dial) for dial in DIALS} | {name: value}
    answer = staff.post(reverse("admin:recommender_knobs_change", args=[shop.pk]), typed)
    assert words in " ".join(answer.context["adminform"].form.errors[name])
    assert words in answer.content.decode()
