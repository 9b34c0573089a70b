"""Training of a shop's first policy: logged pages → transitions → conservative DQN, cross-fitted (torch)."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recommender.data.absent import Absent
from recommender.data.folds import FOLDS, shopper_folds
from recommender.data.learned import LearnedArrays
from recommender.data.reward import RewardWeights
from recommender.data.snapshot import Snapshot
from recommender.data.types import DataError, Encoder, Floats, Ints
from recommender.encoders.config import SHOP_DEFAULTS, LearningConfig
from recommender.encoders.onnx_file import onnx_write
from recommender.encoders.trained import Progress, no_progress
from recommender.policy.dqn_training import DqnConfig, TrainedQ, dqn_train
from recommender.policy.mdp import LoggedMdp, Transitions, impressions_of, mdp_of
from recommender.ranking.past_models import PastModels, past_models
from recommender.ranking.rank import ROWS
from recommender.ranking.rolling_tables import explained_since
from recommender.ranking.training_rows import LoggedPools

MIN_PAGES = 300
BLOCK = 512


@dataclass(frozen=True)
class Witnesses:
    """Networks of the same recipe that speak for the policy: each met one half of the shoppers, none their future."""

    networks: tuple[TrainedQ, ...]  # one per half
    half: Ints  # (q,) half of the page's shopper
    page: Ints  # (q,) ascending
    states: Floats  # (q, d) state at each page
    item_vectors: Floats  # (n, d)

    def q(self, pools: LoggedPools) -> Floats:
        """(P,) Q of every pool item by the network that never met its shopper.

        Raises: DataError if a pool's page has no state.
        """
        row = np.searchsorted(self.page, pools.page)
        if (row >= len(self.page)).any() or (self.page[np.minimum(row, len(self.page) - 1)] != pools.page).any():
            raise DataError("the ranker's pools and the policy's states are of different snapshots; train both again")
        q = np.zeros(len(pools.item), np.float32)
        for place, (begin, end) in enumerate(zip(pools.start[:-1], pools.start[1:], strict=True)):
            network = self.networks[1 - self.half[row[place]]]
            state, items = self.states[row[place]][None], self.item_vectors[pools.item[begin:end]][None]
            q[begin:end] = network.q(state, items)[0]
        return q


@dataclass(frozen=True)
class TrainedPolicy:
    """The network that may serve, and those that speak for it before the judge."""

    model: TrainedQ
    item_vectors: Floats  # (n, d)
    served_states: Floats  # (p, d)
    q_spread: float  # median over pages of the standard deviation of Q within a pool
    witnesses: Witnesses
    config: DqnConfig
    rewards: RewardWeights
    transitions: int

    def judged_q(self, pools: LoggedPools) -> Floats:
        """(P,) Q of pool items by networks that never met the pool's shopper: what the judge hears."""
        return self.witnesses.q(pools)

    def to_json(self) -> dict[str, Any]:
        """For ``Manifest.policy``, to be joined with the verdict's."""
        return {
            "algorithm": "conservative double DQN",
            "config": asdict(self.config),
            "rewards": asdict(self.rewards),
            "q_spread": self.q_spread,
            "transitions": self.transitions,
            "loss": self.model.loss,
        }


