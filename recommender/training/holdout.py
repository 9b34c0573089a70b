"""The newest step of some shoppers, kept back from learning: to stop the encoder, to fit the fusion, to judge.

Who is kept back depends on the shopper's id alone, so that two bundles can be compared on the same shoppers: what one
was judged on, no other has learned.
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.sequences import Sequences, sequences_of
from recommender.data.snapshot import Snapshot
from recommender.data.splits import Targets, Thirds
from recommender.data.types import Ints
from recommender.training.recipe import HoldoutConfig


@dataclass(frozen=True)
class Holdout:
    """Behaviour to learn from, and what was kept back."""

    train: Sequences
    thirds: Thirds  # A stops the encoder, B fits the fusion, C judges
    now_us: int  # end of behaviour


def holdout_make(snapshot: Snapshot, config: HoldoutConfig) -> Holdout:
    """Keep back the newest step of up to ``max_users`` shoppers, where it is an item new to them."""
    n_users = len(snapshot.shopper_ids)
    whole = sequences_of(snapshot.interactions, n_users=n_users, n_items=len(snapshot.items))
    return newest_kept_back(whole, snapshot.shopper_ids, config, otherwise_us=snapshot.until_us)


def newest_kept_back(whole: Sequences, shopper_ids: Ints, config: HoldoutConfig, *, otherwise_us: int) -> Holdout:
    """The same of any behaviour.

    Args:
        whole: behaviour.
        shopper_ids: (u,) of its shoppers.
        config: how many, and who is fit.
        otherwise_us: end of behaviour where there is none.
    """
    order = _scrambled(shopper_ids)
    fit = np.flatnonzero((whole.lengths >= config.min_length) & _last_is_new(whole))
    users = np.sort(fit[np.argsort(order[fit], kind="stable")][: config.max_users])
    chosen = np.zeros(len(whole), np.bool_)
    chosen[users] = True
    held = (whole.age == 0) & chosen[whole.user]
    targets = Targets(users, np.arange(len(users) + 1, dtype=np.int64), whole.item[held])
    third = order[users].astype(np.uint64) // np.uint64(7) % np.uint64(3)
    stop, fusion, report = (targets.select(np.flatnonzero(third == part)) for part in range(3))
    now_us = int(whole.at_us.max()) if len(whole.at_us) else otherwise_us
    return Holdout(whole.keep(~held), Thirds(stop, fusion, report), now_us)


def judged_kept_back(snapshot: Snapshot, holdout: Holdout) -> Snapshot:
    """The snapshot without what the judged shoppers did and saw after their last learned step."""
    latest = np.full(len(snapshot.shopper_ids), np.iinfo(np.int64).max)
    train, judged = holdout.train, holdout.thirds.report.users
    latest[judged] = train.at_us[np.maximum(train.start[judged + 1] - 1, 0)]
    facts, pages = snapshot.interactions, snapshot.impressions
    keep = facts.at_us <= latest[facts.shopper]
    interactions = replace(facts, **{name: column[keep] for name, column in vars(facts).items()})
    if pages is None:
        return replace(snapshot, interactions=interactions)
    seen = pages.at_us <= latest[pages.shopper]
    columns = {name: column[seen] for name, column in vars(pages).items() if not name.startswith("pool_")}
    # Pages keep their numbers, so pools stay aligned; a page without rows is never asked for.
    return replace(snapshot, interactions=interactions, impressions=replace(pages, **columns))


def _last_is_new(sequences: Sequences) -> np.ndarray:
    """(u,) True where the newest entry is an item the shopper had not met."""
    pair = sequences.user * np.int64(max(sequences.n_items, 1)) + sequences.item
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    new = np.zeros(len(sequences), np.bool_)
    last = np.flatnonzero(sequences.age == 0)
    new[sequences.user[last]] = counts[inverse[last]] == 1
    return new


def _scrambled(ids: Ints) -> np.ndarray:
    """(u,) uint64 hash of each id (SplitMix64, Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
