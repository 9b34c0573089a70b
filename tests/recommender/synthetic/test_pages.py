"""The logging policy: its probabilities are the ones it draws with."""

from itertools import pairwise

import numpy as np
import pytest

from recommender.data.synthetic.catalogue import generate_catalogue
from recommender.data.synthetic.pages import EPSILON, NEW_DAYS, POOL, TEMPERATURE, LoggingPolicy, slot_probabilities
from recommender.data.synthetic.sessions import DemoShop
from recommender.data.types import DAY_US, Section

UNTIL_US = 1_790_000_000_000_000
NOBODY = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def policy() -> LoggingPolicy:
    catalogue = generate_catalogue(seed=7, n_products=600, until_us=UNTIL_US)
    policy = LoggingPolicy(catalogue, np.array([product.stock > 0 for product in catalogue.products]))
    policy.begin_day(np.random.default_rng(0).gamma(1.0, 5.0, 600).astype(np.float32), UNTIL_US)
    return policy


@pytest.fixture(scope="module")
def affinity(policy: LoggingPolicy) -> np.ndarray:
    share = np.zeros(int(policy.catalogue.department.max()) + 1, np.float32)
    share[[2, 5]] = 0.7, 0.3
    return share


def test_probabilities_sum_to_one_and_forbid_what_is_placed() -> None:
    scores = np.array([1.0, 5.0, -2.0, 0.0])
    allowed = np.array([True, False, True, True])
    chances = slot_probabilities(scores, allowed, 0.5, 0.1)
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert chances[1] == 0.0
    # by hand: exp(2·(s − 1)) = 1, e^-6, e^-2 over the three that are left
    raised = np.array([1.0, np.exp(-6.0), np.exp(-2.0)])
    assert chances[[0, 2, 3]] == pytest.approx(0.9 * raised / raised.sum() + 0.1 / 3)


def test_first_slot_is_drawn_as_often_as_it_says(policy: LoggingPolicy, affinity: np.ndarray) -> None:
    pool = policy.pool(affinity, NOBODY)
    said = slot_probabilities(policy.scores(pool, affinity), np.ones(len(pool), bool), TEMPERATURE, EPSILON)
    rng = np.random.default_rng(1)
    draws = 4000
    first = np.array([policy.draw(affinity, NOBODY, rng).items[0] for _ in range(draws)])
    counted = np.array([(first == item).sum() for item in pool]) / draws
    assert np.abs(counted - said).max() < 4.5 * np.sqrt(said.max() * (1 - said.max()) / draws)


def test_logged_probabilities_follow_from_pool_and_prefix(policy: LoggingPolicy, affinity: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        page = policy.draw(affinity, NOBODY, rng)
        scores = policy.scores(page.pool, affinity)
        free = np.ones(len(page.pool), bool)
        for item, section, chance in zip(page.items, page.section_of, page.propensities, strict=True):
            cut = np.ones(len(page.pool), bool)
            if page.sections[section].code == Section.DEPARTMENT_TREND:
                cut = policy.catalogue.department[page.pool] == page.sections[section].subject
            elif page.sections[section].code == Section.NEW_FOR_YOU:
                cut = UNTIL_US - policy.catalogue.published_us[page.pool] < NEW_DAYS * DAY_US
            row = int(np.flatnonzero(page.pool == item)[0])
            assert chance == pytest.approx(slot_probabilities(scores, free & cut, TEMPERATURE, EPSILON)[row])
            free[row] = False


def test_a_stranger_sees_no_department_row(policy: LoggingPolicy, affinity: np.ndarray) -> None:
    page = policy.draw(np.zeros_like(affinity), NOBODY, np.random.default_rng(3))
    assert Section.DEPARTMENT_TREND not in {section.code for section in page.sections}


def test_no_item_or_model_twice_in_a_visit(small_shop: DemoShop) -> None:
    group = small_shop.catalogue.group
    pages = small_shop.log.pages
    assert len(pages) > 200
    for shown in pages:
        assert len(np.unique(group[shown.page.items])) == len(shown.page.items)
        assert len(shown.page.pool) <= POOL
        assert set(shown.page.items) <= set(shown.page.pool)
    for one, two in pairwise(pages):
        if two.number == 1:
            assert one.session == two.session
            assert not set(group[one.page.items]) & set(group[two.page.items])


def test_pages_show_only_what_was_on_sale(small_shop: DemoShop) -> None:
    for shown in small_shop.log.pages:
        assert (small_shop.catalogue.published_us[shown.page.items] <= shown.at_us).all()
