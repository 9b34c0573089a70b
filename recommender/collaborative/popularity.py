"""How much is done with each item: in a window, decayed by age, and among shoppers of one segment."""

from dataclasses import dataclass

import numpy as np

from recommender.data.factors import FactorModel, Factors, Sum
from recommender.data.item_model import Asking
from recommender.data.sequences import Sequences
from recommender.data.types import DAY_US, Floats, Ints


@dataclass(frozen=True)
class PopularityConfig:
    """Window and half-life of popularity."""

    window_days: float = 365.0
    half_life_days: float = 7.0
    half_life_entries: float = 2.0  # where there are no times: per sequence, counted from its newest entry
    segment_history: int = 20  # newest entries that say which segments a shopper belongs to
    segment_shrink: float = 100.0  # interactions of the whole shop that a segment's own are mixed with


def popularity_fit(
    sequences: Sequences, config: PopularityConfig, *, until_us: int = 0, weight: Floats | None = None
) -> Floats:
    """(n,) interactions per item within the window that ends at ``until_us``.

    Args:
        sequences: of everybody, m interactions.
        config: how long the window is.
        until_us: its end in microseconds since 1970; 0 where times are unknown, and then everything counts.
        weight: (m,) what each interaction counts (``data.event_weights``); 1 where it is not given.
    """
    if not until_us:
        return sequences.item_counts(weight)
    inside = (sequences.at_us >= until_us - int(config.window_days * DAY_US)).astype(np.float32)
    return sequences.item_counts(inside if weight is None else inside * weight)


def recent_popularity_fit(
    sequences: Sequences, config: PopularityConfig, *, until_us: int = 0, weight: Floats | None = None
) -> Floats:
    """(n,) interactions per item, each weighing ½ per half-life of age.

        popularity(i) = Σ weight · 0.5 ** (age / half_life)

    Age is measured in time before ``until_us``. Where times are unknown it is the number of entries that follow in the
    same sequence, so that what people did last counts most.

    Args:
        sequences: of everybody, m interactions.
        config: the half-lives.
        until_us: microseconds since 1970; 0 where times are unknown.
        weight: (m,) what each interaction counts; 1 where it is not given.
    """
    if until_us:
        age = (until_us - sequences.at_us) / (config.half_life_days * DAY_US)
    else:
        age = sequences.age / config.half_life_entries
    faded = np.exp2(-np.maximum(age, 0.0)).astype(np.float32)
    return sequences.item_counts(faded if weight is None else faded * weight)


def segment_popularity_fit(
    sequences: Sequences, department: Ints | None, config: PopularityConfig, *, until_us: int = 0
) -> FactorModel:
    """What is popular among shoppers who like the same departments.

        score(i | history) = Σ_s share of the history in department s · p(i | s)
        p(i | s) = (count(i, s) + shrink · p(i)) / (count(s) + shrink)

    count(i, s) are the windowed interactions with i, each split over the departments its shopper's behaviour lies in.
    A history without departments is answered by the popularity of the whole shop.

    Args:
        sequences: behaviour.
        department: (n,) of each item, 0 none; None makes one segment of all.
        config: window and shrinkage.
        until_us: end of behaviour; 0: everything counts.
    """
    department = np.zeros(sequences.n_items, np.int64) if department is None else department
    names, place = np.unique(department, return_inverse=True)
    member = (place[:, None] == np.flatnonzero(names > 0)).astype(np.float32)  # (n, s)
    counts = sequences.counts()
    taste = counts @ member  # (u, s)
    taste /= np.maximum(taste.sum(axis=1, keepdims=True), 1.0)
    inside = sequences.keep(sequences.at_us >= until_us - int(config.window_days * DAY_US)) if until_us else sequences
    within = inside.counts().T @ taste  # (n, s)
    overall = popularity_fit(sequences, config, until_us=until_us)
    overall = overall / max(float(overall.sum()), 1.0)
    share = (within + config.segment_shrink * overall[:, None]) / (within.sum(axis=0) + config.segment_shrink)
    relative = (share - overall[:, None]).astype(np.float32)
    return FactorModel(
        Factors(member, relative, overall.astype(np.float32), Sum(mean=True)),
        Asking(config.segment_history, once=False),
    )
