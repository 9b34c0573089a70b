"""How far the members of an ensemble disagree about a shopper's next item: numpy and onnxruntime, no torch."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch, Floats, Ints
from recommender.encoders.inputs import hours_before_newest, states_run

MEMBERS = "doubt.json"


@dataclass(frozen=True)
class Opinion:
    """What the members say of ``b`` histories and ``n`` items, in nats."""

    mean: Floats  # (b, n) log probability that the item is next, averaged over members
    deviation: Floats  # (b, n) standard deviation over members


@dataclass(frozen=True)
class _Member:
    encoder: OnnxModel
    vectors: Floats  # (n, d)
    bias: Floats  # (n,)

    def log_probabilities(
        self, items: Ints, kinds: npt.NDArray[np.int64], lengths: Ints, hours: Floats | None
    ) -> Floats:
        inside = np.arange(items.shape[1]) < lengths[:, None]
        vectors = np.where(inside[..., None], self.vectors[items], 0).astype(np.float32)
        logits = states_run(self.encoder, vectors, kinds, lengths, hours) @ self.vectors.T + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        return np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)


class Doubt:
    """An exported ensemble (``ensembles.ensemble_export``).

    Raises: ArtifactMismatch where the folder does not hold one.
    """

    def __init__(self, folder: Path) -> None:
        try:
            about = json.loads((folder / MEMBERS).read_text())
            self.max_length = int(about["max_length"])
            self._members = [_member_open(folder / str(number)) for number in range(about["members"])]
        except (OSError, ValueError, KeyError) as error:
            raise ArtifactMismatch(f"{folder.name} holds no readable ensemble ({error}); train it again") from error

    def __len__(self) -> int:
        return len(self._members)

    def opinion(self, items: Ints, kinds: npt.NDArray[np.int64], lengths: Ints, at_us: Ints | None = None) -> Opinion:
        """What the members expect after some histories, and how far they disagree.

        Args:
            items: (b, L) vocabulary indices, left-aligned, oldest first; L is ``max_length``.
            kinds: (b, L).
            lengths: (b,).
            at_us: (b, L) times, 0 where unknown; None: nothing is known of times.
        """
        hours = None if at_us is None else hours_before_newest(at_us)
        said = np.stack([one.log_probabilities(items, kinds, lengths, hours) for one in self._members])
        return Opinion(said.mean(axis=0), said.std(axis=0, ddof=1))


def _member_open(folder: Path) -> _Member:
    vectors, bias = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("item_vectors", "item_bias"))
    return _Member(OnnxModel(folder / "state_encoder.onnx"), vectors, bias)
