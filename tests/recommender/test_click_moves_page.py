"""Three clicks in a department raise its share of the first row, for nine guests in ten, without any training."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from catalog.models import Item, Shop
from recommender.data.types import Context, History
from recommender.facts.context import Asked, context_read
from recommender.serving.decide import decide
from recommender.store.gather import SqlGather
from recommender.store.live import Serving, serving_read
from tests.fixtures.tiny_shop import NOW, tiny_served
from users.kinds import Kind

SEEDS = 20
CLICKS = 3
GUESTS_PER_DEPARTMENT = 6
PROMISE = 0.9


def share_of(department: int, context: Context, serving: Serving) -> float:
    """Mean over seeds of the department's share of the first row."""
    gathered = SqlGather(serving)(context)
    shares = []
    for seed in range(SEEDS):
        decision = decide(context, gathered, serving.ruleset, serving.bundle, seed)
        first = gathered.department[decision.rows[decision.section_of == 0]]
        shares.append(float((first == department).mean()))
    return float(np.mean(shares))


def clicked(context: Context, items: list[int]) -> Context:
    """The same guest after clicking ``items``, ten seconds apart."""
    times = context.now_us - 10_000_000 * np.arange(len(items), 0, -1)
    history = History(np.array(items), np.full(len(items), Kind.CLICK, np.int8), times.astype(np.int64))
    return replace(context, history=history, state_version=len(items))


def guests(shop: Shop, context: Context, serving: Serving) -> Iterator[tuple[float, float]]:
    """Share of a department before and after clicks in it, for guests whose first row held less than half of it."""
    rng = np.random.default_rng(7)
    departments = Item.objects.of(shop).filter(department__isnull=False).values_list("department_id", flat=True)
    for department in sorted(set(departments)):
        before = share_of(department, context, serving)
        items = list(Item.objects.of(shop).filter(department=department, stock__gt=0).values_list("pk", flat=True))
        for _ in range(GUESTS_PER_DEPARTMENT):
            if before < 0.5:
                chosen = rng.choice(sorted(items), CLICKS, replace=False).tolist()
                yield before, share_of(department, clicked(context, chosen), serving)


def assert_clicks_move_pages(shop: Shop, now: datetime) -> None:
    """Nine guests in ten see more of what they clicked."""
    context = context_read(shop, None, Asked(surface="homepage", session="guest", now=now))
    shares = list(guests(shop, context, serving_read(shop.pk)))
    assert len(shares) >= 6
    moved = sum(after > before for before, after in shares)
    assert moved >= PROMISE * len(shares), f"{moved} of {len(shares)} guests: {shares}"


@pytest.mark.django_db
def test_on_a_tiny_bundle() -> None:
    assert_clicks_move_pages(tiny_served().shop, NOW)
