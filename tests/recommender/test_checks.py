"""Each check is silent about good settings and names cause and cure of bad ones."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.core import checks as django_checks
from django.core.checks import CheckMessage
from django.test import override_settings

from recommender import checks

SOMEWHERE = {"REDIS_URL": "redis://a/0", "CACHE_URL": "redis://a/1", "DPE_EMBEDDED": False}


def ids(found: list[CheckMessage]) -> list[str]:
    assert all(message.msg and message.hint for message in found)
    return [str(message.id) for message in found]


def ours(*, deploy: bool = False) -> list[str]:
    found = django_checks.run_checks(include_deployment_checks=deploy)
    return [str(message.id) for message in found if str(message.id).startswith("recommender.")]


def test_every_check_is_registered_and_this_suite_passes_them() -> None:
    named = {name for name in vars(checks) if name.endswith("_check")}
    known = {check.__name__ for check in django_checks.registry.registry.get_checks(include_deployment_checks=True)}
    assert len(named) == 9
    assert named <= known
    assert ours() == []
    with override_settings(DPE_DEVICE="tpu"):
        assert ours() == ["recommender.E004"]


@pytest.mark.parametrize(
    ("check", "changed", "expected"),
    [
        (checks.role_check, {"DPE_ROLE": "web"}, []),
        (checks.role_check, {"DPE_ROLE": "wbe"}, ["recommender.E001"]),
        (checks.device_check, {"DPE_DEVICE": "cuda:1"}, []),
        (checks.device_check, {"DPE_DEVICE": "gpu"}, ["recommender.E004"]),
        (checks.device_check, {"DPE_DEVICE": "cuda:"}, ["recommender.E004"]),
        (checks.numbers_check, {"DPE_PROXIES": 0, "DPE_KEEP_IMPRESSIONS_DAYS": 1}, []),
        (checks.numbers_check, {"DPE_PROXIES": -1, "DPE_KEEP_SEARCHES_DAYS": 0}, ["recommender.E005"] * 2),
        (checks.services_check, SOMEWHERE, []),
        (checks.services_check, SOMEWHERE | {"CACHE_URL": "redis://a/0"}, ["recommender.W003"]),
        (checks.services_check, SOMEWHERE | {"CACHE_URL": "redis://127.0.0.1:1/0"}, ["recommender.W002"]),
        (
            checks.services_check,
            {"REDIS_URL": "redis://127.0.0.1:1/0", "CACHE_URL": "redis://127.0.0.1:1/0", "DPE_EMBEDDED": True},
            [],
        ),
        (checks.secret_check, {"DPE_SECRET": "x"}, []),
        (checks.secret_check, {"DPE_SECRET": ""}, ["recommender.E007"]),
        (checks.deployment_check, {"DPE_SECRET": "x" * 32}, []),
        (checks.deployment_check, {"DPE_SECRET": "x" * 31}, ["recommender.W004"]),
        (
            checks.deployment_check,
            {"DPE_SECRET": "x" * 32, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
            ["recommender.I001"],
        ),
    ],
)
def test_bad_settings_are_named(check, changed: dict[str, object], expected: list[str], monkeypatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with override_settings(**changed):
        assert ids(check()) == expected


def test_torch_belongs_to_training_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    for role, expected in (("web", ["recommender.E003"]), ("default", ["recommender.E003"]), ("command", [])):
        with override_settings(DPE_ROLE=role):
            assert ids(checks.role_check()) == expected
    with override_settings(DPE_ROLE="train"):
        monkeypatch.setattr(checks, "find_spec", lambda name: None)
        assert ids(checks.role_check()) == ["recommender.E002"]


def test_home_has_to_be_a_folder_or_to_become_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home, expected in ((tmp_path, []), (tmp_path / "new" / "home", []), (tmp_path / "file", ["recommender.E006"])):
        with override_settings(DPE_HOME=home):
            assert ids(checks.home_check()) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [('{"seed": 3}', []), ("{", ["recommender.E008"]), ("[]", ["recommender.E008"]), (None, ["recommender.E008"])],
)
def test_the_recipe_of_the_house_can_be_read(words: str | None, expected: list[str], tmp_path: Path) -> None:
    file = tmp_path / "recipe.json"
    if words is not None:
        file.write_text(words)
    with override_settings(DPE_RECIPE=str(file)):
        assert ids(checks.recipe_check()) == expected
    assert checks.recipe_check() == []


@pytest.mark.parametrize(("dim", "expected"), [(384, []), (768, ["recommender.W001"])])
def test_vectors_fit_their_column(dim: int, expected: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "models" / "text" / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "encoder.json").write_text(json.dumps({"source": "some-model", "dim": dim}))
    with override_settings(DPE_HOME=tmp_path):
        assert ids(checks.text_encoder_check()) == expected
