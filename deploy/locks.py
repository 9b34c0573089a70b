"""The two lock files: written from pyproject.toml, and checked against it without a network.

torch is left out of both, with its CUDA tail: it is installed first, by its exact version, so that each machine gets
the build made for it.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS: dict[str, list[str]] = {"requirements.lock": [], "requirements-test.lock": ["test"]}
_LEFT_OUT = re.compile(r"^(torch|triton|nvidia-.*|cuda-.*)$")
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)")


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and full text of each pinned package."""
    for block in re.split(r"\n(?=\S)", text.strip()):
        pin = _PIN.match(block)
        if pin:
            yield canonicalize_name(pin[1]), pin[2], block


def write(file: str, extras: list[str]) -> None:
    """Resolve again and write ``file``."""
    options = ["--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--python-version", "3.11"]
    wanted = [word for extra in extras for word in ("--extra", extra)]
    uv = [sys.executable, "-m", "uv"]
    made = subprocess.run(
        [*uv, "pip", "compile", "pyproject.toml", *wanted, *options],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    kept = [block for name, _, block in blocks(made.stdout) if not _LEFT_OUT.match(name)]
    (ROOT / file).write_text("\n".join(kept) + "\n")


def problems(file: str, extras: list[str]) -> Iterator[str]:
    """What ``file`` lacks or holds against pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    locked = list(blocks((ROOT / file).read_text()))
    pinned = {name: version for name, version, _ in locked}
    yield from (f"{file}: {name} must not be locked" for name in pinned if _LEFT_OUT.match(name))
    yield from (
        f"{file}: {name} has no hash" for name, _, block in blocks((ROOT / file).read_text()) if "--hash=" not in block
    )
    for line in wanted:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        if _LEFT_OUT.match(name):
            continue
        if name not in pinned:
            yield f"{file}: {line} is not locked"
        elif not requirement.specifier.contains(pinned[name], prereleases=True):
            yield f"{file}: {name} is locked at {pinned[name]}, pyproject.toml asks for {requirement.specifier}"


def main() -> int:
    """``write`` or ``check``."""
    if sys.argv[1:] == ["write"]:
        for file, extras in LOCKS.items():
            write(file, extras)
        return 0
    if sys.argv[1:] == ["check"]:
        found = [problem for file, extras in LOCKS.items() for problem in problems(file, extras)]
        sys.stderr.writelines(f"{problem}; run `make lock`\n" for problem in found)
        return bool(found)
    sys.stderr.write("usage: locks.py write|check\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
