"""Where and in which numbers a training computes (torch)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from recommender.data.types import DataError


def device_choose(name: str) -> torch.device:
    """The device that a name (``DPE_DEVICE``) means on this machine.

    ``auto`` is CUDA where there is one. Among processes started by torchrun, ``cuda`` is the GPU of the process.

    Raises: DataError where CUDA is asked for and is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not name.startswith("cuda"):
        return torch.device(name)
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(name.partition(":")[2] or os.environ.get("LOCAL_RANK", "0"))
    if index >= found:
        raise DataError(_absent(name, index, found))
    return torch.device("cuda", index)


def _absent(name: str, index: int, found: int) -> str:
    if found:
        return (
            f"the device {name!r} means GPU {index}, but this machine has {found}; "
            f"set DPE_DEVICE to cuda:0 … cuda:{found - 1}, or start at most {found} processes per host"
        )
    built = f"was built for CUDA {torch.version.cuda}" if torch.version.cuda else "was built without CUDA"
    return (
        f"the device {name!r} was asked for, but torch {torch.__version__} ({built}) finds no GPU; install a CUDA "
        "build of that version and check that nvidia-smi lists a GPU, or set DPE_DEVICE to auto or cpu"
    )


def precision_choose(name: str, device: torch.device) -> torch.dtype:
    """Number format of the large products; ``auto`` takes bfloat16 where hardware multiplies it."""
    if name == "auto":
        fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]


@contextmanager
def determinism(wanted: bool) -> Iterator[None]:
    """Inside, torch takes only algorithms that give equal bits for equal inputs, and refuses what has none."""
    if not wanted:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it makes its first handle
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
