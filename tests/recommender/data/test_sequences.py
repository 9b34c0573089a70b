import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from recommender.data.neighbours import Neighbours, neighbours_of
from recommender.data.sequence_file import item_texts_read, sequence_file_read
from recommender.data.sequences import Sequences, sequences_from_lists, sequences_of
from recommender.data.snapshot import InteractionTable
from recommender.data.splits import leave_last_out, time_split, validation_thirds
from recommender.data.types import DataError
from users.kinds import Kind


def table(rows: list[tuple[int, int, Kind, int]]) -> InteractionTable:
    shopper, item, kind, at = (np.array(column) for column in zip(*rows, strict=True))
    zeros = np.zeros(len(rows), np.int64)
    return InteractionTable(shopper, item, kind.astype(np.int8), at, zeros + 1, zeros, zeros)


def test_runs_of_one_item_become_its_strongest_sign():
    rows = [
        (0, 5, Kind.VIEW, 1),
        (0, 5, Kind.CART, 2),
        (0, 5, Kind.DWELL, 3),
        (0, 6, Kind.VIEW, 4),
        (2, 5, Kind.VIEW, 1),
    ]
    sequences = sequences_of(table(rows), n_users=3, n_items=7)
    assert [sequences.items_of(user).tolist() for user in range(3)] == [[5, 6], [], [5]]
    assert sequences.kind.tolist() == [Kind.CART, Kind.VIEW, Kind.VIEW]
    assert sequences.at_us.tolist() == [3, 4, 1]


def test_dislikes_returns_and_searches_are_no_sign_of_liking():
    rows = [(0, 1, Kind.DISLIKE, 1), (0, 2, Kind.RETURN, 2), (0, -1, Kind.VIEW, 3), (0, 3, Kind.LIKE, 4)]
    assert sequences_of(table(rows), n_users=1, n_items=4).item.tolist() == [3]


def test_last_items_are_held_out_and_short_sequences_are_not():
    split = leave_last_out(sequences_from_lists([[1, 2, 3], [4], [5, 6]], 7))
    assert split.targets.users.tolist() == [0, 2]
    assert split.targets.item.tolist() == [3, 6]
    assert [split.train.items_of(user).tolist() for user in range(3)] == [[1, 2], [4], [5]]


def test_a_time_split_asks_for_the_first_order_after_it():
    item, order = np.array([1, 2, 3, 4, 4, 5, 9]), np.array([1, 1, 2, 3, 3, 4, 5])
    at = np.array([0, 0, 10, 20, 20, 30, 40])
    sequences = Sequences(np.array([0, 6, 7]), item, np.zeros(7, np.int8), at, order, 10)
    split = time_split(sequences, 15)
    assert split.train.item.tolist() == [1, 2, 3]
    assert split.targets.users.tolist() == [0]  # the other shopper was not known before the split
    assert split.targets.item.tolist() == [4]
    assert time_split(sequences, 15, whole_future=True).targets.item.tolist() == [4, 5]
    with pytest.raises(DataError, match="later split"):
        time_split(sequences, 0)


def test_thirds_share_nobody():
    targets = leave_last_out(sequences_from_lists([[1, 2]] * 31, 3)).targets
    thirds = validation_thirds(targets, seed=0)
    parts = [thirds.stop.users, thirds.fusion.users, thirds.report.users]
    assert sorted(np.concatenate(parts).tolist()) == list(range(31))
    assert [len(part) for part in parts] == [11, 10, 10]


def test_a_table_scores_like_its_matrix():
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((9, 9)) < 0.4, rng.random((9, 9)), 0.0).astype(np.float32)
    np.fill_diagonal(dense, 0)
    from scipy import sparse

    whole = neighbours_of(sparse.csr_matrix(dense), n=9)
    index, weight = np.array([2, 5, 2]), np.array([1.0, 0.5, 0.25], np.float32)
    assert np.allclose(whole.scores(index, weight), weight @ dense[index], atol=1e-6)
    few = neighbours_of(sparse.csr_matrix(dense), n=2)
    assert np.diff(few.start).max() <= 2
    assert few.weight[few.start[0]] == dense[0].max()
    assert Neighbours.empty(3).scores(np.array([1]), np.ones(1, np.float32)).tolist() == [0.0, 0.0, 0.0]


def test_a_file_is_read_under_random_indices(tmp_path: Path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"anna 10 11 12\n\nbert 11 x\n"))
    file = sequence_file_read(path, seed=3)
    read = {
        user: [file.item_ids[i] for i in file.sequences.items_of(place)] for place, user in enumerate(file.user_ids)
    }
    assert read == {"anna": ["10", "11", "12"], "bert": ["11", "x"]}
    orders = {sequence_file_read(path, seed=seed).item_ids for seed in range(8)}
    assert len(orders) > 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no lines"),
        (b"a 1\nb\n", "line 2 of f: a line is a user and at least one item"),
        (b"a 1\na 2\n", "line 2 of f: user 'a' appeared before"),
        (b"a 1\nb \xff\xfe\n", "line 2 of f is not UTF-8"),
        (gzip.compress(b"a 1 2 3\n" * 99)[:30], "damaged gzip"),
        (gzip.compress(b"a 1 2 3\n")[:10] + b"\xff" * 99, "damaged gzip"),
        (b"a 1\nb 2 \0\n", "line 2 of f holds a NUL byte"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        sequence_file_read(path, seed=0)


def test_a_byte_order_mark_is_no_part_of_the_first_user(tmp_path: Path):
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfann 1 2\nbob 3 4\n")
    assert set(sequence_file_read(path, seed=0).user_ids) == {"ann", "bob"}


def test_item_texts_find_their_items(tmp_path: Path):
    path = tmp_path / "items.jsonl"
    lines = [
        {"item_id": 7, "attributes": ["OPI", "Makeup", "Nails"]},
        {"item_id": "8", "title": "Lamp", "brand": "Lux"},
        {"item_id": "not in the file", "text": "x"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    texts = item_texts_read(path, ("8", "7", "9"))
    assert texts.texts == ("Lamp. Lux", "OPI, Makeup, Nails", "")
    assert texts.brand.tolist() == [1, 2, 0]
    assert texts.category.tolist() == [0, 1, 0]
    path.write_text('{"item_id": 1}\n{"id": 2}')
    with pytest.raises(DataError, match="line 2 of items"):
        item_texts_read(path, ("1",))
