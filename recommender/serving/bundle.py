"""A trained generation on disk and in memory: arrays, networks and a manifest that vouches for them.

Layout of a bundle's folder::

    manifest.json       schema, fingerprint, recipe, window, evaluation, privacy, absent parts, sha256 per file
    <array>.npy         one file per field of ``BundleArrays``, memory-mapped
    state_encoder.onnx  item_tower.onnx  [ranker.onnx]  [policy.onnx]
    second_stage.txt    trees over the fused best, in LightGBM's text form; [absent]
    start_states.npy    what a first request's situation adds to the start state; [absent]
    models/<name>/      collaborative models (data.item_model_files), as many as were learned
    text/               the text encoder's files (language.text_encoder)
    image/              the image encoder's files (encoders.image_encoder); [absent]

Writing goes to ``data.files.whole_folder``: a half-written bundle never has the final name.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.data.factors import FactorModel, Network
from recommender.data.files import file_sha256
from recommender.data.item_model import ItemModel
from recommender.data.item_model_files import item_model_read, item_model_write
from recommender.data.learned_segments import LearnedSegments
from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch, Floats, Ints
from recommender.encoders.image_encoder import ImageEncoder
from recommender.encoders.start_states import StartStates
from recommender.encoders.whitening import Whitening
from recommender.language.text_encoder import TextEncoder
from recommender.ranking.rank import ranker_refusal
from recommender.ranking.second_stage import SecondStage, second_stage_of
from recommender.retrieval.quotas import Quotas
from recommender.serving.onnx_model import OnnxStateEncoder

SCHEMA = 1
SECOND_STAGE = "second_stage.txt"
START_STATES = "start_states.npy"
HARDLY_MET, MOST_COLD = 2, 20_000
"""Interactions up to which an item is cold, and how many cold items are looked at."""

LATER = ("replenishment", "tag", "tagged")
PER_ITEM = (
    "item_bias",
    "text_vectors",
    "department",
    "category",
    "brand",
    "price_minor",
    "popularity",
    "recent_popularity",
)


@dataclass(frozen=True)
class BundleArrays:
    """Everything learned that is an array. ``n`` items, ``d`` dimensions; CSR rows are items."""

    item_ids: Ints  # (n,)
    item_vectors: Floats  # (n, d)
    item_bias: Floats  # (n,) logit = state · vector + bias
    text_vectors: npt.NDArray[np.float16]  # (n, 384) unit length; (n, 0) where there is no text
    text_mean: Floats  # (384,) whitening: centre …
    text_whitening: Floats  # (384, w) … and projection, of unit-length text vectors
    department: Ints  # (n,) category id, 0 none
    category: Ints  # (n,)
    brand: Ints  # (n,)
    price_minor: Ints  # (n,) -1 unknown
    popularity: Floats  # (n,) interactions in the window
    recent_popularity: Floats  # (n,) decayed
    rules_start: Ints  # (n+1,) sequential rules, CSR
    rules_item: Ints
    rules_weight: Floats
    knn_start: Ints  # (n+1,) item-kNN cosine neighbours, CSR
    knn_item: Ints
    knn_weight: Floats
    replenishment: Floats = field(default_factory=lambda: np.zeros((0, 3), np.float32))  # (n, 3), (0, 3): none
    tag: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # (t,) ascending
    tagged: Ints = field(default_factory=lambda: np.zeros(0, np.int64))  # (t,) vocabulary index that bears it
    models: Mapping[str, ItemModel] = field(default_factory=dict)  # collaborative models, a folder each

    @cached_property
    def text_whitened(self) -> Floats:
        """(n, w) whitened text vectors of unit length, made once per process; (n, 0) where there is no text."""
        whitening = Whitening(self.text_mean, self.text_whitening)
        if not self.text_vectors.shape[1] or not whitening.dim:
            return np.zeros((len(self.item_ids), 0), np.float32)
        return whitening.apply(np.asarray(self.text_vectors, np.float32))

    @cached_property
    def hardly_met(self) -> Ints:
        """Vocabulary indices of at most ``MOST_COLD`` items that hardly anybody has met, newest first."""
        cold = np.flatnonzero(self.popularity <= HARDLY_MET)
        return cold[np.argsort(-self.item_ids[cold], kind="stable")][:MOST_COLD]


ARRAYS = tuple(entry.name for entry in fields(BundleArrays) if entry.name != "models")
"""Names of the arrays, a file each."""


@dataclass(frozen=True)
class Manifest:
    """What the folder holds and how it came to be."""

    fingerprint: str
    shop_id: int
    item_dim: int
    max_length: int
    text_encoder: str  # fingerprint of the text encoder, "" where there is none
    recipe: dict[str, Any] = field(default_factory=dict)
    window: dict[str, Any] = field(default_factory=dict)
    preparation: dict[str, Any] = field(default_factory=dict)  # treated values, weights of the kinds of deeds
    evaluation: dict[str, Any] = field(default_factory=dict)
    privacy: dict[str, Any] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)  # part → why it is missing
    fusion: dict[str, Any] = field(default_factory=dict)  # ranking.fusion.FusionWeights as JSON
    second_stage: dict[str, Any] = field(default_factory=dict)  # ranking.second_stage.SecondStage as JSON
    start_states: dict[str, Any] = field(default_factory=dict)  # encoders.start_states.StartStates as JSON
    ranker: dict[str, Any] = field(default_factory=dict)  # feature names, heads, scaling, calibration
    policy: dict[str, Any] = field(default_factory=dict)  # scaling, discount, off-policy estimate
    quotas: dict[str, Any] = field(default_factory=dict)  # retrieval.earned_quotas.EarnedQuotas as JSON
    segments: dict[str, Any] = field(default_factory=dict)  # data.learned_segments.LearnedSegments as JSON
    files: dict[str, str] = field(default_factory=dict)  # relative path → sha256
    schema: int = SCHEMA


class Bundle:
    """A verified, loaded bundle. Arrays are memory-mapped, networks open at first use."""

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        arrays: BundleArrays,
        *,
        second_stage: SecondStage | None = None,
        start_states: StartStates | None = None,
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.arrays = arrays
        self.second_stage = second_stage
        self.start_states = start_states
        self.state_encoder = OnnxStateEncoder(
            path / "state_encoder.onnx", dim=manifest.item_dim, max_length=manifest.max_length
        )
        self.item_tower = self._network("item_tower")
        self.ranker = None if "ranker" in manifest.absent else self._network("ranker")
        self.policy = self._network("policy")
        self.text_encoder = TextEncoder(path / "text") if (path / "text").is_dir() else None
        self.image_encoder = ImageEncoder(path / "image") if (path / "image").is_dir() else None

    def _network(self, name: str) -> OnnxModel | None:
        path = self.path / f"{name}.onnx"
        return OnnxModel(path) if path.exists() else None

    @cached_property
    def quotas(self) -> Quotas:
        """What each source may bring."""
        return Quotas.from_json(self.manifest.quotas)

    @cached_property
    def segments(self) -> LearnedSegments | None:
        """The segments that were learned, None where none were."""
        return LearnedSegments.from_json(self.manifest.segments) if self.manifest.segments else None

    def networks_open(self) -> None:
        """Make the sessions of the networks that a page needs, which otherwise open at their first use."""
        folds = [one.factors.fold for one in self.arrays.models.values() if isinstance(one, FactorModel)]
        between = [fold.model for fold in folds if isinstance(fold, Network)]
        for network in (self.state_encoder.model, self.ranker, self.policy, *between):
            if network is not None:
                _ = network.session
        if self.second_stage is not None:
            self.second_stage.forest.open()

    def __len__(self) -> int:
        return len(self.arrays.item_ids)

    @property
    def fingerprint(self) -> str:
        """Identity of everything learned in here."""
        return self.manifest.fingerprint

    @cached_property
    def _sorted_ids(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.arrays.item_ids, kind="stable")
        return self.arrays.item_ids[order], order

    def index_of(self, item_ids: Ints) -> Ints:
        """Vocabulary index of each id, -1 where the bundle does not know it."""
        ids, order = self._sorted_ids
        if len(ids) == 0 or len(item_ids) == 0:
            return np.full(len(item_ids), -1, np.int64)
        place = np.minimum(np.searchsorted(ids, item_ids), len(ids) - 1)
        return np.where(ids[place] == item_ids, order[place], -1).astype(np.int64)


def bundle_write(folder: Path, arrays: BundleArrays, manifest: Mapping[str, Any]) -> Manifest:
    """Write arrays and manifest into ``folder``, where the networks already stand.

    ``manifest`` holds the fields of ``Manifest`` except ``files`` and ``fingerprint``, which are made here.
    """
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(arrays, name), allow_pickle=False)
    for name, model in arrays.models.items():
        item_model_write(folder / "models" / name, model)
    files = {
        str(path.relative_to(folder)): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    fingerprint = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    complete = Manifest(**{**manifest, "files": files, "fingerprint": fingerprint})
    (folder / "manifest.json").write_text(json.dumps(asdict(complete), indent=2, sort_keys=True))
    return complete


def bundle_load(path: Path, *, verify: bool = True) -> Bundle:
    """Open a bundle.

    Args:
        path: its folder.
        verify: compare every file's checksum; a serving process does so once per bundle.
    Raises: ArtifactMismatch if a file is missing, altered, of the wrong shape or not finite.
    """
    manifest = _manifest_read(path)
    if verify:
        _files_verify(path, manifest)
    arrays = _arrays_open(path)
    _arrays_check(arrays, manifest)
    manifest, second_stage = _second_stage_open(path, _ranker_checked(manifest))
    return Bundle(path, manifest, arrays, second_stage=second_stage, start_states=_start_states_open(path, manifest))


def _ranker_checked(manifest: Manifest) -> Manifest:
    """The manifest, with the reason why a ranker that reads or foretells other things stays out: the fusion ranks."""
    refusal = ranker_refusal(manifest.ranker)
    return replace(manifest, absent={**manifest.absent, "ranker": refusal}) if refusal else manifest


def _second_stage_open(path: Path, manifest: Manifest) -> tuple[Manifest, SecondStage | None]:
    """The trees, or the reason why they stay out: a bundle of another version ranks by its fusion."""
    if not manifest.second_stage:
        return manifest, None
    try:
        return manifest, second_stage_of(manifest.second_stage, (path / SECOND_STAGE).read_text())
    except (OSError, KeyError, ValueError, ArtifactMismatch) as error:
        return replace(manifest, absent={**manifest.absent, "second_stage": str(error)}), None


def _start_states_open(path: Path, manifest: Manifest) -> StartStates | None:
    if not manifest.start_states:
        return None
    try:
        shifts = np.load(path / START_STATES, allow_pickle=False)
        starts = StartStates.from_json(manifest.start_states, shifts)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ArtifactMismatch(f"{path.name} has no readable start states ({error}); train again") from error
    if shifts.shape != (len(starts.names), manifest.item_dim) or not np.isfinite(shifts).all():
        raise ArtifactMismatch(f"start states of {path.name} have another shape or are not finite; train again")
    return starts


def _manifest_read(path: Path) -> Manifest:
    try:
        content = json.loads((path / "manifest.json").read_text())
        if content.get("schema") != SCHEMA:
            raise ArtifactMismatch(
                f"{path.name} has schema {content.get('schema')}, this version reads {SCHEMA}: train again"
            )
        return Manifest(**content)
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactMismatch(f"{path.name} has no readable manifest ({error}); train again or roll back") from error


def _files_verify(path: Path, manifest: Manifest) -> None:
    for name, expected in manifest.files.items():
        file = path / name
        if not file.is_file():
            raise ArtifactMismatch(f"{path.name} lacks {name}; train again or roll back")
        if file_sha256(file) != expected:
            raise ArtifactMismatch(
                f"{name} of {path.name} was altered or torn (checksum differs); train again or roll back"
            )


def _arrays_open(path: Path) -> BundleArrays:
    try:
        arrays = {
            # The plain view reads the same mapped pages without the cost of the memmap class on each slice.
            name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for name in ARRAYS
            if name not in LATER or (path / f"{name}.npy").exists()  # bundles of older versions lack them
        }
    except (OSError, ValueError) as error:
        raise ArtifactMismatch(f"{path.name} has an unreadable array ({error}); train again or roll back") from error
    n = len(arrays["item_ids"])
    models = {folder.name: item_model_read(folder, n_items=n) for folder in sorted((path / "models").glob("*"))}
    return BundleArrays(**arrays, models=models)


def _arrays_check(arrays: BundleArrays, manifest: Manifest) -> None:
    n = len(arrays.item_ids)
    if arrays.item_vectors.shape != (n, manifest.item_dim):
        raise ArtifactMismatch(f"item vectors are {arrays.item_vectors.shape}, expected {(n, manifest.item_dim)}")
    for name in PER_ITEM:
        if len(getattr(arrays, name)) != n:
            raise ArtifactMismatch(f"{name} has {len(getattr(arrays, name))} rows for {n} items")
    for prefix in ("rules", "knn"):
        start, item = getattr(arrays, f"{prefix}_start"), getattr(arrays, f"{prefix}_item")
        if len(start) != n + 1 or (n and start[-1] != len(item)):
            raise ArtifactMismatch(f"{prefix} table does not cover {n} items")
    if len(arrays.tag) != len(arrays.tagged) or (len(arrays.tagged) and int(arrays.tagged.max()) >= n):
        raise ArtifactMismatch(f"tags speak of other items than the {n} that are there")
    if len(arrays.replenishment) not in (0, n):
        raise ArtifactMismatch(f"replenishment has {len(arrays.replenishment)} rows for {n} items")
    finite = ("item_vectors", "item_bias", "replenishment", "rules_weight", "knn_weight")
    for name in (*finite, "popularity", "recent_popularity"):
        if not np.isfinite(getattr(arrays, name)).all():
            raise ArtifactMismatch(f"{name} holds NaN or infinite values; train again or roll back")
