"""The generated shop as a snapshot, without a database: what a benchmark of the ranker learns from and is judged on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.collaborative.models import models_fit
from recommender.collaborative.tables import behaviour_tables
from recommender.data.dwell import with_stays
from recommender.data.relations import RelationTable
from recommender.data.sequence_file import ItemTexts
from recommender.data.sequences import sequences_of
from recommender.data.snapshot import ImpressionTable, InteractionTable, ItemTable, ShopperTable, Snapshot
from recommender.data.synthetic.log import Deed, ShownPage
from recommender.data.synthetic.sessions import DemoShop, generate_shop
from recommender.data.types import Floats, Section
from recommender.encoders.config import LearningConfig
from recommender.encoders.whitening import whitening_fit
from recommender.serving.bundle import BundleArrays
from users.kinds import Kind

UNTIL_US = 1_780_000_000_000_000
_OUTCOMES = (Kind.CLICK, Kind.CART, Kind.PURCHASE, Kind.DISLIKE)


@dataclass(frozen=True)
class GeneratedShop:
    """A shop's facts and what its catalogue says."""

    snapshot: Snapshot
    texts: ItemTexts


def generated_shop(*, seed: int, n_products: int, n_shoppers: int, days: int) -> GeneratedShop:
    """The shop that ``load_demo`` writes for these arguments, as columns."""
    made = generate_shop(seed=seed, until_us=UNTIL_US, n_products=n_products, n_shoppers=n_shoppers, days=days)
    catalogue = made.catalogue
    brands = {name: place for place, name in enumerate(sorted({one.brand.name for one in catalogue.products}))}
    products = catalogue.products
    texts = ItemTexts(
        texts=tuple(f"{one.title.en}. {one.description.en}" for one in products),
        brand=np.array([brands[one.brand.name] + 1 for one in products]),
        category=catalogue.kind + 1,
        department=catalogue.department + 1,
    )
    items = ItemTable(
        ids=np.arange(1, len(products) + 1),
        department=texts.department,
        category=texts.category,
        brand=texts.brand,
        group=catalogue.group + 1,
        price_minor=catalogue.price_minor,
        list_price_minor=np.array([one.list_price_minor or -1 for one in products]),
        published_us=catalogue.published_us,
        available=np.array([one.stock > 0 for one in products]),
        texts=texts.texts,
    )
    interactions = _interactions(made.log.deeds)
    impressions = with_stays(_impressions(made), interactions)
    people = ShopperTable.of_ids(np.arange(1, n_shoppers + 1))
    nothing = RelationTable.none()
    return GeneratedShop(
        Snapshot(1, UNTIL_US, items, people, interactions, impressions, nothing, f"demo-{seed}"), texts
    )


def arrays_of(shop: GeneratedShop, text_vectors: Floats, config: LearningConfig) -> BundleArrays:
    """Arrays of a bundle whose encoder has not been trained yet: tables, texts, attributes."""
    snapshot, items = shop.snapshot, shop.snapshot.items
    n = len(items)
    sequences = sequences_of(snapshot.interactions, n_users=len(snapshot.shopper_ids), n_items=n)
    whitening = whitening_fit(text_vectors, dim=config.encoder.embedding_dim)
    return BundleArrays(
        item_ids=items.ids,
        item_vectors=np.zeros((n, config.encoder.embedding_dim), np.float32),
        item_bias=np.zeros(n, np.float32),
        text_vectors=text_vectors.astype(np.float16),
        text_mean=whitening.mean,
        text_whitening=whitening.projection,
        department=items.department,
        category=items.category,
        brand=items.brand,
        price_minor=items.price_minor,
        **behaviour_tables(sequences, config, until_us=snapshot.until_us).arrays(),
        models=models_fit(config.models, sequences, config, until_us=snapshot.until_us),
    )


def _interactions(deeds: Sequence[Deed]) -> InteractionTable:
    kept = [deed for deed in deeds if deed.item >= 0]
    shopper, at_us = (np.array(column) for column in zip(*((deed.shopper, deed.at_us) for deed in kept), strict=True))
    order = np.lexsort((at_us, shopper))
    ordered = [kept[place] for place in order.tolist()]
    return InteractionTable(
        shopper=shopper[order],
        item=np.array([deed.item for deed in ordered]),
        kind=np.array([deed.kind for deed in ordered], np.int8),
        at_us=at_us[order],
        quantity=np.ones(len(ordered), np.int64),
        session=np.array([deed.session + 1 for deed in ordered]),
        order=np.array([deed.order + 1 for deed in ordered]),
        value=np.array([deed.value for deed in ordered], np.float32),
    )


def _impressions(made: DemoShop) -> ImpressionTable:
    """Cards that were seen, with the deeds that name their page."""
    place = {section.value: number for number, section in enumerate(Section)}
    earned = {(deed.page, deed.position, deed.kind) for deed in made.log.deeds if deed.page >= 0}
    rows = [
        (number, shown, slot)
        for number, shown in enumerate(made.log.pages)
        for slot in np.flatnonzero(shown.seen).tolist()
    ]
    outcome = {kind: np.array([(number, slot, kind) in earned for number, _, slot in rows]) for kind in _OUTCOMES}
    pools = [shown.page.pool for shown in made.log.pages]
    return ImpressionTable(
        page=np.array([number for number, _, _ in rows]),
        shopper=np.array([shown.shopper for _, shown, _ in rows]),
        item=np.array([shown.page.items[slot] for _, shown, slot in rows]),
        section=np.array([place[_section(shown, slot)] for _, shown, slot in rows]),
        slot=np.array([slot for _, _, slot in rows]),
        propensity=np.array([shown.page.propensities[slot] for _, shown, slot in rows], np.float32),
        at_us=np.array([shown.at_us for _, shown, _ in rows]),
        clicked=outcome[Kind.CLICK],
        carted=outcome[Kind.CART],
        purchased=outcome[Kind.PURCHASE],
        disliked=outcome[Kind.DISLIKE],
        pool_start=np.concatenate([[0], np.cumsum([len(pool) for pool in pools])]),
        pool_items=np.concatenate(pools),
    )


def _section(shown: ShownPage, slot: int) -> str:
    return shown.page.sections[int(shown.page.section_of[slot])].code
