"""Steps that turn what was learned into a bundle that serves: write, judge, index, catch up, promote, put away."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from catalog.moments import moment_of
from recommender.data.absent import Absent
from recommender.data.files import whole_folder
from recommender.data.sessions import visit_count
from recommender.data.types import ArtifactMismatch, Floats
from recommender.embedding import items_catch_up
from recommender.encoders.warm_start import WEIGHTS
from recommender.evaluation.metrics import hit_rate, ndcg, reciprocal_rank
from recommender.evaluation.promotion_gate import GateResult, Verdict, gate_judge
from recommender.jobs import JobProgress
from recommender.models import BundleVersion, GateAttempt, Live, LiveChange
from recommender.retrieval.sources import MODEL_SOURCES
from recommender.serving.bundle import SECOND_STAGE, START_STATES, Bundle, bundle_load, bundle_write
from recommender.serving.decide import decide
from recommender.store.bundles import bundle_index, bundle_open, bundle_path, bundle_promote, bundles_retire
from recommender.store.doubt import DOUBT
from recommender.training.absent_words import NOT_NAMED, NOTHING_KNOWN
from recommender.training.draft import Draft
from recommender.training.gate_words import gate_words
from recommender.training.image_step import ENCODER
from recommender.training.judging import bundle_ranks, popularity_ranks

ANCHOR_FOR = timedelta(days=30)
NETWORKS = {
    "state_encoder.onnx": "encoder",
    "item_tower.onnx": "encoder",
    START_STATES: "start_states",
    SECOND_STAGE: "fusion",
    "ranker.onnx": "ranker",
    "policy.onnx": "policy",
}
"""Files of the bundle that a learning step left ready, and the step."""
Status = BundleVersion.Status


def bundle_version(draft: Draft) -> BundleVersion:
    """The row of this training's bundle; a resumed training finds the one it made."""
    path = f"{draft.shop.code}/{draft.fingerprint[:16]}"
    version, _ = BundleVersion.objects.get_or_create(shop=draft.shop, path=path)
    return version


def write_step(draft: Draft, progress: JobProgress) -> None:
    """Write the bundle's folder and fill its row."""
    version = bundle_version(draft)
    final = bundle_path(version)
    if not final.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(final) as folder:
            _networks_place(draft, folder)
            bundle_write(folder, draft.arrays, _manifest(draft))
    manifest = bundle_open_fresh(final).manifest
    BundleVersion.objects.filter(pk=version.pk).update(
        fingerprint=manifest.fingerprint,
        recipe=manifest.recipe,
        window=manifest.window,
        evaluation=manifest.evaluation,
        absent={name: absent.to_json() for name, absent in _absences(draft).items()},
        n_items=len(draft.arrays.item_ids),
    )
    progress.log(f"bundle {version.pk} written, fingerprint {manifest.fingerprint[:12]}")


def bundle_open_fresh(path: Path) -> Bundle:
    """A bundle read back from disk with every checksum compared."""
    return bundle_load(path)


def _networks_place(draft: Draft, folder: Path) -> None:
    for name, step in NETWORKS.items():
        source = draft.workspace.path(step) / name
        if source.exists():
            shutil.copyfile(source, folder / name)
    shutil.copyfile(draft.workspace.path("encoder") / WEIGHTS, folder / WEIGHTS)
    encoders = {"text": draft.text_encoder.folder, ENCODER: draft.workspace.path("images") / ENCODER}
    for name, source in encoders.items():
        if source.is_dir():
            (folder / name).mkdir()
            for path in source.iterdir():
                _link(path, folder / name / path.name)
    ensemble = draft.workspace.path(DOUBT) / DOUBT
    if ensemble.is_dir():
        shutil.copytree(ensemble, folder / DOUBT)


