"""What the ranker reads of a candidate: one function for training and for serving."""

import numpy as np
import numpy.typing as npt

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

DoubleArray = npt.NDArray[np.float64]

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
    kept = ~(context.history.item_ids[:, None] == context.ignored_ids).any(axis=1)
    matrix: Floats = features_of(kept[None], context, gathered, arrays, history_index, components[None])[0]
    return matrix


def features_of(
    kept: Bools,
    context: Context,
    gathered: Gathered,
    arrays: LearnedArrays,
    history_index: Ints,
    components: Floats,
) -> Floats:
    """``features`` for b versions of a shopper.

    Args:
        kept: (b, h) the history entries that each version has.
        context: as for ``features``; its ``ignored_ids`` are not read.
        gathered: as for ``features``.
        arrays: as for ``features``.
        history_index: as for ``features``.
        components: (b, c, K).
    Returns: (b, c, F) float32.
    """
    positive = np.flatnonzero(_IS_POSITIVE[context.history.kinds] & (history_index >= 0))
    taste = _newest(kept[:, positive], RECENT)  # (b, p)
    disliked = np.flatnonzero((context.history.kinds == Kind.DISLIKE) & (history_index >= 0))
    columns = [
        *_price(gathered, arrays, history_index[positive], taste),
        _freshness(gathered, context.now_us),
        _share_of_best(gathered.trend),
        _fatigue(gathered, context),
        *_met(gathered, context, kept),
        *_attributes(gathered, arrays, history_index[positive], taste),
        _disliked_department(gathered, arrays, history_index[disliked], kept[:, disliked]),
    ]
    own = components.shape[2]  # where they begin
    found = np.empty((len(kept), len(gathered), own + len(columns) + len(HISTORY_FEATURES)), np.float32)
    found[:, :, :own] = components
    for place, column in enumerate(columns, own):
        found[:, :, place] = column
    found[:, :, -len(HISTORY_FEATURES) :] = _history(context.history, kept, context.now_us)[:, None]
    return np.nan_to_num(found, copy=False)


def _newest(mine: Bools, n: int) -> Bools:
    """(b, p) the last ``n`` entries of each row of ``mine`` (b, p) that are true."""
    return np.asarray(mine & (np.cumsum(mine[:, ::-1], axis=1)[:, ::-1] <= n))


def _price(gathered: Gathered, arrays: LearnedArrays, liked: Ints, taste: Bools) -> list[Floats]:
    """What prices say: known, distance from the usual band with and without sign, discount; (c,) or (b, c) each."""
    known = gathered.price_minor > 0
    usual = arrays.price_minor[liked]
    priced = usual > 0
    middle, spread = _band(np.log(usual[priced]), taste[:, priced])
    gap = np.zeros((len(taste), len(gathered)), np.float32)
    gap[:, known] = np.clip((np.log(gathered.price_minor[known]) - middle[:, None]) / spread[:, None], -4, 4)
    gap[np.isnan(middle)] = 0
    reduced = known & (gathered.list_price_minor > gathered.price_minor)
    discount = np.zeros(len(gathered), np.float32)
    discount[reduced] = 1 - gathered.price_minor[reduced] / gathered.list_price_minor[reduced]
    return [known.astype(np.float32), gap, np.abs(gap), discount]


def _band(values: DoubleArray, mine: Bools) -> tuple[DoubleArray, DoubleArray]:
    """(b,) median of each row's own ``values`` (p,), NaN where it has none, and their median distance, at least ¼."""
    own = np.where(mine, values, np.inf)
    count = mine.sum(axis=1)
    middle = _median(own, count)
    with np.errstate(invalid="ignore"):
        spread = _median(np.abs(own - middle[:, None]), count)
    return middle, np.maximum(spread, 0.25)


def _median(values: DoubleArray, count: Ints) -> DoubleArray:
    """(b,) median of the ``count`` (b,) smallest of each row of ``values`` (b, p); NaN where that is none."""
    median = np.full(len(values), np.nan)
    some = np.flatnonzero(count)
    ordered = np.sort(values[some], axis=1)
    row = np.arange(len(some))
    median[some] = (ordered[row, (count[some] - 1) // 2] + ordered[row, count[some] // 2]) / 2
    return median


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
    """(b, c) own history with each candidate: how often, how lately, in the basket once, bought once."""
    history = context.history
    candidate, entry = np.nonzero(gathered.item_ids[:, None] == history.item_ids)
    days = (context.now_us - history.times_us[entry]) / DAY_US
    of_entries = (
        np.ones(len(entry)),
        np.exp(-np.maximum(days, 0) / SEEN_DAYS),
        history.kinds[entry] == Kind.CART,
        history.kinds[entry] == Kind.PURCHASE,
    )
    times, lately, carted, bought = (np.zeros((len(kept), len(gathered))) for _ in of_entries)
    for version, mine in enumerate(kept[:, entry]):
        np.add.at(times[version], candidate, mine * of_entries[0])
        for best, values in zip((lately, carted, bought), of_entries[1:], strict=True):
            np.maximum.at(best[version], candidate, mine * values)
    return [np.log1p(times), lately, carted, bought]


def _attributes(gathered: Gathered, arrays: LearnedArrays, liked: Ints, taste: Bools) -> list[Floats]:
    """(b, c) share of the present taste with the candidate's department, category and brand; the last item's too."""
    in_any = taste.any(axis=0)
    liked, taste = liked[in_any], taste[:, in_any]
    count = np.maximum(taste.sum(axis=1), 1)[:, None]
    mine, last = taste.astype(np.float32), _newest(taste, 1).astype(np.float32)
    same = [
        ((theirs[liked][:, None] == ours) & (ours > 0)).astype(np.float32)  # (p, c)
        for ours, theirs in (
            (gathered.department, arrays.department),
            (gathered.category, arrays.category),
            (gathered.brand, arrays.brand),
        )
    ]
    return [*(mine @ one / count for one in same), last @ same[0], last @ same[1]]


def _disliked_department(gathered: Gathered, arrays: LearnedArrays, disliked: Ints, kept: Bools) -> Floats:
    """(b, c) log(1 + dislikes in the candidate's department)."""
    ours = gathered.department
    same = (arrays.department[disliked][:, None] == ours) & (ours > 0)
    counts: Floats = np.log1p(kept.astype(np.float32) @ same.astype(np.float32))
    return counts


def _history(history: History, kept: Bools, now_us: int) -> Floats:
    """(b, 6) what kind of history this is; the same for every candidate."""
    counts = np.log1p(kept.astype(np.float32) @ _IN_GROUP[:, history.kinds].T.astype(np.float32))
    days = max(now_us - int(history.times_us[-1]), 0) / DAY_US if len(history) else np.inf
    return np.concatenate([counts, np.full((len(kept), 1), np.exp(-days))], axis=1).astype(np.float32)
