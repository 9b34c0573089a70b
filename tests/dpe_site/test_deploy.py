"""The deployment files say what the settings ask for; no container engine is needed to know that."""

import re
import shlex
from typing import Any

import pytest
import yaml

from dpe_site.environment import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
INSTRUCTIONS = {"FROM", "ENV", "RUN", "USER", "WORKDIR", "COPY", "VOLUME", "EXPOSE", "CMD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    text = "\n".join(line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_every_process_of_the_design_is_there(compose: dict[str, Any]) -> None:
    assert {"postgres", "broker", "cache", "web", "worker-default", "worker-train", "beat"} <= set(compose["services"])


@pytest.mark.parametrize(
    ("name", "role"), [("web", "web"), ("worker-default", "default"), ("worker-train", "train"), ("beat", "beat")]
)
def test_each_process_knows_its_role_and_has_what_production_requires(
    compose: dict[str, Any], name: str, role: str
) -> None:
    environment = compose["services"][name]["environment"]
    required = set(re.findall(r'required\("(\w+)"', (REPOSITORY / "dpe_site/settings/production.py").read_text()))
    assert environment["DPE_ROLE"] == role
    assert required
    assert required <= set(environment)


def test_workers_take_their_own_queue(compose: dict[str, Any]) -> None:
    for queue in ("default", "train"):
        command = compose["services"][f"worker-{queue}"]["command"]
        assert command[command.index("--queues") + 1] == queue


def test_the_broker_never_evicts_and_the_cache_does(compose: dict[str, Any]) -> None:
    assert "noeviction" in compose["services"]["broker"]["command"]
    assert "allkeys-lru" in compose["services"]["cache"]["command"]


def test_everything_depended_on_and_mounted_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        volumes = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert volumes <= set(compose["volumes"])


def test_the_image_is_built_from_known_instructions(dockerfile: list[tuple[str, str]]) -> None:
    assert dockerfile[0] == ("FROM", "python:3.11-slim-bookworm")
    assert {name for name, _ in dockerfile} <= INSTRUCTIONS
    for name, rest in dockerfile:
        if name == "RUN":
            shlex.split(rest)


def test_the_image_copies_what_exists_and_does_not_run_as_root(dockerfile: list[tuple[str, str]]) -> None:
    for name, rest in dockerfile:
        if name == "COPY":
            *sources, _ = [word for word in rest.split() if not word.startswith("--")]
            assert all((REPOSITORY / source).exists() for source in sources)
    assert [rest for name, rest in dockerfile if name == "USER"][-1] == "dpe"
    command = [rest for name, rest in dockerfile if name == "CMD"]
    assert yaml.safe_load(command[-1])[0] == "gunicorn"
