"""Devices are chosen by name, and what is absent is said with its cure."""

import pytest
import torch

from recommender.data.types import DataError
from recommender.encoders.devices import determinism, device_choose, precision_choose


@pytest.fixture
def gpus(monkeypatch):
    """As many GPUs as a test says."""

    def say(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return say


def test_auto_takes_a_gpu_where_there_is_one(gpus, monkeypatch):
    gpus(0)
    assert device_choose("auto") == device_choose("cpu") == torch.device("cpu")
    gpus(2)
    assert device_choose("auto") == torch.device("cuda", 0)
    assert device_choose("cuda:1") == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert device_choose("cuda") == torch.device("cuda", 1)


def test_an_absent_gpu_is_refused_with_cause_and_cure(gpus):
    gpus(0)
    with pytest.raises(DataError, match=r"finds no GPU.*set DPE_DEVICE to auto or cpu"):
        device_choose("cuda")
    gpus(2)
    with pytest.raises(DataError, match=r"means GPU 3.*has 2.*at most 2 processes"):
        device_choose("cuda:3")


def test_precision_is_what_was_asked_for():
    cpu = torch.device("cpu")
    assert precision_choose("float32", cpu) == torch.float32
    assert precision_choose("bfloat16", cpu) == torch.bfloat16
    assert precision_choose("auto", cpu) in (torch.float32, torch.bfloat16)


def test_determinism_lasts_as_long_as_it_is_wanted():
    with determinism(True):
        assert torch.are_deterministic_algorithms_enabled()
    with determinism(False):
        assert not torch.are_deterministic_algorithms_enabled()
