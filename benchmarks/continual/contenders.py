"""Four ways to live on after a first training, each as the bundle that would serve in a week.

``update`` goes on from last week's weights with replay, exactly as the shop's own update does; ``scratch`` learns from
everything anew; ``frozen`` keeps the first encoder and counts anew; ``never`` is the first bundle itself.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.continual.weeks import WEEK_US, Past, Week, past_of
from recommender.data.files import whole_folder
from recommender.data.sequences import Sequences
from recommender.data.splits import time_split, validation_thirds
from recommender.data.types import DAY_US, Floats, Ints
from recommender.encoders.config import LearningConfig
from recommender.encoders.export import encoder_export
from recommender.encoders.inputs import tower_run
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.training_loop import encoder_train
from recommender.encoders.update import UpdateConfig
from recommender.encoders.warm_start import warm_start_read, weights_write
from recommender.evaluation.metrics import ndcg
from recommender.serving.bundle import Bundle, BundleArrays, bundle_load, bundle_write
from recommender.training.holdout import Holdout, newest_kept_back
from recommender.training.recipe import HoldoutConfig
from recommender.training.update_lessons import update_lessons
from recommender.trials.ask import answers, lists_of
from recommender.trials.catalogue import Catalogue
from recommender.trials.cold_items import catalogue_part
from recommender.trials.learn import Stages, Weighing, arrays_fit, bundle_with, trial_learn
from recommender.trials.lists import Lists
from recommender.trials.measure import measure_lists
from recommender.trials.ours import encoder_lists

UPDATE, SCRATCH, FROZEN, NEVER = CONTENDERS = ("update", "scratch", "frozen", "never")
ENCODER, FUSION = VIEWS = ("encoder alone", "linear fusion")
WEIGHED_US = 28 * DAY_US
"""How long before the first training the customers' next baskets are looked at to weigh the fusion."""


@dataclass(frozen=True)
class Shop:
    """What all contenders share."""

    whole: Sequences
    catalogue: Catalogue
    config: LearningConfig
    update: UpdateConfig
    holdout: HoldoutConfig
    first_us: int
    nights: int  # updates per week
    seed: int
    stages: Stages

    def held(self, past: Past) -> Holdout:
        """What is learned and what stops the encoder, as in the shop's own training."""
        ids = np.arange(1, len(past.sequences) + 1, dtype=np.int64)
        return newest_kept_back(past.sequences, ids, self.holdout, otherwise_us=past.until_us)

    def items(self, past: Past) -> Catalogue:
        """The items met by then."""
        return catalogue_part(self.catalogue, past.vocabulary)


@dataclass(frozen=True)
class Taught:
    """A trained encoder and what it cost."""

    encoder: TrainedEncoder
    seconds: float  # of the processor
    entries: int  # read per epoch


@dataclass(frozen=True)
class Contender:
    """A bundle and the items it knows."""

    bundle: Bundle
    vocabulary: Ints  # (n,) index among all items of the shop


def weighing_before(shop: Shop, folder: Path) -> Weighing:
    """The fusion that serves throughout: weighed once, on baskets before the first training."""
    past = past_of(shop.whole, shop.first_us)
    earlier_us = shop.first_us - WEIGHED_US
    split = time_split(past.sequences, earlier_us)
    thirds = validation_thirds(split.targets, seed=shop.seed)
    trial = trial_learn(
        folder,
        split.train,
        shop.items(past),
        shop.config,
        seed=shop.seed,
        stages=shop.stages,
        thirds=thirds,
        now_us=earlier_us,
        repeats=True,
    )
    shutil.rmtree(folder)
    return trial.weighing.fusion_alone()


def taught(shop: Shop, past: Past, base: Path | None, since_us: int = 0) -> Taught:
    """Teach an encoder from scratch, or the one of a bundle what happened since.

    Args:
        shop: what is shared.
        past: what to learn from.
        base: the bundle's folder; None: from scratch.
        since_us: end of what it has learned from.
    """
    held, items, config = shop.held(past), shop.items(past), shop.config.encoder
    shop.stages("encoder", 0, 1)
    began = time.process_time()
    warm, lessons = None, None
    if base is not None:
        warm = warm_start_read(base, past.ids, config)
        lessons = update_lessons(held.train, since_us, config, shop.update, seed=shop.seed)
        config = shop.update.applied(config)
    encoder = encoder_train(
        held.train,
        items.text_vectors,
        config,
        validation=held.thirds.stop,
        seed=shop.seed,
        warm=warm,
        learn_from=lessons,
        facts=items.facts,
        progress=lambda step, total, loss: shop.stages(f"encoder (loss {loss:.2f})", step, total),
    )
    read = len(held.train.item) if lessons is None else int(lessons.sum())
    return Taught(encoder, time.process_time() - began, read)


