"""What the ranker reads of a candidate: one function for training and for serving."""

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.types import DAY_US, Bools, Context, Floats, Gathered, History, Ints
from users.kinds import POSITIVE_KINDS, Kind

CANDIDATE_FEATURES = (
    "price_known",
    "price_gap",  # log price minus the median of the shopper's usual band, in its spreads
    "price_distance",  # the same without its sign
    "discount",
    "freshness",
    "trend_share",
    "fatigue",
    "seen",
    "seen_lately",
    "carted",
    "bought",
    "department_share",
    "category_share",
    "brand_share",
    "same_department_as_last",
    "same_category_as_last",
    "department_dislikes",
)
HISTORY_FEATURES = ("n_looked", "n_liked", "n_carted", "n_bought", "n_disliked", "freshness_of_history")

FRESH_DAYS = 14.0
SEEN_DAYS = 3.0
RECENT = 20
"""History entries that make up the shopper's present taste."""

_GROUPS = (
    (Kind.VIEW, Kind.CLICK, Kind.DWELL),
    (Kind.LIKE, Kind.FAVOURITE, Kind.SHARE),
    (Kind.CART,),
    (Kind.PURCHASE,),
    (Kind.DISLIKE,),
)
# Tables by kind: a page asks for the features of eleven histories, and looking up is ten times as fast as np.isin.
_IN_GROUP = np.array([[kind in group for kind in range(256)] for group in _GROUPS])  # (5, 256)
_IS_POSITIVE = np.array([kind in POSITIVE_KINDS for kind in range(256)])


def feature_names(components: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns of ``features``, in order."""
    return (*components, *CANDIDATE_FEATURES, *HISTORY_FEATURES)


def features(
    context: Context, gathered: Gathered, arrays: LearnedArrays, history_index: Ints, components: Floats
) -> Floats:
    """The numbers a ranker scores candidates by.

    Section and slot are not among them: where a card stands is not known before it is ranked, and enters training as
    a fixed offset (``ranking.examination``).

    Args:
        context: who asks; only its history, fatigue and time are read.
        gathered: (c,) candidates with price, date and trend.
        arrays: of the bundle.
        history_index: (h,) vocabulary index of each history entry, -1 unknown.
        components: (c, K) of ``ranking.components``.
    Returns: (c, F) float32, finite, columns as ``feature_names`` says.
    """
    history = context.history
    kept = ~(history.item_ids[:, None] == context.ignored_ids).any(axis=1)
    liked = np.flatnonzero(kept & _IS_POSITIVE[history.kinds] & (history_index >= 0))[-RECENT:]
    taste = history_index[liked]  # (t,) oldest first
    columns = [
        *_price(gathered, arrays, taste),
        _freshness(gathered, context.now_us),
        _share_of_best(gathered.trend),
        _fatigue(gathered, context),
        *_met(gathered, context, kept),
        *_attributes(gathered, arrays, taste),
        _disliked_department(gathered, arrays, history_index[kept & (history.kinds == Kind.DISLIKE)]),
    ]
    shared = np.broadcast_to(_history(history, kept, context.now_us), (len(gathered), len(HISTORY_FEATURES)))
    return np.nan_to_num(np.column_stack([components, *columns, shared]).astype(np.float32))


def _price(gathered: Gathered, arrays: LearnedArrays, taste: Ints) -> list[Floats]:
    known = gathered.price_minor > 0
    gap = np.zeros(len(gathered), np.float32)
    usual = arrays.price_minor[taste]
    usual = np.log(usual[usual > 0])
    if len(usual):
        middle = np.median(usual)
        spread = max(float(np.median(np.abs(usual - middle))), 0.25)
        gap[known] = np.clip((np.log(gathered.price_minor[known]) - middle) / spread, -4, 4)
    reduced = known & (gathered.list_price_minor > gathered.price_minor)
    discount = np.zeros(len(gathered), np.float32)
    discount[reduced] = 1 - gathered.price_minor[reduced] / gathered.list_price_minor[reduced]
    return [known.astype(np.float32), gap, np.abs(gap), discount]


def _freshness(gathered: Gathered, now_us: int) -> Floats:
    days = np.maximum(now_us - gathered.published_us, 0) / DAY_US
    return np.where(gathered.published_us > 0, np.exp(-days / FRESH_DAYS), 0).astype(np.float32)


def _share_of_best(trend: Floats) -> Floats:
    best = float(trend.max(initial=0))
    return trend / best if best > 0 else np.zeros_like(trend)


def _fatigue(gathered: Gathered, context: Context) -> Floats:
    return np.log1p(_lookup(gathered.item_ids, context.fatigue_ids, context.fatigue_counts))


def _lookup(wanted: Ints, ids: Ints, values: Ints) -> Floats:
    """(w,) the value of each wanted id, 0 where it is not listed."""
    if not len(ids):
        return np.zeros(len(wanted), np.float32)
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
    found = ids[order][place] == wanted
    return np.where(found, values[order][place], 0).astype(np.float32)


def _met(gathered: Gathered, context: Context, kept: Bools) -> list[Floats]:
    """Own history with each candidate: how often, how lately, in the basket once, bought once."""
    history = context.history
    same = gathered.item_ids[:, None] == history.item_ids[None, kept]  # (c, h)
    days = (context.now_us - history.times_us[kept]) / DAY_US
    lately = np.where(same, np.exp(-np.maximum(days, 0) / SEEN_DAYS), 0).max(axis=1, initial=0)
    carted = (same & (history.kinds[kept] == Kind.CART)).any(axis=1)
    bought = (same & (history.kinds[kept] == Kind.PURCHASE)).any(axis=1)
    return [np.log1p(same.sum(axis=1)), lately, carted.astype(np.float32), bought.astype(np.float32)]


def _attributes(gathered: Gathered, arrays: LearnedArrays, taste: Ints) -> list[Floats]:
    """Share of the present taste with the candidate's department, category and brand; agreement with the last item."""
    pairs = (
        (gathered.department, arrays.department[taste]),
        (gathered.category, arrays.category[taste]),
        (gathered.brand, arrays.brand[taste]),
    )
    same = [(ours[:, None] == theirs[None, :]) & (ours > 0)[:, None] for ours, theirs in pairs]  # each (c, t)
    if not len(taste):
        return [np.zeros(len(gathered), np.float32)] * 5
    shares = [one.mean(axis=1).astype(np.float32) for one in same]
    return [*shares, same[0][:, -1].astype(np.float32), same[1][:, -1].astype(np.float32)]


def _disliked_department(gathered: Gathered, arrays: LearnedArrays, disliked: Ints) -> Floats:
    theirs = arrays.department[disliked[disliked >= 0]]
    same = (gathered.department[:, None] == theirs[None, :]) & (gathered.department > 0)[:, None]
    counts: Floats = np.log1p(same.sum(axis=1), dtype=np.float32)
    return counts


def _history(history: History, kept: Bools, now_us: int) -> Floats:
    """(6,) what kind of history this is; the same for every candidate."""
    counts = np.log1p(_IN_GROUP[:, history.kinds[kept]].sum(axis=1))
    days = max(now_us - int(history.times_us[-1]), 0) / DAY_US if len(history) else np.inf
    return np.array([*counts, np.exp(-days)], np.float32)
