"""One small generated shop for the tests of this folder."""

import pytest

from recommender.data.synthetic.sessions import DemoShop, generate_shop

UNTIL_US = 1_790_000_000_000_000


@pytest.fixture(scope="session")
def small_shop() -> DemoShop:
    """240 products, 60 shoppers, 20 days."""
    return generate_shop(seed=3, until_us=UNTIL_US, n_products=240, n_shoppers=60, days=20)
