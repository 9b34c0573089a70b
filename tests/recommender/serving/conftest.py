"""A tiny bundle and a request of its shop, without a database."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.types import Context, Gathered, Source
from recommender.retrieval.exact import ExactGather
from recommender.serving.bundle import Bundle
from recommender.serving.state import shopper_view
from tests.fixtures.requests import context_of
from tests.fixtures.tiny_bundle import tiny_bundle

N, DEPARTMENTS = 240, 6
Request = tuple[Context, Gathered]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    place = np.arange(N)
    return tiny_bundle(
        tmp_path_factory.mktemp("bundle") / "tiny",
        item_ids=1000 + 3 * place,
        departments=place % DEPARTMENTS + 50,
        brands=place % 31 + 1,
    )


@pytest.fixture(scope="module")
def request_of(bundle: Bundle) -> Callable[..., Request]:
    """A context whose history are the given vocabulary indices, and what exact search gathers for it."""

    def make(*indices: int, **fields: object) -> Request:
        context = context_of(items=bundle.arrays.item_ids[list(indices)].tolist(), **fields)
        view = shopper_view(context, bundle)
        gathered = ExactGather(bundle.arrays)(context, history_index=view.history_index, state=view.state)
        new = np.arange(len(gathered)) % 9 == 0
        return context, replace(
            gathered,
            sources=gathered.sources | np.where(new, np.uint32(1 << Source.NEW_ARRIVALS), np.uint32(0)),
            published_us=np.where(new, context.now_us - 3_600_000_000 * np.arange(len(gathered)), 0),
        )

    return make