def updated(shop: Shop, week: Week, base: Path, folder: Path) -> tuple[Taught, float]:
    """The week's updates, one after the other; the last one and the processor seconds of all.

    Args:
        shop: what is shared.
        week: the week that the last update precedes.
        base: bundle at the beginning of the week before.
        folder: for the bundles between two updates.
    """
    total, since_us = 0.0, week.begin_us - WEEK_US
    for night in range(1, shop.nights + 1):
        past = past_of(shop.whole, week.begin_us - WEEK_US + WEEK_US * night // shop.nights)
        lesson = taught(shop, past, base, since_us)
        total += lesson.seconds
        if night < shop.nights:
            base, since_us = folder / f"night-{night}", past.until_us
            weights_keep(lesson.encoder, past, base)
    return lesson, total


def weights_keep(trained: TrainedEncoder, past: Past, folder: Path) -> None:
    """Leave what the next update begins with."""
    with whole_folder(folder) as draft:
        weights_write(trained, draft)
        np.save(draft / "item_ids.npy", past.ids)
        np.save(draft / "text_mean.npy", trained.whitening.mean)
        np.save(draft / "text_whitening.npy", trained.whitening.projection)


def counted(shop: Shop, past: Past, trained: TrainedEncoder) -> tuple[BundleArrays, float]:
    """Arrays of a bundle around an encoder, and the processor seconds that its counts and item models cost."""
    began = time.process_time()
    held = shop.held(past)
    arrays = arrays_fit(held.train, shop.items(past), shop.config, trained, now_us=past.until_us, seed=shop.seed)
    return replace(arrays, item_ids=past.ids), time.process_time() - began


def bundle_make(shop: Shop, arrays: BundleArrays, trained: TrainedEncoder, folder: Path) -> Bundle:
    """A bundle on disk: given counts around a trained encoder."""
    own = replace(
        arrays,
        item_vectors=trained.item_vectors,
        item_bias=trained.item_bias,
        text_mean=trained.whitening.mean,
        text_whitening=trained.whitening.projection,
    )
    about = {
        "shop_id": 0,
        "item_dim": trained.config.embedding_dim,
        "max_length": trained.config.max_length,
        "text_encoder": "",
        "recipe": shop.config.to_json(),
    }
    with whole_folder(folder) as draft:
        encoder_export(trained, draft, seed=shop.seed)
        weights_write(trained, draft)
        bundle_write(draft, own, about)
    return bundle_load(folder, verify=False)


def frozen(shop: Shop, first: Contender, arrays: BundleArrays, past: Past) -> Bundle:
    """The first encoder among today's counts; items that came since have the vector that the item tower makes."""
    came = np.flatnonzero(~np.isin(past.vocabulary, first.vocabulary))
    kept = np.flatnonzero(np.isin(past.vocabulary, first.vocabulary))
    learned, items = first.bundle.arrays, catalogue_part(shop.catalogue, past.vocabulary[came])
    vectors = np.zeros((len(past.vocabulary), learned.item_vectors.shape[1]), np.float32)
    bias = np.full(len(past.vocabulary), np.asarray(learned.item_bias).mean(), np.float32)
    vectors[kept], bias[kept] = learned.item_vectors, learned.item_bias
    if len(came) and first.bundle.item_tower is not None and items.text_vectors is not None:
        text = np.nan_to_num(np.asarray(items.text_vectors, np.float32))
        vectors[came] = tower_run(first.bundle.item_tower, text, items.facts)
    own = replace(
        arrays,
        item_vectors=vectors,
        item_bias=bias,
        text_mean=learned.text_mean,
        text_whitening=learned.text_whitening,
    )
    return Bundle(first.bundle.path, first.bundle.manifest, own)


def gains(contender: Contender, weighing: Weighing, week: Week) -> Mapping[str, Floats]:
    """View → (v,) NDCG@10 of the week's baskets, all items ranked, items already met included."""
    task, bundle = week.task(contender.vocabulary), bundle_with(contender.bundle, weighing)
    users = task.targets.users
    found = answers(bundle, task.sequences, users, now_us=task.now_us, repeats=True)
    lists: dict[str, Lists] = {ENCODER: encoder_lists(bundle, task), FUSION: lists_of(found, len(users))}
    popularity = np.asarray(bundle.arrays.popularity)
    return {view: ndcg(measure_lists(view, task, one, popularity).ranks, 10) for view, one in lists.items()}
