"""Text to vector with onnxruntime and ``tokenizers`` alone: what web and default workers run.

A folder of a text encoder holds ``model.onnx`` (fp32, for items in batches), ``query.onnx`` (dynamic int8, one query at
a time, because its rounding depends on the rows it is batched with), ``tokenizer.json`` and ``encoder.json``. Both
graphs take ``input_ids`` and ``attention_mask`` (b, t) int64 and give mean-pooled vectors of length 1.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from recommender.data.onnx_model import OnnxModel
from recommender.data.types import ArtifactMismatch, Floats

ENCODER_FILES = ("encoder.json", "tokenizer.json", "model.onnx", "query.onnx")


@dataclass(frozen=True)
class TextEncoderInfo:
    """What an exported text encoder is: the content of ``encoder.json``."""

    fingerprint: str  # of the weights, the tokenizer and the pooling recipe
    source: str  # Hugging Face name or folder it came from
    dim: int
    max_tokens: int
    parity: float  # largest |torch − ONNX fp32| seen at export


class TextEncoder:
    """An exported text encoder; files are opened at first use.

    Args:
        folder: where the exported files stand, for example ``text/`` of a bundle.
        threads: onnxruntime threads for batches; 1 for whatever must give bit-equal numbers.
    Raises: ArtifactMismatch if the folder holds no readable encoder.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.folder = folder
        self.info = _info_read(folder)
        self._batch_model = OnnxModel(folder / "model.onnx", threads=threads)
        self._query_model = OnnxModel(folder / "query.onnx")

    @property
    def fingerprint(self) -> str:
        """Identity of the vectors: equal fingerprints give comparable vectors."""
        return self.info.fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.info.dim

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.info.max_tokens)
        return tokenizer

    def tokenise(self, text: str) -> list[int]:
        """Token ids of a text, truncated to ``max_tokens``."""
        return list(self._tokenizer.encode(text).ids)

    def encode(
        self, texts: Sequence[str], *, batch_size: int = 32, progress: Callable[[int], None] | None = None
    ) -> Floats:
        """Vectors of texts in fp32.

        Texts are batched by length, so that padding costs little; equal texts are encoded once.

        Args:
            texts: n texts; an empty one has no vector.
            batch_size: texts per run.
            progress: called with the number of distinct texts done after each batch.
        Returns: (n, dim) float32 of unit length, NaN where the text is blank.
        """
        distinct = sorted({text for text in texts if text.strip()})
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(distinct)]
        order = sorted(range(len(distinct)), key=lambda row: (len(tokens[row]), row))
        known = np.zeros((len(distinct), self.dim), np.float32)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            known[rows] = _run(self._batch_model, [tokens[row] for row in rows])
            if progress:
                progress(start + len(rows))
        vectors = np.full((len(texts), self.dim), np.nan, np.float32)
        place = {text: row for row, text in enumerate(distinct)}
        for row, text in enumerate(texts):
            if text in place:
                vectors[row] = known[place[text]]
        return vectors

    def encode_query(self, text: str) -> Floats:
        """(dim,) float32 vector of what somebody typed, in int8 at batch 1: a few milliseconds on one thread."""
        vector: Floats = _run(self._query_model, [self.tokenise(text)])[0]
        return vector


def info_write(folder: Path, info: TextEncoderInfo) -> None:
    """Write ``encoder.json``."""
    (folder / "encoder.json").write_text(json.dumps(asdict(info), indent=2, sort_keys=True))


def _info_read(folder: Path) -> TextEncoderInfo:
    try:
        return TextEncoderInfo(**json.loads((folder / "encoder.json").read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise ArtifactMismatch(f"{folder} holds no text encoder ({error}); export it again by training") from error


def _run(model: OnnxModel, tokens: Sequence[Sequence[int]]) -> Floats:
    width = max(len(row) for row in tokens)
    ids = np.zeros((len(tokens), width), np.int64)  # (b, t)
    mask = np.zeros((len(tokens), width), np.int64)  # (b, t)
    for row, values in enumerate(tokens):
        ids[row, : len(values)] = values
        mask[row, : len(values)] = 1
    return model.run(input_ids=ids, attention_mask=mask)[0]