def _link(source: Path, target: Path) -> None:
    """A hard link, so that bundles share the text encoder's bytes; a copy where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _absences(draft: Draft) -> dict[str, Absent]:
    """The parts that could not be learned, or were not asked for."""
    steps = {"picture_encoder": "images", "start_states": "start_states", "second_stage": "fusion"}
    steps |= {name: name for name in ("ranker", "policy", "quotas", "segments")}
    told = {name: draft.workspace.json(step) for name, step in steps.items()}
    absences = {name: Absent.from_json(about["absent"]) for name, about in told.items() if "absent" in about}
    if not (draft.workspace.path("encoder") / "item_tower.onnx").exists():
        absences["item_tower"] = Absent(NOTHING_KNOWN)
    return absences | {name: Absent(NOT_NAMED) for name in MODEL_SOURCES if name not in draft.arrays.models}


def _manifest(draft: Draft) -> dict[str, Any]:
    encoder, about = draft.recipe.learning.encoder, draft.workspace.json
    weighing, ranker, policy = about("fusion"), about("ranker"), about("policy")
    times = draft.snapshot.interactions.at_us
    return {
        "shop_id": draft.shop.pk,
        "item_dim": encoder.embedding_dim,
        "max_length": encoder.max_length,
        "text_encoder": about("texts")["fingerprint"],
        "recipe": {**draft.recipe.to_json(), "fingerprint": draft.fingerprint},
        "window": {
            "from": _moment(int(times.min())),
            "until": draft.until.isoformat(),
            "snapshot": draft.snapshot.fingerprint,
            "items": len(draft.snapshot.items),
            "shoppers": len(draft.snapshot.shopper_ids),
            "interactions": len(draft.snapshot.interactions),
            "visits": visit_count(draft.snapshot.interactions),
            "pages": 0 if draft.snapshot.impressions is None else len(draft.snapshot.impressions.pool_start) - 1,
        },
        "preparation": {
            "treated": about("snapshot", "preparation")["treated"],
            "event_weights": about("tables", "event_weights"),
        },
        "evaluation": {
            "encoder": about("encoder"),
            "ranker": ranker.get("manifest", {}).get("metrics", {}),
            **({"doubt": about(DOUBT)} if draft.recipe.doubt.members else {}),
        },
        "absent": {name: str(absent) for name, absent in _absences(draft).items()},
        "fusion": weighing["fusion"],
        "second_stage": weighing.get("second_stage", {}),
        "start_states": about("start_states").get("start_states", {}),
        "ranker": ranker.get("manifest", {}),
        "policy": policy.get("manifest", {}),
        "quotas": about("quotas").get("quotas", {}),
        "segments": about("segments").get("segments", {}),
    }


def _moment(microseconds: int) -> str:
    return moment_of(microseconds).isoformat()


def gate_step(draft: Draft, progress: JobProgress) -> None:
    """Judge the bundle against best sellers, the live bundle and the month's anchor; every attempt is kept."""
    version = bundle_version(draft)
    if version.gate:
        return
    holdout, item_ids = draft.holdout, draft.arrays.item_ids
    ranks = bundle_ranks(bundle_open(version), holdout, item_ids, decide, progress=progress.update)
    live = Live.objects.select_related("bundle").filter(shop=draft.shop).first()
    serving = live.bundle if live else None
    result = gate_judge(
        ndcg(ranks, 10),
        ndcg(popularity_ranks(draft.arrays.popularity, holdout), 10),
        live=_ndcg_of(draft, serving),
        anchor=_ndcg_of(draft, _anchor(draft, serving)),
        ledger=_ledger(draft),
        config=draft.recipe.gate,
    )
    gate = result.to_json()
    measured = {"hr@10": float(hit_rate(ranks, 10).mean()), "mrr": float(reciprocal_rank(ranks).mean())}
    BundleVersion.objects.filter(pk=version.pk).update(
        gate=gate,
        evaluation={**version.evaluation, "ndcg@10": float(ndcg(ranks, 10).mean()), **measured},
        status=Status.READY if result.verdict.passes else Status.REFUSED,
    )
    _attempt_keep(version, serving, result)
    progress.log(gate_words(gate))


def _ndcg_of(draft: Draft, version: BundleVersion | None) -> Floats | None:
    """(v,) NDCG@10 of another bundle on this training's judged shoppers; None where it cannot be opened."""
    if version is None:
        return None
    try:
        bundle = bundle_open(version)
    except ArtifactMismatch:
        return None
    return ndcg(bundle_ranks(bundle, draft.holdout, draft.arrays.item_ids, decide), 10)


def _anchor(draft: Draft, serving: BundleVersion | None) -> BundleVersion | None:
    """The first bundle of the last thirty days that is still here; None where that is the one that serves."""
    recent = BundleVersion.objects.of(draft.shop).filter(promoted_at__gte=timezone.now() - ANCHOR_FOR).exclude(path="")
    first = recent.order_by("promoted_at").first()
    return None if first is None or serving is None or first.pk == serving.pk else first


def _ledger(draft: Draft) -> list[bool]:
    attempts = GateAttempt.objects.of(draft.shop).filter(against__isnull=False).order_by("at", "pk")
    return [verdict == Verdict.BETTER.value for verdict in attempts.values_list("verdict", flat=True)]


def _attempt_keep(version: BundleVersion, serving: BundleVersion | None, result: GateResult) -> None:
    deciding = result.deciding
    GateAttempt.objects.create(
        shop=version.shop,
        bundle=version,
        against=serving,
        metric="ndcg@10",
        difference=deciding.difference,
        lower=deciding.lower,
        upper=deciding.upper,
        margin=result.margin,
        verdict=result.verdict.value,
    )


def index_step(draft: Draft, progress: JobProgress) -> None:
    """Put item vectors into Postgres, index them and count them."""
    progress.log(f"{bundle_index(bundle_version(draft))} item vectors indexed")


def catch_up_step(draft: Draft, progress: JobProgress) -> None:
    """Vectors for items that came while the training ran."""
    progress.log(f"{items_catch_up(bundle_version(draft), progress=progress.update)} newer items caught up with")


def promote_step(draft: Draft, progress: JobProgress) -> None:
    """Let it serve, if the gate says so."""
    version = bundle_version(draft)
    if version.status == Status.READY:
        bundle_promote(version, way=LiveChange.Way.GATE)
        progress.log(f"bundle {version.pk} serves within a few seconds")


def retire_step(draft: Draft, progress: JobProgress) -> None:
    """Put away bundles that are no longer needed."""
    gone = bundles_retire(draft.shop)
    progress.log(f"put away: {', '.join(map(str, gone))}" if gone else "nothing to put away")
