"""How much more, or less, the cards of a section are clicked than those of the page on the whole.

    appeal(s) = log( (clicks_s + m · r) / ((seen_s + m) · r) )        r = clicks / seen of the whole page

Only cards that were seen count, so that a row at the foot of the page is not blamed for being below the fold; what few
have seen is drawn towards 0 (m cards of the average), and a section below ``ENOUGH`` seen cards has none.
"""

from collections.abc import Mapping

import numpy as np

ENOUGH = 200
"""Seen cards from which on a section is judged."""

PRIOR_CARDS, LEAST_CLICKS, FURTHEST = 200.0, 20, 1.5


def section_appeal(counts: Mapping[str, tuple[int, int]]) -> tuple[tuple[str, float], ...]:
    """Nats by section, sorted by code; empty where hardly anything was clicked.

    Args:
        counts: section code → (cards seen, of these clicked).
    """
    seen = sum(cards for cards, _clicks in counts.values())
    clicks = sum(clicked for _cards, clicked in counts.values())
    if clicks < LEAST_CLICKS:
        return ()
    rate = clicks / seen
    told = {
        code: np.log((clicked + PRIOR_CARDS * rate) / ((cards + PRIOR_CARDS) * rate))
        for code, (cards, clicked) in counts.items()
        if cards >= ENOUGH
    }
    return tuple((code, round(float(np.clip(nats, -FURTHEST, FURTHEST)), 3)) for code, nats in sorted(told.items()))
