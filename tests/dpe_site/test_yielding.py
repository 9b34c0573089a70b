"""Work that nobody waits for goes after work that somebody waits for."""

import sys
from pathlib import Path

import pytest

from dpe_site.demo.processes import services
from dpe_site.embedded.process import Service, spawn

AUTOGROUP = Path("/proc/self/autogroup")
TELL = "import os, pathlib; print(os.nice(0)); print(pathlib.Path('/proc/self/autogroup').read_text())"


def told(home: Path, *, is_yielding: bool) -> list[str]:
    """What a child says of its niceness and of its session's."""
    service = Service("child", [sys.executable, "-c", TELL], ready=lambda: True, is_yielding=is_yielding)
    assert spawn(service, home=home).wait(30) == 0
    return (home / "logs" / "child.log").read_text().split()


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel shares processors by process alone")
@pytest.mark.parametrize(("is_yielding", "niceness"), [(True, "10"), (False, "0")])
def test_a_child_yields_with_its_whole_session(tmp_path: Path, is_yielding: bool, niceness: str) -> None:
    own, _, _, session = told(tmp_path, is_yielding=is_yielding)
    assert (own, session) == (niceness, niceness)


def test_everything_but_the_web_yields() -> None:
    assert [one.name for one in services(8000, {}) if not one.is_yielding] == ["web"]
