"""The registry of the quality table: one line per model, ours and peers'.

A model of ours that is not named here is not measured. Ours run with the shop's defaults on every data set; a ``grid``
of options is for peers, whose authors do not ship one configuration for everything.
"""

from dataclasses import asdict
from functools import partial
from typing import Any

from benchmarks.peers.fit import peer_fit
from benchmarks.quality.ensemble import MEMBERS, ensemble
from benchmarks.quality.stacking import stacked
from benchmarks.quality.work import Answers, Fit, Make, Model, Options, Questions, Work, options_apply, rows_make
from recommender.collaborative import models as collaborative_models
from recommender.collaborative.fitting import Fitting
from recommender.encoders.config import SHOP_DEFAULTS
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.trials.ablation import PARTS, questions_make
from recommender.trials.ablation import Questions as PartQuestions
from recommender.trials.baselines import baselines_fit
from recommender.trials.catalogue import described
from recommender.trials.measure import Task
from recommender.trials.ours import Ours, decided_lists, encoder_lists, model_lists, ours_learn, scored_lists
from recommender.trials.problems import Lesson
from recommender.trials.source_recall import source_recall

OURS = "DPE"
FUSION = "DPE, linear fusion alone"
ENCODER = "Transformer"
BASELINES = ("popular", "recency-popular", "own frequency", "sequential rules", "item-kNN")
ROOMS = ("data", "encoders", "collaborative", "language", "retrieval", "ranking", "slate", "serving", "trials")
CODE = tuple(f"recommender/{room}" for room in ROOMS)
COLLABORATIVE = tuple(
    f"recommender/{room}" for room in ("data", "collaborative", "trials/baselines.py", "trials/ours.py")
)
PEERS = ("benchmarks/peers",)
PEER_MINUTES = 30.0
"""Of learning, for peers that learn step by step: several times what all of ours takes on any of these problems."""


def whole(lesson: Lesson, questions: Questions, work: Work, chosen: Any) -> Answers:
    """The shop's defaults: ``decide`` over everything, without second stage, and the encoder alone, of one training."""
    ours = _learn(lesson, work, chosen, fused=True)
    makes: dict[str, Make] = {
        OURS: partial(decided_lists, ours),
        FUSION: partial(decided_lists, ours.fusion_alone()),
        ENCODER: partial(encoder_lists, ours.bundle),
    }
    details = {
        "epochs": ours.chosen.epochs,
        "weighing": {"all" if repeats else "new": one.to_json() for repeats, one in ours.chosen.weights.items()},
    }
    if work.seed == 0:  # what looks at parts is told of one seed
        details |= parts_examine(ours, lesson, questions)
    return Answers(rows_make(makes, questions), ours.chosen, details)


def parts_examine(ours: Ours, lesson: Lesson, questions: Questions) -> dict[str, Any]:
    """Recall of the sources on every question, and what each part is worth on the third of the validation shoppers."""
    first = {name: tasks[0] for name, tasks in questions.items()}
    recall = {name: asdict(source_recall(ours.bundle_for(task), task)) for name, task in first.items()}
    if lesson.validation is None:
        return {"recall": recall}
    fit, judge = (
        questions_make(ours.bundle, Task(lesson.train, third, repeats=lesson.repeats, now_us=lesson.now_us))
        for third in (lesson.validation.fusion, lesson.validation.report)
    )
    asked = PartQuestions(fit, judge)
    parts = [name for name, part in PARTS.items() if name not in MODEL_SOURCES or name in ours.bundle.arrays.models]
    return {"recall": recall, "ablation": {part: asdict(asked.gain(part, parts)) for part in parts}}


def encoder_alone(lesson: Lesson, questions: Questions, work: Work, chosen: Any, *, name: str) -> Answers:
    """One encoder by itself, every item ranked."""
    ours = _learn(lesson, work, chosen, fused=False)
    lists = rows_make({name: partial(encoder_lists, ours.bundle)}, questions)
    return Answers(lists, ours.chosen, {"epochs": ours.chosen.epochs})


def counted(lesson: Lesson, questions: Questions, work: Work, chosen: Any) -> Answers:
    """The untrained baselines, all at once because they cost seconds."""
    fitted = baselines_fit(lesson.train, SHOP_DEFAULTS, now_us=lesson.now_us)
    return Answers(rows_make({one.name: partial(scored_lists, one.score) for one in fitted}, questions))


def collaborative(lesson: Lesson, questions: Questions, work: Work, chosen: Any, *, name: str, model: str) -> Answers:
    """One model of ``collaborative.models`` by itself."""
    texts, triples = work.texts, described(work.texts)
    fitting = Fitting(seed=work.seed, until_us=lesson.now_us, department=texts.department, triples=triples)
    config = options_apply(SHOP_DEFAULTS, work.options)
    fitted = collaborative_models.MODELS[model](lesson.train, config, fitting)
    return Answers(rows_make({name: partial(model_lists, fitted)}, questions))


def _learn(lesson: Lesson, work: Work, chosen: Any, *, fused: bool) -> Ours:
    folder = work.scratch / ("again" if chosen else "bundle")
    config = options_apply(SHOP_DEFAULTS, work.options)
    return ours_learn(
        folder, lesson, work.catalogue, config, seed=work.seed, stages=work.stages, chosen=chosen, fused=fused
    )


