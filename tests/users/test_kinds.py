"""What counts as a click and as an answer, by kind and by where it came from."""

import pytest

from users.kinds import ANSWER_KINDS, Kind, is_answer, is_click


@pytest.mark.parametrize("from_page", [True, False])
def test_a_click_is_a_click_and_a_view_only_from_a_page(from_page):
    clicks = {kind for kind in Kind if is_click(kind, from_page=from_page)}
    assert clicks == ({Kind.CLICK, Kind.VIEW} if from_page else {Kind.CLICK})


def test_a_view_answers_only_the_page_it_came_from():
    assert {kind for kind in Kind if is_answer(kind, from_page=False)} == ANSWER_KINDS
    assert {kind for kind in Kind if is_answer(kind, from_page=True)} == ANSWER_KINDS | {Kind.VIEW}
