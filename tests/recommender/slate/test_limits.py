"""A limit that speaks of one section counts the cards of that section, whatever else stands on the page."""

import numpy as np
import pytest

from recommender.data.ruleset import EVALUATION_KNOBS
from recommender.data.types import Bools
from recommender.slate.compose import Composer
from recommender.slate.layout import Row
from recommender.slate.limits import Limit
from recommender.slate.slate import Board

N, SLOTS = 12, 4
SCORES = np.arange(N, 0, -1).astype(np.float32)


def mask(*members: int) -> Bools:
    return np.isin(np.arange(N), members)


def shown(limit: Limit) -> list[list[int]]:
    """The items of a page's first and second row: without a limit 0 to 3 and 4 to 7."""
    nothing, everyone = np.zeros(N, np.int64), np.ones(N, np.bool_)
    vectors = np.eye(N, dtype=np.float32)
    board = Board(
        np.arange(N), vectors, brand=nothing, group=nothing, department=nothing, open=everyone, limits=(limit,)
    )
    rows = [Row(code, 0, everyone, np.zeros(N, np.float32), SLOTS, 1, -place) for place, code in enumerate("ab")]
    slate = Composer(board, EVALUATION_KNOBS, {}, lambda: 0.0).compose(rows, [SCORES, SCORES])
    return [slate.rows[slate.section_of == section].tolist() for section in range(2)]


@pytest.mark.parametrize(
    ("limit", "rows"),
    [
        (Limit(mask(0, 1, 4, 5), most=2, rule=1), [[0, 1, 2, 3], [6, 7, 8, 9]]),
        (Limit(mask(0, 1, 4, 5), most=2, section="b", rule=1), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (Limit(mask(0, 1, 4, 5, 6), most=2, section="b", rule=1), [[0, 1, 2, 3], [4, 5, 7, 8]]),
        (Limit(mask(0, 1, 10, 11), least=2, rule=1), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (Limit(mask(0, 1, 10, 11), least=2, section="b", rule=1), [[0, 1, 2, 3], [4, 10, 5, 11]]),
    ],
    ids=["at most, page", "at most, section", "at most, too many in it", "at least, page", "at least, section"],
)
def test_a_limit_of_a_section_counts_its_cards_alone(limit, rows):
    assert shown(limit) == rows
