"""Logged pages as a Markov decision process: which state, which card, what it earned, what came next.

The agent acts once per shown card. A card deep on the page may never have been looked at, so each transition carries
the chance that it was (``examination``), and the value of a card is learned as what being looked at adds.
"""

from dataclasses import dataclass, replace

import numpy as np

from recommender.data.learned import LearnedArrays
from recommender.data.profile import profile_of
from recommender.data.reward import RewardWeights
from recommender.data.snapshot import ImpressionTable, Snapshot
from recommender.data.types import DAY_US, Bools, Context, DataError, Encoder, Floats, History, Ints
from recommender.encoders.inputs import encoder_inputs
from recommender.ranking.examination import examination_fit
from recommender.ranking.logged_pages import HISTORY, page_rows

BLOCK = 256
"""Histories encoded in one run."""


@dataclass(frozen=True)
class MdpConfig:
    """What counts as an action and as an end."""

    candidates: int = 32  # of each next pool, drawn once
    slots: int = 12  # cards per page that are learned from, the first ones
    churn_us: int = 14 * DAY_US  # away for longer: the shopper left


@dataclass(frozen=True)
class Transitions:
    """``m`` actions. States and items are rows of shared tables.

    ``terminated``: the process ended, nothing can be earned any more. ``truncated``: only the log ended; the value of
    the next state still counts.
    """

    states: Floats  # (p, d)
    items: Floats  # (n, d) item vectors
    state: Ints  # (m,) row in states
    action: Ints  # (m,) row in items
    reward: Floats  # (m,)
    examination: Floats  # (m,) chance that the card was looked at, relative to the best place
    next_state: Ints  # (m,)
    pool: Ints  # (m, k) items that could be shown in ``state``
    next_pool: Ints  # (m, k) items that can be shown in ``next_state``
    terminated: Bools  # (m,)
    truncated: Bools  # (m,)
    owner: Ints  # (m,) shopper or episode

    def __len__(self) -> int:
        return len(self.action)

    def keep(self, mask: Bools) -> "Transitions":
        """The transitions where ``mask`` (m,) is true, over the same tables."""
        kept = (self.state, self.action, self.next_state, self.pool, self.next_pool, self.owner)
        state, action, next_state, pool, next_pool, owner = (array[mask] for array in kept)
        return replace(
            self,
            state=state,
            action=action,
            reward=self.reward[mask],
            examination=self.examination[mask],
            next_state=next_state,
            pool=pool,
            next_pool=next_pool,
            terminated=self.terminated[mask],
            truncated=self.truncated[mask],
            owner=owner,
        )


@dataclass(frozen=True)
class LoggedMdp:
    """Transitions of a snapshot and the pages their first states belong to."""

    transitions: Transitions
    page: Ints  # (q,) page whose state is row 0 … q-1 of ``transitions.states``


@dataclass(frozen=True)
class _Walk:
    """Usable pages by shopper and time, and what follows each."""

    page: Ints  # (q,)
    shopper: Ints  # (q,)
    at_us: Ints  # (q,)
    last: Bools  # (q,) the shopper's last page

    @property
    def ends(self) -> Ints:
        return np.flatnonzero(self.last)

    @property
    def following(self) -> Ints:
        """(q,) row of the next state: the next page's, or one of those appended for last pages."""
        rows = np.arange(1, len(self.page) + 1)
        rows[self.ends] = len(self.page) + np.arange(len(self.ends))
        return rows


def mdp_of(
    snapshot: Snapshot,
    arrays: LearnedArrays,
    encode_state: Encoder,
    *,
    rewards: RewardWeights | None = None,
    config: MdpConfig | None = None,
    since_us: int = 0,
    seed: int = 0,
) -> LoggedMdp:
    """Every early card of every page with what followed.

    The next state is the shopper's state at their next page. After the last page it is the state when the log ends:
    truncated, unless the shopper had by then been away for ``churn_us``: terminated.

    Args:
        snapshot: with impressions and pools; its items are the vocabulary of ``arrays``.
        arrays: of the bundle being made.
        encode_state: its state encoder.
        rewards: what outcomes are worth.
        config: see ``MdpConfig``.
        since_us: pages shown earlier are left out.
        seed: of the draw from the pools.
    Raises: DataError if there are no impressions.
    """
    config, impressions = config or MdpConfig(), impressions_of(snapshot)
    walk = _walk(impressions, since_us)
    states = states_at(
        snapshot,
        arrays,
        encode_state,
        shopper=np.concatenate([walk.shopper, walk.shopper[walk.ends]]),
        at_us=np.concatenate([walk.at_us, np.full(len(walk.ends), snapshot.until_us)]),
    )
    pools = _pools_draw(impressions, walk.page, config.candidates, seed)
    next_pools = pools[np.where(walk.last, np.arange(len(walk.page)), np.minimum(walk.following, len(walk.page) - 1))]
    left = walk.last & (snapshot.until_us - walk.at_us >= config.churn_us)
    rows, p = _early_cards(impressions, walk, config.slots)
    seen = examination_fit(impressions).ratio_at(impressions.section[rows], impressions.slot[rows])
    transitions = Transitions(
        states=states,
        items=np.asarray(arrays.item_vectors),
        state=p,
        action=impressions.item[rows],
        reward=(rewards or RewardWeights()).earned(impressions)[rows],
        examination=seen,
        next_state=walk.following[p],
        pool=pools[p],
        next_pool=next_pools[p],
        terminated=left[p],
        truncated=(walk.last & ~left)[p],
        owner=impressions.shopper[rows],
    )
    return LoggedMdp(transitions, walk.page)


