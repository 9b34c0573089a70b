"""Shoppers' behaviour: reproducible, within the window, true to cascade and needs, and predictable."""

from collections import Counter, defaultdict

import numpy as np

from recommender.data.synthetic.needs import HALF_LIFE_DAYS, Need
from recommender.data.synthetic.sessions import DemoShop, generate_shop
from recommender.data.types import DAY_US
from users.kinds import Kind


def test_equal_seeds_give_equal_histories(small_shop: DemoShop) -> None:
    again = generate_shop(seed=3, until_us=small_shop.until_us, n_products=240, n_shoppers=60, days=20)
    assert repr(again.log.deeds) == repr(small_shop.log.deeds)
    assert [page.page.propensities.tolist() for page in again.log.pages] == [
        page.page.propensities.tolist() for page in small_shop.log.pages
    ]


def test_everything_happens_within_the_window(small_shop: DemoShop) -> None:
    times = np.array([deed.at_us for deed in small_shop.log.deeds])
    assert times.max() <= small_shop.until_us
    assert times.min() >= small_shop.until_us - 20 * DAY_US


def test_every_kind_of_deed_that_has_no_undo_occurs(small_shop: DemoShop) -> None:
    counts = Counter(deed.kind for deed in small_shop.log.deeds)
    rare = {Kind.RETURN, Kind.SHARE}
    assert set(Kind) - {Kind.UNDO} - rare <= set(counts)
    assert counts[Kind.VIEW] > counts[Kind.CART] > counts[Kind.PURCHASE] > 0


def test_clicks_name_the_card_they_were_made_on(small_shop: DemoShop) -> None:
    clicks = [deed for deed in small_shop.log.deeds if deed.kind == Kind.CLICK]
    assert clicks
    for click in clicks:
        shown = small_shop.log.pages[click.page]
        assert shown.page.items[click.position] == click.item
        assert shown.seen[click.position]
        assert shown.shopper == click.shopper
        assert shown.at_us < click.at_us


def test_cards_are_looked_at_from_the_top_without_gaps(small_shop: DemoShop) -> None:
    for shown in small_shop.log.pages:
        assert (np.diff(shown.seen.astype(int)) <= 0).all()
        assert shown.seen[0]
    depth = [shown.seen.mean() for shown in small_shop.log.pages]
    assert 0.3 < np.mean(depth) < 0.95


def test_a_purchase_was_looked_at_and_put_into_the_basket_before(small_shop: DemoShop) -> None:
    before: dict[int, set[tuple[Kind, int]]] = defaultdict(set)
    for deed in sorted(small_shop.log.deeds, key=lambda deed: deed.at_us):
        if deed.kind == Kind.PURCHASE:
            assert {(Kind.VIEW, deed.item), (Kind.CART, deed.item)} <= before[deed.shopper]
            assert small_shop.log.orders[deed.order][0] == deed.shopper
        before[deed.shopper].add((deed.kind, deed.item))


def test_a_need_halves_in_its_half_life() -> None:
    need = Need(kind=0, urgency=0.8, aspiration=3)
    need.fade(HALF_LIFE_DAYS)
    assert np.isclose(need.urgency, 0.4)


def test_what_comes_next_is_predictable_far_beyond_popularity() -> None:
    shop = generate_shop(seed=5, until_us=1_790_000_000_000_000, n_products=600, n_shoppers=120, days=30)
    sequences: dict[int, list[int]] = defaultdict(list)
    for deed in sorted(shop.log.deeds, key=lambda deed: deed.at_us):
        if deed.kind == Kind.VIEW:
            sequences[deed.shopper].append(deed.item)
    popular: Counter[int] = Counter()
    follows: dict[int, Counter[int]] = defaultdict(Counter)  # what came within four views after an item
    for sequence in sequences.values():
        past = sequence[: int(0.8 * len(sequence))]
        popular.update(past)
        for k, item in enumerate(past):
            for before in past[max(0, k - 4) : k]:
                follows[before][item] += 1
    top = {item for item, _ in popular.most_common(10)}
    by_popularity, by_rules = [], []
    for sequence in sequences.values():
        for k in range(max(1, int(0.8 * len(sequence))), len(sequence)):
            votes = sum((follows[before] for before in sequence[max(0, k - 4) : k]), Counter[int]())
            by_popularity.append(sequence[k] in top)
            by_rules.append(sequence[k] in {item for item, _ in votes.most_common(10)})
    assert len(by_rules) > 500
    assert np.mean(by_rules) > 2.5 * np.mean(by_popularity)


def test_the_truth_is_plain_arrays(small_shop: DemoShop) -> None:
    truth = small_shop.truth()
    assert all(column.dtype != object for column in truth.values())
    assert truth["need_rate"].shape == (60, len(small_shop.catalogue.kinds))
