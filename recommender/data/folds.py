"""Two halves of the shoppers, so that whatever is learned from one is judged on the other."""

import numpy as np

from recommender.data.types import Ints

FOLDS = 2


def shopper_folds(n_shoppers: int, *, seed: int) -> Ints:
    """(u,) half of each shopper, 0 or 1; the same for everything trained with one seed."""
    return np.random.default_rng([seed, 20_000]).permutation(n_shoppers) % FOLDS
