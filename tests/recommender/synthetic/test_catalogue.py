"""Products: as many as asked, in both languages, priced as shops price, the same for the same seed."""

import re

import pytest

from recommender.data.synthetic.catalogue import MOST, Catalogue, generate_catalogue
from recommender.data.synthetic.pairing import goes_with_pairs
from recommender.data.synthetic.vocabulary import DEPARTMENTS, load_vocabulary
from recommender.data.types import DAY_US, DataError

UNTIL_US = 1_790_000_000_000_000
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return generate_catalogue(seed=7, n_products=2000, until_us=UNTIL_US)


def test_as_many_products_as_asked_over_all_departments(catalogue: Catalogue) -> None:
    assert len(catalogue) == 2000
    assert {product.kind.department for product in catalogue.products} == set(DEPARTMENTS)
    assert len({product.external_id for product in catalogue.products}) == 2000


@pytest.mark.parametrize("n", [100, 240, 999])
def test_other_sizes_are_exact(n: int) -> None:
    assert len(generate_catalogue(seed=1, n_products=n, until_us=UNTIL_US)) == n


def test_the_words_last_for_the_most_and_more_is_refused() -> None:
    assert len(generate_catalogue(seed=1, n_products=MOST, until_us=UNTIL_US)) == MOST
    with pytest.raises(DataError, match="ask for fewer"):
        generate_catalogue(seed=1, n_products=MOST + 1, until_us=UNTIL_US)


def test_equal_seeds_give_equal_products_and_others_do_not(catalogue: Catalogue) -> None:
    assert generate_catalogue(seed=7, n_products=2000, until_us=UNTIL_US).products == catalogue.products
    assert generate_catalogue(seed=8, n_products=2000, until_us=UNTIL_US).products != catalogue.products


def test_every_product_speaks_both_languages(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        assert CHINESE.search(product.title.zh)
        assert CHINESE.search(product.description.zh)
        assert not CHINESE.search(product.title.en + product.description.en)
        assert product.description.en.endswith(".")
        assert product.description.zh.endswith("。")


def test_descriptions_of_a_kind_differ(catalogue: Catalogue) -> None:
    for kind in range(len(catalogue.kinds)):
        groups = {catalogue.products[i].group: catalogue.products[i].description for i in catalogue.of_kind[kind]}
        assert len(set(groups.values())) > 0.6 * len(groups)


def test_colours_of_one_model_share_group_words_and_price(catalogue: Catalogue) -> None:
    by_group: dict[str, list[int]] = {}
    for row, product in enumerate(catalogue.products):
        by_group.setdefault(product.group, []).append(row)
    several = [rows for rows in by_group.values() if len(rows) > 1]
    assert len(several) > 300
    for rows in several:
        variants = [catalogue.products[row] for row in rows]
        assert len({v.price_minor for v in variants}) == 1
        assert len({v.colour.slug for v in variants}) == len(variants)
        assert len({v.title.en for v in variants}) == len(variants)


def test_prices_stay_near_their_kind_and_discounts_are_real(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        assert 0.7 * product.kind.low <= product.price_minor / 100 <= 1.5 * product.kind.high
        assert product.list_price_minor is None or product.list_price_minor > product.price_minor
        assert product.cost_minor < product.price_minor
    on_sale = sum(product.list_price_minor is not None for product in catalogue.products) / len(catalogue)
    assert 0.12 < on_sale < 0.24


def test_some_products_are_days_old_and_none_is_from_the_future(catalogue: Catalogue) -> None:
    ages = [(UNTIL_US - product.published_us) / DAY_US for product in catalogue.products]
    assert min(ages) > 0
    assert sum(age < 7 for age in ages) > 10
    assert sum(age > 60 for age in ages) > 1500


def test_every_kind_that_goes_with_another_exists() -> None:
    vocabulary = load_vocabulary()
    slugs = {kind.slug for kind in vocabulary.kinds}
    assert all(set(kind.goes_with) <= slugs for kind in vocabulary.kinds)
    assert all(category in vocabulary.uses for category in vocabulary.categories)


def test_pairs_never_join_colours_of_one_model(catalogue: Catalogue) -> None:
    pairs = list(goes_with_pairs(catalogue, seed=7))
    assert len(pairs) > 4000
    assert all(catalogue.group[a] != catalogue.group[b] for a, b, _ in pairs)
    assert pairs == list(goes_with_pairs(catalogue, seed=7))
