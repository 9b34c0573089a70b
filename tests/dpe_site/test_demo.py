"""The demo command as a person uses it: started, looked at, interrupted, started again."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dpe_site.demo.processes import port_choose
from dpe_site.embedded import ports
from dpe_site.embedded.control import services_status
from dpe_site.embedded.errors import ServiceError
from dpe_site.environment import REPOSITORY

GIVEN = ("DATABASE_URL", "REDIS_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE")


class Demo:
    """A running ``manage.py demo`` and what it has printed."""

    def __init__(self, home: Path, *words: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
        self.port = ports.choose(None)
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *words],
            cwd=REPOSITORY,
            env={**environment, "DPE_HOME": str(home), "DPE_PORT": str(self.port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def wait_until_open(self, seconds: float = 90) -> float:
        """Seconds until the address was printed."""
        started = time.monotonic()
        while "is open:" not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() - started < seconds, self.text
            time.sleep(0.1)
        return time.monotonic() - started

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dpe-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    file = tmp_path / "sequences.txt"
    file.write_text("".join(f"u{user} a{user % 3} b{user % 5} c{user % 2} d\n" for user in range(30)))
    return file


def left(family: list[psutil.Process], seconds: float = 90) -> list[str]:
    """Commands of those that do not end."""
    return [" ".join(process.cmdline()) for process in psutil.wait_procs(family, timeout=seconds)[1]]


@pytest.mark.slow
def test_demo_opens_closes_in_order_and_opens_again_with_its_data(home: Path, sequences: Path) -> None:
    words = ("--data", str(sequences), "--format", "sequences")
    first = Demo(home, *words)
    try:
        first.wait_until_open()
        with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/readyz", timeout=5) as answer:
            assert answer.status == 200
        family = first.family()
        assert re.search(r"shopper +shopper / \S+", first.text)
        assert re.search(r"staff +staff / \S+", first.text)
    finally:
        first.process.send_signal(signal.SIGINT)
        first.process.wait(60)
    assert first.process.returncode == 0, first.text
    assert left(family) == []
    assert not services_status(home).supervised

    second = Demo(home, *words)
    try:
        second.wait_until_open()
        assert "nothing changed" in second.text, "the data are kept and not loaded again"
        family = second.family()
    finally:
        second.process.kill()
        second.process.wait()
    assert left(family) == [], "a killed demo leaves nothing behind"


def test_a_taken_port_that_was_asked_for_is_an_error_that_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServiceError, match=r"is taken.*DPE_PORT"):
            port_choose(str(taken.getsockname()[1]))


def test_without_a_wish_the_next_free_port_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port > 8002)
    assert port_choose("") == 8003


@pytest.mark.parametrize("wish", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(wish: str) -> None:
    with pytest.raises(ServiceError, match="is not a port"):
        port_choose(wish)


def test_data_without_its_format_is_refused(home: Path) -> None:
    demo = Demo(home, "--data", "somewhere")
    assert demo.process.wait(60) == 1
    time.sleep(0.2)
    assert "Give both" in demo.text


def test_data_that_are_not_there_are_refused_before_anything_is_started(home: Path) -> None:
    demo = Demo(home, "--data", str(home / "somewhere"), "--format", "csv")
    assert demo.process.wait(60) == 1
    time.sleep(0.2)
    assert "somewhere does not exist" in demo.text
    assert "Starting" not in demo.text
    assert not {"postgres", "valkey", "logs"} & {kept.name for kept in home.iterdir()}
