"""Integer columns come back from their bytes."""

import numpy as np
import pytest

from recommender.serving.integer_columns import column_pack, columns_read


@pytest.mark.parametrize("few", [1, 3, 200])
def test_values_of_which_there_are_few_come_back(few: int) -> None:
    values = np.random.default_rng(few).integers(-(2**40), 2**40, few)[np.random.default_rng(1).integers(0, few, 300)]
    assert next(columns_read(column_pack(values), 0)).tolist() == values.tolist()


def test_columns_come_back_one_after_the_other() -> None:
    columns = [np.arange(0, 900, 3), np.zeros(0, np.int64), np.array([2**62, -(2**62)]), np.array([7])]
    data = b"head" + b"".join(map(column_pack, columns))
    assert [one.tolist() for one in columns_read(data, 4)] == [one.tolist() for one in columns]