def impressions_of(snapshot: Snapshot) -> ImpressionTable:
    """The impressions of a snapshot.

    Raises: DataError if it has none.
    """
    if snapshot.impressions is None or len(snapshot.impressions) == 0:
        raise DataError("the snapshot has no impressions; log pages first")
    return snapshot.impressions


def _walk(impressions: ImpressionTable, since_us: int) -> _Walk:
    start = page_rows(impressions)
    pages = np.flatnonzero((np.diff(start) > 0) & (np.diff(impressions.pool_start) > 0))
    pages = pages[impressions.at_us[start[pages]] >= since_us]
    lead = start[pages]
    order = np.lexsort((impressions.at_us[lead], impressions.shopper[lead]))
    pages, lead = pages[order], lead[order]
    shopper = impressions.shopper[lead]
    return _Walk(pages, shopper, impressions.at_us[lead], np.append(shopper[1:] != shopper[:-1], True))


def _early_cards(impressions: ImpressionTable, walk: _Walk, slots: int) -> tuple[Ints, Ints]:
    """(n,) impressions in the first ``slots`` slots of the pages walked, and (n,) the row of the page of each."""
    of_page = np.full(len(impressions.pool_start) - 1, -1)
    of_page[walk.page] = np.arange(len(walk.page))
    rows = np.flatnonzero((impressions.slot < slots) & (of_page[impressions.page] >= 0))
    return rows, of_page[impressions.page[rows]]


def states_at(
    snapshot: Snapshot, arrays: LearnedArrays, encode_state: Encoder, *, shopper: Ints, at_us: Ints
) -> Floats:
    """(q, d) state vectors of shoppers at moments, by the functions that serve.

    Args:
        snapshot: whose facts before the moment are the history.
        arrays: of the bundle being made.
        encode_state: its state encoder.
        shopper: (q,) index of the shopper.
        at_us: (q,) moment; what happened then is not yet known.
    """
    facts = snapshot.interactions
    first = np.searchsorted(facts.shopper, np.arange(len(snapshot.shopper_ids) + 1))
    length = int(getattr(encode_state, "max_length", 50))
    made = []
    for one, moment in zip(shopper.tolist(), at_us.tolist(), strict=True):
        until = first[one] + int(np.searchsorted(facts.at_us[first[one] : first[one + 1]], moment, side="left"))
        recent = slice(max(first[one], until - HISTORY), until)
        index = facts.item[recent]
        ids = np.where(index >= 0, snapshot.items.ids[np.maximum(index, 0)], 0)
        history = History(ids, facts.kind[recent], facts.at_us[recent])
        context = Context(snapshot.shop_id, int(snapshot.shopper_ids[one]), "", "homepage", moment, history)
        made.append(encoder_inputs(profile_of(context, index), arrays.item_vectors, max_length=length))
    return np.concatenate(
        [
            encode_state.encode(
                *(
                    np.concatenate([getattr(one, name) for one in made[begin : begin + BLOCK]])
                    for name in ("vectors", "kinds", "lengths", "hours")
                )
            )
            for begin in range(0, len(made), BLOCK)
        ]
    )


def _pools_draw(impressions: ImpressionTable, pages: Ints, k: int, seed: int) -> Ints:
    """(p, k) items drawn from each page's pool, with repetition where a pool is smaller than ``k``."""
    rng = np.random.default_rng(seed)
    begin, end = impressions.pool_start[pages], impressions.pool_start[pages + 1]
    place = begin[:, None] + (rng.random((len(pages), k)) * (end - begin)[:, None]).astype(np.int64)
    return impressions.pool_items[place]
