"""What else was gathered for a shown page: scores that compare candidates mean something only among all of them."""

from typing import Any

import numpy as np
from django.db import connection

from recommender.data.types import Bools, DataError, Ints
from recommender.facts import snapshot_sql as sql
from recommender.serving.pack import request_unpack

REQUESTS = 10_000
"""Newest logged requests that are read: twice what a ranker learns from."""


def gathered_read(parameters: dict[str, Any], item_ids: Ints, pages: Ints) -> tuple[Ints, Ints]:
    """(p+1,) offsets by page, and the vocabulary indices of everything gathered for it; none where no log is kept.

    Args:
        parameters: of the snapshot's queries.
        item_ids: the vocabulary, sorted.
        pages: (p,) numbers of the pages that are kept, sorted.
    """
    numbers, found = [], []
    with connection.cursor() as cursor:
        cursor.execute(sql.REQUESTS, {**parameters, "requests": REQUESTS})
        for number, payload in cursor.fetchall():
            ids = _gathered_ids(bytes(payload))
            numbers.append(np.full(len(ids), number, np.int64))
            found.append(ids)
    nothing = np.zeros(0, np.int64)
    page, item = np.concatenate([nothing, *numbers[::-1]]), np.concatenate([nothing, *found[::-1]])
    return by_page(pages, page, item_ids, item)


def _gathered_ids(payload: bytes) -> Ints:
    """Candidates of a logged request; none of one that cannot be read."""
    try:
        return request_unpack(payload, None)[1].item_ids
    except DataError:
        return np.zeros(0, np.int64)


def by_page(pages: Ints, page: Ints, item_ids: Ints, item: Ints) -> tuple[Ints, Ints]:
    """(p+1,) offsets and vocabulary indices of ``item`` (m,), which come sorted by ``page`` (m,)."""
    place, kept = index_of(pages, page)
    index, known = index_of(item_ids, item)
    kept &= known
    sizes = np.bincount(place[kept], minlength=len(pages))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), index[kept]


def index_of(sorted_ids: Ints, wanted: Ints) -> tuple[Ints, Bools]:
    """Place of each id in a sorted list, and whether it is there."""
    if len(sorted_ids) == 0:
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    place = np.minimum(np.searchsorted(sorted_ids, wanted), len(sorted_ids) - 1)
    return place.astype(np.int64), sorted_ids[place] == wanted
