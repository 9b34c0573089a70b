"""A peer in a process of its own is asked, answers, and is gone afterwards."""

import sys
import time

import pytest

from benchmarks.decision.asking import ShortAnswer, Way, peer_running, seconds_of
from dpe_site.environment import REPOSITORY

COMMAND = (sys.executable, "-m", "tests.benchmarks.decision.echo_peer")


def test_a_peer_answers_with_the_seconds_of_each_shopper():
    with peer_running(COMMAND, folder=REPOSITORY) as peer:
        assert peer.learned.ways == ("short", "prepared")
        assert (peer.learned.seconds, peer.learned.versions) == (0.5, {"threads": "1"})
        seconds = peer.seconds("short", [3, 4, 5], 5) + peer.seconds("prepared", [1], 30)
        assert len(seconds) == 4 and all(0 <= one < 1 for one in seconds)
    assert peer.process.poll() is not None


def test_a_peer_that_names_too_few_items_is_not_compared():
    with peer_running(COMMAND, folder=REPOSITORY) as peer:
        with pytest.raises(ChildProcessError, match="without an answer"):
            peer.seconds("short", [1], 6)
        peer.process.wait()
        with pytest.raises(ChildProcessError, match="prepared has ended"):
            peer.seconds("prepared", [1], 1)


def test_a_peer_that_cannot_learn_is_told_of():
    with (
        pytest.raises(ChildProcessError, match="echo_peer fail ended"),
        peer_running((*COMMAND, "fail"), folder=REPOSITORY),
    ):
        pass


def test_what_is_prepared_does_not_count():
    def prepare(user: int) -> int:
        time.sleep(0.05)
        return user

    def ask(user: int, n: int) -> list[int]:
        time.sleep(0.01)
        return [user] * n

    seconds = seconds_of(Way(ask, prepare), [1, 2], 3)
    assert [0.01 <= one < 0.05 for one in seconds] == [True, True]


def test_a_short_answer_says_what_was_missing():
    with pytest.raises(ShortAnswer, match="10 items were asked for and 2 named"):
        seconds_of(Way(lambda user, n: [1, 2]), [1], 10)
