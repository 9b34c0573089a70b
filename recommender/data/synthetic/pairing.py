"""Which products the shop shows as going together."""

from collections.abc import Iterator

import numpy as np

from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.synthetic.needs import companions_of


def goes_with_pairs(catalogue: Catalogue, *, seed: int) -> Iterator[tuple[int, int, float]]:
    """Source row, target row and weight: for each kind that goes with a product one of the same style, if there is one.

    Args:
        catalogue: whose products.
        seed: of the choice among equals.
    """
    rng = np.random.default_rng([seed, 5])
    styles = np.array([product.style.slug for product in catalogue.products])
    companions = companions_of(catalogue)
    for source in range(len(catalogue)):
        for place, kind in enumerate(companions[int(catalogue.kind[source])]):
            options = catalogue.of_kind[kind]
            options = options[catalogue.group[options] != catalogue.group[source]]
            alike = options[styles[options] == styles[source]]
            options = alike if len(alike) else options
            if len(options):
                yield source, int(options[rng.integers(len(options))]), round(1 / (1 + place), 3)
