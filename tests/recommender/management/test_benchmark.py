"""``manage.py benchmark sequences`` refuses what it cannot read or write, at once and in words."""

import gzip
import math
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from recommender.trials import sequence_benchmark


def lines() -> str:
    return "".join(f"u{user} {' '.join(str(user * item % 23) for item in range(2, 9))}\n" for user in range(40))


@pytest.mark.parametrize("export", ["missing/recs.csv", "folder"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_learned(tmp_path: Path, export: str) -> None:
    (tmp_path / "folder").mkdir()
    missing = tmp_path / "nowhere.txt"  # would be refused next: nothing was read yet
    with pytest.raises(CommandError, match="name a file in a folder that is there"):
        call_command("benchmark", "sequences", str(missing), export=tmp_path / export)


def test_checkpoints_need_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="file is a file; name a folder"):
        call_command(
            "benchmark", "sequences", "nowhere.txt", export=tmp_path / "recs.csv", checkpoints=tmp_path / "file"
        )


def test_a_gzip_file_with_a_broken_middle_is_told_in_words(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(lines().encode()))
    middle = len(whole) // 2
    whole[middle : middle + 8] = b"\xff" * 8
    broken = tmp_path / "behaviour.gz"
    broken.write_bytes(bytes(whole))
    with pytest.raises(CommandError, match=r"behaviour\.gz is a damaged gzip file"):
        call_command("benchmark", "sequences", str(broken), export=tmp_path / "recs.csv")
    assert not (tmp_path / "recs.csv").exists()


@pytest.mark.parametrize(
    ("validated", "words"), [(0.0512, "7 epochs and reached NDCG@10 0.0512"), (math.nan, "7 epochs")]
)
def test_what_was_not_measured_is_not_told(tmp_path, monkeypatch, validated: float, words: str) -> None:
    learned = SimpleNamespace(epochs=7, validation_ndcg=validated)
    monkeypatch.setattr(sequence_benchmark, "benchmark_sequences", lambda run, bar: learned)
    said = StringIO()
    call_command("benchmark", "sequences", "behaviour.txt", export=tmp_path / "recs.csv", stdout=said)
    assert words in said.getvalue()
    assert "nan" not in said.getvalue()
