"""Rows stream into columns whole, and memory grows with what is kept and hardly more."""

import tracemalloc

import numpy as np
import pytest

from recommender.facts.columns import columns_read

pytestmark = pytest.mark.django_db
KEPT_BYTES = 8 + 1  # of a row below
SLACK = 1.4


def narrow(columns):
    number, small, odd = columns
    return [number[odd == 1], small[odd == 1].astype(np.int8)]


def read(rows: int):
    query = "SELECT n::bigint, n % 100, n % 2 FROM generate_series(1, %(rows)s::bigint) n"
    return columns_read("iii", query.replace(" % ", " %% "), {"rows": 2 * rows}, narrow)


@pytest.mark.parametrize("rows", [0, 1, 32_767, 32_768, 32_769, 150_000])
def test_every_row_that_is_kept_arrives_once_and_in_order(rows):
    number, small = read(rows)
    np.testing.assert_array_equal(number, np.arange(rows) * 2 + 1)
    np.testing.assert_array_equal(small, number % 100)
    assert (number.dtype, small.dtype) == (np.int64, np.int8)


def test_memory_grows_with_the_kept_bytes_of_a_row():
    """What was received and is not kept costs nothing, and no column is there twice."""
    fewer, more = (peak(rows) for rows in (200_000, 600_000))
    assert (more - fewer) / 400_000 < SLACK * KEPT_BYTES


def peak(rows: int) -> int:
    tracemalloc.start()
    try:
        kept = read(rows)
        assert sum(column.nbytes for column in kept) == rows * KEPT_BYTES
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_rows_stream_whole():
    a, b, c = columns_read("ifb", "SELECT n::bigint, n / 2.0::float8, n %% 2 = 0 FROM generate_series(1, 20000) n", {})
    assert a.sum() == 20000 * 20001 // 2
    assert b[-1] == 10000.0
    assert c.sum() == 10000


def test_null_in_a_column_is_named():
    with pytest.raises(ValueError, match="holds NULL"):
        columns_read("ii", "SELECT 1::bigint, NULL::bigint", {})
