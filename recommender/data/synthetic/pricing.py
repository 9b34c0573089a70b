"""Prices as shops write them."""

import numpy as np

from recommender.data.synthetic.vocabulary import Kind

_DISCOUNTS = (0.15, 0.2, 0.25, 0.3, 0.4)


def make_price(kind: Kind, factor: float, rng: np.random.Generator) -> int:
    """A model's price in pence: within its kind's range, dearer by material and brand, with a shop's ending.

    Args:
        kind: its range ``low`` to ``high`` pounds is meant for a factor of 1.
        factor: material × brand, about 0.6 to 2.6.
        rng: where in the range the model lies; the cheap half is the fuller one.
    """
    place = float(rng.beta(1.8, 2.8))
    pounds = kind.low * (kind.high / kind.low) ** place * factor**0.7
    return with_ending(float(np.clip(pounds, 0.8 * kind.low, 1.4 * kind.high)))


def with_ending(pounds: float) -> int:
    """The nearest price with a usual ending, in pence.

    Below £20 prices end in .50 or .95, below £100 in whole pounds less a few, above in 5 and 9.
    """
    if pounds < 20:
        whole = int(pounds)
        return whole * 100 + (50 if pounds - whole < 0.6 else 95)
    if pounds < 100:
        return round(pounds) * 100
    if pounds < 300:
        tens = round(pounds / 10) * 10
        return (tens - 1) * 100 if tens % 20 else (tens - 5) * 100
    return (round(pounds / 50) * 50 - 5) * 100


def discounted(price_minor: int, rng: np.random.Generator) -> int:
    """The price before a discount of 15 to 40 %, with a usual ending, always above ``price_minor``."""
    share = _DISCOUNTS[int(rng.integers(len(_DISCOUNTS)))]
    before = with_ending(price_minor / 100 / (1 - share))
    return before if before > price_minor else price_minor + max(100, price_minor // 10)