def _encoder(name: str, **options: Any) -> Model:
    fit: Fit = partial(encoder_alone, name=name)
    return Model(name, fit, (name,), CODE, ({f"encoder.{key}": value for key, value in options.items()},))


def _collaborative(name: str, model: str, *, seeded: bool = True) -> Model:
    return Model(name, partial(collaborative, name=name, model=model), (name,), COLLABORATIVE, seeded=seeded)


def _variant(name: str, **options: Any) -> Model:
    """The whole stack with some options changed; ``__`` stands for a dot."""

    def fit(lesson: Lesson, questions: Questions, work: Work, chosen: Any) -> Answers:
        found = whole(lesson, questions, work, chosen)
        return Answers({name: found.lists[OURS]}, found.chosen, found.details)

    return Model(name, fit, (name,), CODE, ({key.replace("__", "."): value for key, value in options.items()},))


def _peer(name: str, module: str, model: str, *grid: Options, seeded: bool = True) -> Model:
    fit: Fit = partial(peer_fit, name=name, module=f"benchmarks.peers.{module}", model=model)
    return Model(name, fit, (name,), PEERS, grid, seeded=seeded, max_minutes=PEER_MINUTES)


_RIDGES: tuple[Options, ...] = tuple({"regularization": ridge} for ridge in (500.0, 100.0, 250.0, 1000.0))
_KINDS: tuple[Options, ...] = tuple({"kind": kind, "K": 200} for kind in ("cosine", "tfidf", "bm25"))
_SMALL: Options = {"n_factors": 64, "n_heads": 2, "session_max_len": 50}
_WIDE: Options = {"n_factors": 128, "n_heads": 2, "session_max_len": 50}

_STACKED = "peers, stacked"
_SEVERAL = f"{MEMBERS} Transformers"

_STACKABLE: tuple[Model, ...] = (
    _peer("RecTools EASE", "matrix_models", "EASE", *_RIDGES, seeded=False),
    _peer("implicit item-kNN", "matrix_models", "item-kNN", *_KINDS, seeded=False),
    _peer(
        "implicit ALS",
        "matrix_models",
        "ALS",
        {"factors": 64, "alpha": 1.0},
        {"factors": 64, "alpha": 10.0},
        {"factors": 128, "alpha": 5.0, "regularization": 0.1},
        {"factors": 128, "alpha": 40.0, "regularization": 0.1},
    ),
    _peer(
        "RecTools SASRec",
        "rectools_transformers",
        "SASRec",
        _WIDE | {"dropout_rate": 0.3, "layers": "ligr", "loss": "sampled_softmax", "n_negatives": 256},  # eSASRec
        _SMALL | {"dropout_rate": 0.3},
        _WIDE | {"dropout_rate": 0.3},
        _WIDE | {"dropout_rate": 0.5, "lr": 2e-3},
    ),
)

MODELS: tuple[Model, ...] = (
    Model("baselines", counted, BASELINES, COLLABORATIVE, seeded=False),
    _collaborative("segment-popular", "segment_popular", seeded=False),
    _collaborative("EASE (ours)", "ease", seeded=False),
    _collaborative("ALS (ours)", "als"),
    _collaborative("Mult-VAE", "vae"),
    _collaborative("graph", "graph"),
    _collaborative("CFGAN", "gan"),
    *_STACKABLE,
    _peer(
        "RecTools BERT4Rec",
        "rectools_transformers",
        "BERT4Rec",
        _SMALL | {"dropout_rate": 0.3, "lr": 2e-3},
        _WIDE | {"dropout_rate": 0.3},
        _WIDE | {"dropout_rate": 0.3, "mask_prob": 0.3},
        _WIDE | {"dropout_rate": 0.2, "lr": 2e-3},
    ),
    Model(
        _STACKED,
        partial(stacked, name=_STACKED, peers=_STACKABLE),
        (_STACKED,),
        (*PEERS, "benchmarks/quality/stacking.py", "recommender/ranking/fusion_fitting.py"),
        max_minutes=PEER_MINUTES,
    ),
    _encoder("GRU", family="gru"),
    _encoder("LSTM", family="lstm"),
    _encoder("convolution", family="convolution"),
    _encoder("masked Transformer", family="masked"),
    _encoder("Transformer, gBCE", loss="gbce"),
    _encoder("Transformer, time between entries", time_bias=True),
    _encoder("Transformer, augmented", crop_share=0.2, hide_share=0.1, reorder_share=0.1, substitute_share=0.1),
    _encoder("Transformer, adversarial vectors", adversarial=0.1),
    _encoder("Transformer, last weights", weight_average=0.0),
    _encoder("Transformer, half of popularity not learned", logq=0.5),
    _encoder("Transformer, inverse propensity", inverse_propensity=0.3),
    Model(_SEVERAL, partial(ensemble, name=_SEVERAL), (_SEVERAL,), CODE),
    Model(OURS, whole, (OURS, FUSION, ENCODER), CODE),
    _variant("DPE without EASE", models=()),
    _variant("DPE with ALS", models=("ease", "als")),
    _variant("DPE, time between entries", encoder__time_bias=True),
)


def model_named(name: str) -> Model:
    """The registry's line of a name."""
    return next(model for model in MODELS if model.name == name)
