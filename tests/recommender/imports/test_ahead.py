"""Reading ahead: the same pieces, few of them early, errors in their place, no thread left behind."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from recommender.data.types import DataError
from recommender.imports.ahead import read_ahead


def wait_for(made: list[int], count: int) -> None:
    deadline = time.monotonic() + 5
    while len(made) < count and time.monotonic() < deadline:
        time.sleep(0.005)


def test_the_pieces_come_in_order_and_at_most_depth_wait() -> None:
    made: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    with closing(read_ahead(pieces(), depth=2)) as ahead:
        assert next(ahead) == 0
        wait_for(made, 4)  # two wait in the queue, one in the thread's hand
        time.sleep(0.05)
        assert made == [0, 1, 2, 3]
        assert list(ahead) == list(range(1, 50))


def test_an_error_comes_after_the_pieces_before_it() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise DataError("line 2: torn")

    ahead = read_ahead(pieces())
    assert next(ahead) == 1
    with pytest.raises(DataError, match="line 2: torn"):
        next(ahead)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    with closing(read_ahead(iter(range(1_000_000)))) as ahead:
        assert next(ahead) == 0
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
