"""Ports for servers stay clear of those that outgoing connections take."""

import socket
from pathlib import Path

from dpe_site.embedded import ports


def outgoing_from(folder: Path, first: int) -> Path:
    file = folder / "range"
    file.write_text(f"{first}\t60999\n")
    return file


def test_a_free_port_is_kept():
    port = ports.choose(None)
    assert ports.choose(port) == port


def test_a_taken_port_is_replaced_by_a_free_one():
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert not ports.is_free(taken)
        port = ports.choose(taken)
    assert port != taken
    assert ports.is_free(port)


def test_no_port_is_chosen_that_an_outgoing_connection_could_take(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "_OUTGOING", outgoing_from(tmp_path, 15_010))
    assert {ports.choose(None) for _ in range(100)} <= set(range(15_000, 15_010))


def test_where_every_port_is_for_outgoing_connections_the_system_chooses(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "_OUTGOING", outgoing_from(tmp_path, 1024))
    assert ports.is_free(ports.choose(None))


def test_a_system_that_does_not_say_is_taken_for_an_ordinary_one(tmp_path, monkeypatch):
    monkeypatch.setattr(ports, "_OUTGOING", tmp_path / "absent")
    assert 15_000 <= ports.choose(None) < 32_768