def policy_train(
    snapshot: Snapshot,
    arrays: LearnedArrays,
    encode_state: Encoder,
    *,
    config: DqnConfig | None = None,
    learning: LearningConfig = SHOP_DEFAULTS,
    rewards: RewardWeights | None = None,
    encoder_saw_pages: bool = True,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = no_progress,
) -> TrainedPolicy | Absent:
    """Learn what showing a card is worth in the long run.

    Args:
        snapshot: its impressions carry pools; its items are the vocabulary of ``arrays``.
        arrays: of the bundle being made.
        encode_state: its state encoder.
        config: see ``DqnConfig``.
        learning: how the encoder was trained; the witnesses' is trained the same way on the past.
        rewards: what outcomes are worth.
        encoder_saw_pages: whether ``arrays`` and ``encode_state`` were learned from the time of the pages too; then the
            witnesses use an encoder of the past (``ranking.past_models``).
        seed: equal seeds on one machine give equal weights; the halves are those of ``ranker_train``.
        device: cpu, cuda or auto.
        progress: told (steps done, steps, loss).
    Returns: the policy, or ``Absent`` where too little was shown.
    """
    config, rewards = config or DqnConfig(), rewards or RewardWeights()
    pages = 0 if snapshot.impressions is None else len(snapshot.impressions.pool_start) - 1
    if pages < MIN_PAGES:
        return Absent(
            "%(pages)d shown pages are logged and %(needed)d are needed to learn long-term value; its weight stays 0",
            {"pages": pages, "needed": MIN_PAGES},
        )
    logged = mdp_of(snapshot, arrays, encode_state, rewards=rewards, seed=seed)
    judged = logged
    if encoder_saw_pages:
        since_us = explained_since(impressions_of(snapshot))
        bundle = PastModels(arrays, encode_state)
        models = past_models(snapshot, bundle, learning, since_us=since_us, seed=seed, device=device)
        judged = mdp_of(snapshot, models.arrays, models.encode_state, rewards=rewards, since_us=since_us, seed=seed)
    return _trained(snapshot, logged, judged, _Orders(config, rewards, seed, device, progress))


@dataclass(frozen=True)
class _Orders:
    """How networks are trained."""

    config: DqnConfig
    rewards: RewardWeights
    seed: int
    device: str
    progress: Progress

    def network(self, moves: Transitions, part: int) -> TrainedQ:
        """The ``part``-th of the networks that are trained one after the other."""
        steps = self.config.steps
        tell = _after(self.progress, part * steps, steps * (FOLDS + 1))
        return dqn_train(moves, self.config, seed=self.seed + part, device=self.device, progress=tell)


def _trained(snapshot: Snapshot, logged: LoggedMdp, judged: LoggedMdp, orders: _Orders) -> TrainedPolicy:
    """Two witnesses on the judged transitions, the network that serves on all of them."""
    of_shopper = shopper_folds(len(snapshot.shopper_ids), seed=orders.seed)
    moves, order = judged.transitions, np.argsort(judged.page)
    witnesses = Witnesses(
        networks=tuple(orders.network(moves.keep(of_shopper[moves.owner] == half), half) for half in range(FOLDS)),
        half=of_shopper[_shopper_of(snapshot, judged.page[order])],
        page=judged.page[order],
        states=moves.states[: len(judged.page)][order],
        item_vectors=moves.items,
    )
    moves = logged.transitions
    model = orders.network(moves, FOLDS)
    return TrainedPolicy(
        model=model,
        item_vectors=moves.items,
        served_states=moves.states,
        q_spread=_spread(model, moves),
        witnesses=witnesses,
        config=orders.config,
        rewards=orders.rewards,
        transitions=len(moves),
    )


def _after(progress: Progress, before: int, total: int) -> Progress:
    """Progress of one of several trainings as progress of all of them."""

    def tell(step: int, _: int, loss: float) -> None:
        progress(before + step, total, loss)

    return tell


def _shopper_of(snapshot: Snapshot, page: Ints) -> Ints:
    impressions = snapshot.impressions
    return page if impressions is None else impressions.shopper[np.searchsorted(impressions.page, page)]


def _spread(network: TrainedQ, moves: Transitions, sample: int = 2000) -> float:
    """Median standard deviation of Q within a pool."""
    rows = np.linspace(0, len(moves) - 1, min(sample, len(moves))).astype(np.int64)
    q = network.q(moves.states[moves.state[rows]], moves.items[moves.pool[rows]])
    return float(np.median(q.std(axis=1)))


def policy_export(trained: TrainedPolicy, path: Path, *, seed: int = 0) -> float:
    """Write ``policy.onnx``: inputs ``state`` and ``item`` (512, d) float32, output (512,).

    Returns: largest difference from the trained network.
    Raises: ArtifactMismatch if it is above 1e-4.
    """
    rng = np.random.default_rng(seed)
    state = trained.served_states[rng.integers(0, len(trained.served_states), ROWS)]
    item = trained.item_vectors[rng.integers(0, len(trained.item_vectors), ROWS)]
    inputs = {"state": np.ascontiguousarray(state, np.float32), "item": np.ascontiguousarray(item, np.float32)}
    return onnx_write(trained.model.served(), inputs, path, what="policy", fixed=True)
