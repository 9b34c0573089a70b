"""Who shops in the demo shop: what they come to need, what they like and how they look at a page.

None of this is written to the database. Evaluation reads it from a file of its own.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.synthetic.catalogue import Catalogue
from recommender.data.types import Floats, Ints

TONES = ("pale", "dark", "neutral", "earth", "green", "blue", "red")

# What people are busy with: departments or kinds and how much more often they are needed.
THEMES: dict[str, dict[str, float]] = {
    "new-home": {"furniture": 5.0, "lighting": 3.0, "textiles": 3.0, "casserole": 2.0},
    "cook": {"kitchen": 6.0, "cookbook": 6.0, "table-linen": 2.0},
    "parent": {"toys": 6.0, "picture-book": 8.0, "towel": 2.0},
    "reader": {"books": 6.0, "armchair": 2.0, "desk-lamp": 3.0, "notebook": 3.0},
    "gardener": {"garden": 7.0, "nature-book": 4.0, "hand-cream": 3.0},
    "hiker": {"outdoor": 6.0, "boot": 3.0, "nature-book": 3.0, "travel-book": 3.0},
    "wardrobe-her": {"women": 7.0, "shoes": 3.0, "perfume": 2.0},
    "wardrobe-him": {"men": 7.0, "loafer": 3.0, "boot": 3.0, "trainer": 3.0},
    "homebody": {"textiles": 4.0, "candle": 6.0, "beauty": 3.0, "mug": 3.0, "puzzle": 3.0},
    "desk": {"notebook": 6.0, "fountain-pen": 6.0, "desk-lamp": 5.0, "rucksack": 3.0, "design-book": 4.0},
}


@dataclass(frozen=True)
class Population:
    """True parameters of ``u`` shoppers; a kind, style or tone is known by its number."""

    theme: Ints  # (u,) index into THEMES: what they are busy with first …
    second_theme: Ints  # (u,) … and what takes over …
    drift_day: Ints  # (u,) … on this day of the window
    need_rate: Floats  # (u, k) needs per day
    later_need_rate: Floats  # (u, k) the same after the drift
    style_taste: npt.NDArray[np.int8]  # (u, s) -1 dislikes, 0 does not mind, 1 likes
    later_style_taste: npt.NDArray[np.int8]  # (u, s)
    tone_taste: npt.NDArray[np.int8]  # (u, t)
    budget: Floats  # (u,) share of a kind's price range that feels right
    price_sensitivity: Floats  # (u,) chance that a price above the budget rules an item out
    loyalty: Floats  # (u,) weight of a brand bought before
    variety: Floats  # (u,) chance of passing over what was looked at before
    patience: Floats  # (u,) chance of looking at the next card
    visits: Floats  # (u,) sessions per day
    resolve: Floats  # (u,) chance that a basket becomes an order
    chinese: npt.NDArray[np.bool_]  # (u,) reads the shop in Chinese

    def __len__(self) -> int:
        return len(self.theme)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Every column by name, for the file that evaluation reads."""
        return {column.name: getattr(self, column.name) for column in fields(self)}


def generate_population(catalogue: Catalogue, *, seed: int, n_shoppers: int, days: int, n_styles: int) -> Population:
    """Shoppers with themes, tastes and habits; some change theme or style within the window.

    Args:
        catalogue: its kinds are what can be needed.
        seed: equal seeds give equal people.
        n_shoppers: how many.
        days: length of the window in which tastes may drift.
        n_styles: styles there are to like.
    """
    rng = np.random.default_rng([seed, 3])
    theme = rng.integers(len(THEMES), size=n_shoppers)
    second = rng.integers(len(THEMES), size=n_shoppers)
    style = _tastes(n_shoppers, n_styles, 2, rng)
    moved = rng.random((n_shoppers, 1)) < 0.35
    return Population(
        theme=theme,
        second_theme=second,
        drift_day=rng.integers(days // 3, 3 * days, size=n_shoppers),
        need_rate=_need_rates(theme, catalogue, rng),
        later_need_rate=_need_rates(second, catalogue, rng),
        style_taste=style,
        later_style_taste=np.where(moved, _tastes(n_shoppers, n_styles, 2, rng), style),
        tone_taste=_tastes(n_shoppers, len(TONES), 2, rng),
        budget=rng.beta(2.4, 2.2, n_shoppers).astype(np.float32),
        price_sensitivity=rng.beta(3.0, 1.6, n_shoppers).astype(np.float32),
        loyalty=rng.beta(1.5, 2.5, n_shoppers).astype(np.float32),
        variety=rng.beta(1.6, 2.6, n_shoppers).astype(np.float32),
        patience=rng.uniform(0.9, 0.99, n_shoppers).astype(np.float32),
        visits=np.clip(rng.gamma(1.6, 0.17, n_shoppers), 0.04, 1.5).astype(np.float32),
        resolve=rng.uniform(0.45, 0.9, n_shoppers).astype(np.float32),
        chinese=rng.random(n_shoppers) < 0.2,
    )


def _tastes(n: int, options: int, likes: int, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """(n, options) with ``likes`` ones and one minus one in each row."""
    order = np.argsort(rng.random((n, options)), axis=1)
    taste = np.zeros((n, options), np.int8)
    np.put_along_axis(taste, order[:, :likes], 1, axis=1)
    np.put_along_axis(taste, order[:, likes : likes + 1], -1, axis=1)
    return taste


def _need_rates(theme: Ints, catalogue: Catalogue, rng: np.random.Generator) -> Floats:
    """(u, k) needs per day: about one a week in all, most of them within the theme."""
    weights = np.stack(
        [
            [1.0 * own.get(k.department, 0.0) + own.get(k.slug, 0.0) + 0.12 for k in catalogue.kinds]
            for own in THEMES.values()
        ]
    )
    personal = weights[theme] * rng.gamma(0.7, 1.0, (len(theme), len(catalogue.kinds)))  # (u, k)
    personal /= personal.sum(axis=1, keepdims=True)
    pace = rng.gamma(4.0, 0.045, (len(theme), 1))
    return (personal * pace).astype(np.float32)
