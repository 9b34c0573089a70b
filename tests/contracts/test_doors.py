"""The doors of the design stay shut: what serves never meets what trains, and every row belongs to a shop."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from dpe_site.celery import task_modules
from dpe_site.environment import REPOSITORY
from tests.fixtures.databases import Database

PACKAGES = ("catalog", "users", "recommender", "workers", "dpe_site")
TRAINING_LIBRARIES = {"torch", "transformers", "peft", "sentence_transformers", "implicit"}

PURE_FOLDERS = {
    "serving",
    "explain",
    "slate",
    "evaluation",
    "experiments",
    "policy",
    "ranking",
    "retrieval",
    "language",
    "encoders",
    "collaborative",
    "privacy",
    "data",
}

# Django and Celery import these by name rather than by an import statement.
FOUND_BY_NAME = {
    "admin",
    "api",
    "apps",
    "checks",
    "middleware",
    "migrations",
    "models",
    "templatetags",
    "urls",
    "views",
}


def module_file(name: str) -> Path | None:
    """File of one of our modules, or None when ``name`` is not one."""
    path = REPOSITORY.joinpath(*name.split("."))
    if path.with_suffix(".py").exists():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").exists() else None


@cache
def imports(name: str) -> frozenset[str]:
    """Everything a module imports, at any depth of its code, with the packages above each."""
    file = module_file(name)
    assert file is not None
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(parent for target in found for parent in with_parents(target))


def with_parents(name: str) -> Iterator[str]:
    """``a.b.c``, ``a.b``, ``a``: importing one runs the others."""
    words = name.split(".")
    return (".".join(words[:length]) for length in range(len(words), 0, -1))


def our_modules() -> Iterator[str]:
    """Name of every module in the tree, found without importing any."""
    for package in PACKAGES:
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            words = file.relative_to(REPOSITORY).with_suffix("").parts
            yield ".".join(words[:-1] if words[-1] == "__init__" else words)


def in_pure_folder(name: str) -> bool:
    """Whether a module is mathematics, of which Django looks up nothing by name."""
    return name.startswith("recommender.") and name.split(".")[1] in PURE_FOLDERS


def serving_sources() -> list[str]:
    """Modules a web process or a default worker imports directly, by statement or by name."""
    named = [name for name in our_modules() if set(name.split(".")[1:]) & FOUND_BY_NAME and not in_pure_folder(name)]
    return sorted({*named, "dpe_site.wsgi", "dpe_site.urls", "dpe_site.celery", *task_modules("default")})


def chain_to_training(source: str) -> list[str]:
    """Shortest road of imports from ``source`` to a library that trains; empty when there is none."""
    roads = {source: [source]}
    waiting = [source]
    while waiting:
        here = waiting.pop(0)
        for target in sorted(imports(here)):
            if target in TRAINING_LIBRARIES:
                return [*roads[here], target]
            if target.split(".")[0] in PACKAGES and target not in roads and module_file(target):
                roads[target] = [*roads[here], target]
                waiting.append(target)
    return []


@pytest.mark.parametrize("source", serving_sources())
def test_nothing_that_serves_can_reach_what_trains(source: str) -> None:
    if module_file(source) is None:
        pytest.fail(f"{source} is missing")
    assert chain_to_training(source) == []


def test_the_walk_finds_a_road_where_there_is_one() -> None:
    assert chain_to_training("recommender.encoders.transformer")[-1] in TRAINING_LIBRARIES


PROBE = """
import sys
{load}
from django.test import Client
for path in ("/healthz", "/admin/login/", "/api/schema/?format=json", "/"):
    Client(raise_request_exception=False).get(path)
print(sorted(set({libraries!r}) & set(sys.modules)))
"""
LOADS = {
    "web": "from dpe_site.wsgi import application",
    "default": "from dpe_site.celery import app; app.loader.import_default_modules(); app.finalize()",
}


@pytest.mark.parametrize("role", LOADS)
def test_the_running_process_has_not_loaded_torch(role: str, migrated_database: Database) -> None:
    script = PROBE.format(load=LOADS[role], libraries=sorted(TRAINING_LIBRARIES))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**migrated_database.environment, "DPE_ROLE": role},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("role", ["web", "default", "beat", "command"])
def test_only_the_training_worker_registers_training_tasks(role: str) -> None:
    assert "workers.tasks_train" in task_modules("train")
    assert "workers.tasks_train" not in task_modules(role)


# Rows without a shop of their own, and why.
GLOBAL = {
    "catalog.Shop": "is the shop",
    "users.User": "a login; its shoppers belong to shops",
    "users.BasketLine": "belongs to a basket",
    "users.OrderLine": "belongs to an order",
    "recommender.ItemVector": "belongs to a bundle; one child table each",
}


def models_of_ours() -> list[type[models.Model]]:
    """Every concrete model of our own apps."""
    ours = [model for label in ("catalog", "users", "recommender") for model in apps.get_app_config(label).get_models()]
    return [model for model in ours if not model._meta.auto_created]


def shop_field(model: type[models.Model]) -> models.Field | None:
    """The field by which a row names its shop itself."""
    return next((field for field in model._meta.concrete_fields if field.name == "shop"), None)


def many_per_shop() -> list[type[models.Model]]:
    """Models of which a shop has more than one row."""
    return [model for model in models_of_ours() if (field := shop_field(model)) and not field.unique]


@pytest.mark.parametrize("model", models_of_ours(), ids=lambda model: model._meta.label)
def test_every_model_is_scoped_to_a_shop_or_listed_as_global(model: type[models.Model]) -> None:
    assert (shop_field(model) is None) == (model._meta.label in GLOBAL)


@pytest.mark.parametrize("model", many_per_shop(), ids=lambda model: model._meta.label)
def test_querysets_of_scoped_models_start_with_of_shop(model: type[models.Model]) -> None:
    assert callable(getattr(model._default_manager, "of", None))
