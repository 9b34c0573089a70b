"""Reading ahead: a thread prepares the next pieces while its user waits for the database."""

from collections.abc import Generator, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

Piece = TypeVar("Piece")

DEPTH = 2
"""Pieces that may wait: more would take memory and save no time."""
_LOOK_SECONDS = 0.1


class _End:
    """The last thing in the queue: how the reading ended."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(pieces: Iterator[Piece], *, depth: int = DEPTH) -> Generator[Piece, None, None]:
    """The same pieces in the same order, at most ``depth`` of them made before they are asked for.

    Close the generator (``contextlib.closing``) where you may leave it early: it returns when its thread has ended.

    Raises: what ``pieces`` raises, after the pieces before it.
    """
    queue: Queue[Piece | _End] = Queue(depth)
    left = Event()
    thread = Thread(target=_fill, args=(pieces, queue, left), name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(piece := queue.get(), _End):
            yield piece
        if piece.error is not None:
            raise piece.error
    finally:
        left.set()
        thread.join()


def _fill(pieces: Iterator[Piece], queue: "Queue[Piece | _End]", left: Event) -> None:
    error: BaseException | None = None
    try:
        for piece in pieces:
            _put(queue, piece, left)
            if left.is_set():
                return
    except BaseException as raised:  # noqa: BLE001 (raised again where the pieces are used)
        error = raised
    _put(queue, _End(error), left)


def _put(queue: "Queue[Piece | _End]", piece: "Piece | _End", left: Event) -> None:
    while not left.is_set():
        try:
            queue.put(piece, timeout=_LOOK_SECONDS)
        except Full:
            continue
        return
