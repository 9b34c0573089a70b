"""Numbers as Postgres reads an array: what a statement with hundreds of them is given."""

from collections.abc import Iterable

from recommender.data.types import Floats


def array_text(numbers: Iterable[float]) -> str:
    """Numbers or truth values as the text of an array, to be cast by the statement or by what it is compared with.

    A list would reach the server as ``ARRAY[1, 2, …]``, an expression of as many parts: for 500 ids, writing and
    parsing it takes a millisecond, a tenth of that as one constant.

    >>> array_text([3, 5]), array_text([0.5, float("nan")]), array_text([True, False]), array_text([])
    ('{3,5}', '{0.5,nan}', '{True,False}', '{}')
    """
    return "{" + ",".join(map(str, numbers)) + "}"


def vector_text(vector: Floats) -> str:
    """Numbers as pgvector reads them.

    >>> import numpy as np
    >>> vector_text(np.array([0.5, -1, 1e-7], np.float32))
    '[0.5,-1,1e-07]'
    """
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
