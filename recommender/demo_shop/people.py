"""The generated shoppers. Their tastes stay out of the database: all it learns is what it could have seen."""

from collections import Counter

import numpy as np

from catalog.models import Shop
from catalog.moments import moment_of
from recommender.data.synthetic.sessions import DemoShop
from recommender.data.types import DAY_US, Ints
from users.models import Shopper

_FREQUENT, _REGULAR = 30, 10  # sessions within the window


def shoppers_write(shop: Shop, generated: DemoShop) -> Ints:
    """Write the shoppers; returns (u,) ids by number. The segment says how often somebody comes, nothing else."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    sessions: Counter[int] = Counter()
    counted: set[tuple[int, int]] = set()
    for deed in generated.log.deeds:
        first[deed.shopper] = min(deed.at_us, first.get(deed.shopper, deed.at_us))
        last[deed.shopper] = max(deed.at_us, last.get(deed.shopper, 0))
        if (deed.shopper, deed.session) not in counted:
            counted.add((deed.shopper, deed.session))
            sessions[deed.shopper] += 1
    opened_us = generated.until_us - generated.days * DAY_US
    rows = [
        Shopper(
            shop=shop,
            external_id=f"demo-{number:04d}",
            segment=_segment(sessions[number]),
            language="zh-hans" if chinese else "en",
            synthetic=True,
            created_at=moment_of(first.get(number, opened_us)),
            last_seen_at=moment_of(last[number]) if number in last else None,
        )
        for number, chinese in enumerate(generated.population.chinese.tolist())
    ]
    Shopper.objects.bulk_create(rows, batch_size=1_000)
    return np.array([row.pk for row in rows], np.int64)


def _segment(sessions: int) -> str:
    if sessions >= _FREQUENT:
        return "frequent"
    return "regular" if sessions >= _REGULAR else "occasional"
