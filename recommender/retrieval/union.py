"""From what sources propose to the candidates of a page: who is in, which sources named them, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.types import Bits, Bools, Ints, Source
from recommender.retrieval.sources import MAX_CANDIDATES, SOURCES

FLOOR = 8
"""Best candidates of every source that are in, however many others there are."""

_PLACE = {config.source: at for at, config in enumerate(SOURCES)}


@dataclass(frozen=True)
class Proposal:
    """What a source brings, best first, and which asked item each piece of evidence comes from."""

    source: Source
    item_ids: Ints  # (p,)
    evidence_of: Ints  # (e,) proposed item id
    evidence_item: Ints  # (e,) asked item id; in a ranking by words the place in it, of a taste the tag

    @classmethod
    def plain(cls, source: Source, item_ids: Ints) -> "Proposal":
        """A proposal without evidence."""
        return cls(source, np.asarray(item_ids, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def union(proposals: Sequence[Proposal], ready: Ints) -> Ints:
    """Distinct proposed ids, ascending, at most ``MAX_CANDIDATES``.

    Every source has its ``FLOOR`` best in; what is left goes to the sources in the order of ``SOURCES``.

    Args:
        proposals: of the sources, each best first.
        ready: (r,) ids that are in before all of them.
    """
    ordered = sorted(proposals, key=lambda proposal: _PLACE[proposal.source])
    best = [proposal.item_ids[:FLOOR] for proposal in ordered]
    everything = np.concatenate([ready, *best, *(proposal.item_ids[FLOOR:] for proposal in ordered)])
    distinct, first = np.unique(everything, return_index=True)
    return np.sort(distinct[np.argsort(first)][:MAX_CANDIDATES]).astype(np.int64)


def source_bits(proposals: Sequence[Proposal], ids: Ints) -> Bits:
    """(c,) which sources proposed each candidate. ``ids`` are sorted."""
    bits = np.zeros(len(ids), np.uint32)
    for proposal in proposals:
        row, there = _rows(ids, proposal.item_ids)
        bits[row[there]] |= np.uint32(1 << proposal.source)
    return bits


def evidence_rows(proposals: Sequence[Proposal], ids: Ints) -> tuple[Ints, Ints, Ints]:
    """Evidence of proposals as (row, source, item), sorted so, for candidates that are there; ``ids`` are sorted."""
    of = np.concatenate([np.zeros(0, np.int64), *(proposal.evidence_of for proposal in proposals)])
    item = np.concatenate([np.zeros(0, np.int64), *(proposal.evidence_item for proposal in proposals)])
    source = np.concatenate(
        [np.zeros(0, np.int64), *(np.full(len(p.evidence_of), int(p.source), np.int64) for p in proposals)]
    )
    row, there = _rows(ids, of)
    row, source, item = row[there], source[there], item[there]
    order = np.lexsort((item, source, row))
    return row[order], source[order], item[order]


def _rows(ids: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Where each wanted id stands in the sorted ``ids``, and whether it does."""
    row = np.minimum(ids.searchsorted(wanted), max(len(ids) - 1, 0))
    return row, ids[row] == wanted if len(ids) else np.zeros(len(wanted), np.bool_)
