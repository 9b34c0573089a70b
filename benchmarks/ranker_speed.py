"""What scoring 500 candidates costs on one thread: components, features, network."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.generated_shop import arrays_of, generated_shop
from benchmarks.ranker_rows import ShopRows, Size
from recommender.data.onnx_model import OnnxModel
from recommender.data.profile import profile_of
from recommender.data.types import Context, Floats, Gathered, History, Ints
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.ranking.binary_metrics import Platt
from recommender.ranking.candidate_tables import CandidateTables
from recommender.ranking.components import components_of
from recommender.ranking.cross_fitting import CrossFit
from recommender.ranking.features import features
from recommender.ranking.logged_pages import HISTORY, gathered_of
from recommender.ranking.multi_task_training import net_export
from recommender.ranking.rank import rank
from recommender.ranking.ranker_config import RankerConfig
from recommender.serving.bundle import BundleArrays

CANDIDATES, WARM_UP, REPEATS = 500, 50, 400


@dataclass(frozen=True)
class Speed:
    """Milliseconds of processor time, medians; shares are of one request with a full history."""

    components: float
    features: float
    network: float
    features_and_network: float
    features_and_network_p99: float
    parity: float  # largest difference between torch and onnxruntime


@dataclass(frozen=True)
class _Asked:
    context: Context
    gathered: Gathered
    arrays: BundleArrays
    history_index: Ints
    state: Floats

    def components(self) -> Floats:
        profile = profile_of(self.context, self.history_index)
        tables = CandidateTables.of(profile, self.gathered, self.arrays, self.context.now_us)
        scores: Floats = components_of([profile], tables, self.state[None])[0]
        return scores


def speed_measure(shop: ShopRows, size: Size, config: RankerConfig, scratch: Path) -> Speed:
    """Time a net fitted on ``shop`` on the busiest shopper of a shop and 500 of its items."""
    fit = CrossFit(shop.rows, shop.offset, config, 0, torch.device("cpu"))
    net = fit.net(~fit.late, 0)
    parity = net_export(net, (Platt(0.9, -0.1),) * shop.rows.labels.shape[1], scratch / "ranker.onnx")
    network, asked = OnnxModel(scratch / "ranker.onnx"), _asked(size)
    scored = asked.components()

    def made() -> Floats:
        return features(asked.context, asked.gathered, asked.arrays, asked.history_index, scored)

    inputs = made()
    parts = (asked.components, made, lambda: rank(network, inputs), lambda: rank(network, made()))
    spent = _milliseconds(parts)
    medians = np.median(spent, axis=0)
    return Speed(*medians.tolist(), float(np.quantile(spent[:, 3], 0.99)), parity)


def _milliseconds(parts: tuple[Callable[[], object], ...]) -> np.ndarray:
    """(REPEATS, parts) processor time, the parts in turn so that a busy spell meets all of them."""
    spent = np.zeros((WARM_UP + REPEATS, len(parts)))
    for turn in range(len(spent)):
        for number, part in enumerate(parts):
            began = time.process_time()
            part()
            spent[turn, number] = 1000 * (time.process_time() - began)
    return spent[WARM_UP:]


def _asked(size: Size) -> _Asked:
    """The busiest shopper, and candidates drawn at random; vectors are noise, which costs as much as learned ones."""
    rng = np.random.default_rng(0)
    shop = generated_shop(seed=0, n_products=size.products, n_shoppers=size.shoppers, days=size.days)
    facts, items = shop.snapshot.interactions, shop.snapshot.items
    texts = rng.normal(size=(len(items), 384)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    arrays = arrays_of(shop, texts, SHOP_DEFAULTS)
    arrays = replace(arrays, item_vectors=rng.normal(size=arrays.item_vectors.shape).astype(np.float32))
    mine = np.flatnonzero(facts.shopper == np.bincount(facts.shopper).argmax())[-HISTORY:]
    history = History(items.ids[facts.item[mine]], facts.kind[mine], facts.at_us[mine])
    context = Context(1, 1, "", "homepage", shop.snapshot.until_us, history)
    index = np.sort(rng.choice(len(items), min(CANDIDATES, len(items)), replace=False))
    trend = rng.gamma(1.0, 3.0, len(index)).astype(np.float32)
    state = rng.normal(size=SHOP_DEFAULTS.encoder.embedding_dim).astype(np.float32)
    return _Asked(context, gathered_of(shop.snapshot, index, trend), arrays, facts.item[mine], state)
