"""How a shopper judges an item: elimination by aspects, then counting what speaks for it.

Nothing here is a product of vectors. A disliked style or a price beyond the budget rules an item out; what is left is
ranked by the number of aspects that please.

Reference: Tversky, Elimination by aspects, 1972; Simon, A behavioral model of rational choice, 1955.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.synthetic.shoppers import TONES, Population
from recommender.data.types import Bools, Floats, Ints

RULED_OUT = -1
MOST = 5  # aspects that can please


@dataclass(frozen=True)
class Aspects:
    """What can be seen of each item, as columns."""

    style: Ints  # (n,)
    tone: Ints  # (n,)
    brand: Ints  # (n,)
    price_rank: Floats  # (n,)
    on_sale: Bools  # (n,)
    quality: Floats  # (n,)


def aspects_of(catalogue: Catalogue, styles: tuple[str, ...]) -> Aspects:
    """Columns of the catalogue that shoppers look at."""
    brands = sorted({p.brand.name for p in catalogue.products})
    return Aspects(
        style=np.array([styles.index(p.style.slug) for p in catalogue.products], np.int64),
        tone=np.array([TONES.index(p.colour.tone) for p in catalogue.products], np.int64),
        brand=np.array([brands.index(p.brand.name) for p in catalogue.products], np.int64),
        price_rank=catalogue.price_rank,
        on_sale=np.array([p.list_price_minor is not None for p in catalogue.products]),
        quality=catalogue.quality,
    )


@dataclass
class Judge:
    """Appraises items for one shopper as tastes move and brands become familiar."""

    aspects: Aspects
    population: Population
    shopper: int
    familiar: npt.NDArray[np.int64]  # (brands,) satisfied purchases by brand

    def levels(self, items: Ints, day: int, rng: np.random.Generator) -> Ints:
        """(m,) number of pleasing aspects 0 to ``MOST``, or ``RULED_OUT``.

        Args:
            items: (m,) rows of the catalogue.
            day: day of the window; tastes differ after the shopper's drift.
            rng: moods: who is not sensitive to price lets some dear items pass.
        """
        people, u = self.population, self.shopper
        drifted = day >= people.drift_day[u]
        taste = (people.later_style_taste if drifted else people.style_taste)[u]
        style = taste[self.aspects.style[items]].astype(np.int64)
        tone = people.tone_taste[u][self.aspects.tone[items]].astype(np.int64)
        known = self.familiar[self.aspects.brand[items]] * people.loyalty[u] >= 0.3
        sale = self.aspects.on_sale[items] & (people.price_sensitivity[u] > 0.5)
        good = self.aspects.quality[items] > 0.62
        level = (style == 1).astype(np.int64) + (tone == 1) + known + sale + good
        dear = self.aspects.price_rank[items] > people.budget[u] + 0.25
        ruled_out = (style == -1) | (dear & (rng.random(len(items)) < people.price_sensitivity[u]))
        return np.where(ruled_out, RULED_OUT, level)
