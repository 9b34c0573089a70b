"""Rows of a generated shop's logged pages, made once and kept as columns."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.generated_shop import arrays_of, generated_shop
from dpe_site import environment
from recommender.data.absent import Absent
from recommender.data.types import DataError, Encoder, Floats, Ints
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.encoders.trained import no_progress
from recommender.ranking.components import components_compute
from recommender.ranking.fusion import DEFAULT_WEIGHTS
from recommender.ranking.ranker_config import RankerConfig
from recommender.ranking.ranker_rows import ranker_rows
from recommender.ranking.training_rows import TrainingRows
from recommender.trials.catalogue import catalogue_of


@dataclass(frozen=True)
class Size:
    """How much is generated."""

    products: int = 2000
    shoppers: int = 500
    days: int = 60


@dataclass(frozen=True)
class ShopRows:
    """What one generated shop gives a ranker."""

    rows: TrainingRows
    offset: Floats  # (n,)
    shown: Ints  # (n,) times the card's item had been shown in all logged pages
    pages: int
    shoppers: int


class _NeverAsked(Encoder):
    """In place of the bundle's encoder: pages are explained by an encoder of the past alone."""

    dim, max_length = SHOP_DEFAULTS.encoder.embedding_dim, SHOP_DEFAULTS.encoder.max_length

    def encode(self, vectors: Floats, kinds: Ints, lengths: Ints, hours: Floats | None = None) -> Floats:
        """Nobody asks."""
        raise DataError("the log is too short for an encoder of the past; generate more days")


def shop_rows(seed: int, size: Size, kept: Path | None) -> ShopRows:
    """Rows of the shop with this seed; opened where they stand in ``kept`` already."""
    path = kept / f"rows-{size.products}-{size.shoppers}-{size.days}-{seed}.npz" if kept else None
    if path is not None and path.exists():
        return _open(path)
    made = _make(seed, size)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {one.name: getattr(made.rows, one.name) for one in fields(TrainingRows)}
        np.savez(path, **columns, offset=made.offset, shown=made.shown, sizes=[made.pages, made.shoppers])
    return made


def _open(path: Path) -> ShopRows:
    with np.load(path, allow_pickle=False) as file:
        rows = TrainingRows(**{one.name: file[one.name] for one in fields(TrainingRows)})
        pages, shoppers = file["sizes"].tolist()
        return ShopRows(rows, file["offset"], file["shown"], pages, shoppers)


def _make(seed: int, size: Size) -> ShopRows:
    shop = generated_shop(seed=seed, n_products=size.products, n_shoppers=size.shoppers, days=size.days)
    vectors = catalogue_of(shop.texts, home=environment.home()).text_vectors
    made = ranker_rows(
        shop.snapshot,
        arrays_of(shop, np.asarray(vectors, np.float32), SHOP_DEFAULTS),
        _NeverAsked(),
        components_compute,
        fuse=DEFAULT_WEIGHTS.fuse,
        config=RankerConfig(),
        learning=SHOP_DEFAULTS,
        deeds=None,
        encoder_saw_pages=True,
        seed=seed,
        device="cpu",
        progress=no_progress,
    )
    impressions = shop.snapshot.impressions
    if isinstance(made, Absent) or impressions is None:
        raise DataError("this shop showed too few pages; generate more shoppers or days")
    shown = np.bincount(impressions.item, minlength=size.products)[impressions.item[made.rows.impression]]
    pages = len(np.unique(made.rows.page))
    return ShopRows(made.rows, made.offset, shown, pages, size.shoppers)
