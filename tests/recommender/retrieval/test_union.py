"""Who is in where sources bring more than there is room for."""

import numpy as np

from recommender.data.types import Source
from recommender.retrieval.sources import MAX_CANDIDATES
from recommender.retrieval.union import FLOOR, Proposal, evidence_rows, source_bits, union

NOTHING = np.zeros(0, np.int64)


def test_every_source_has_its_best_in_however_many_others_there_are() -> None:
    first = Proposal.plain(Source.STATE_VECTOR, np.arange(1, 900))
    last = Proposal.plain(Source.DEALS, np.arange(5_000, 5_100))
    ids = union([last, first], NOTHING)
    assert len(ids) == MAX_CANDIDATES
    assert (np.diff(ids) > 0).all()
    assert np.isin(last.item_ids[:FLOOR], ids).all()
    assert np.isin(first.item_ids[: MAX_CANDIDATES - FLOOR], ids).all()
    assert not np.isin(last.item_ids[FLOOR:], ids).any()


def test_bits_and_evidence_speak_of_those_who_are_in() -> None:
    told = Proposal(Source.EASE, np.array([7, 3]), np.array([7, 3, 9]), np.array([70, 30, 90]))
    plain = Proposal.plain(Source.TRENDING, np.array([3, 11]))
    ids = np.array([3, 7])
    assert source_bits([told, plain], ids).tolist() == [1 << Source.EASE | 1 << Source.TRENDING, 1 << Source.EASE]
    row, source, item = evidence_rows([told, plain], ids)
    assert (row.tolist(), source.tolist(), item.tolist()) == ([0, 1], [Source.EASE] * 2, [30, 70])


def test_nothing_proposed_is_nothing() -> None:
    assert len(union([], NOTHING)) == 0
    assert union([], np.array([5, 2])).tolist() == [2, 5]
