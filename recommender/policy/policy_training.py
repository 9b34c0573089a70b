"""Training of a shop's first policy: logged pages → transitions → conservative DQN, cross-fitted (torch)."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recommender.data.absent import Absent
from recommender.data.folds import FOLDS, shopper_folds
from recommender.data.learned import LearnedArrays
from recommender.data.reward import RewardWeights
from recommender.data.types import DataError, Encoder, Floats, Ints, Snapshot
from recommender.encoders.training_loop import Progress, no_progress
from recommender.policy.dqn_training import DqnConfig, TrainedQ, dqn_train
from recommender.policy.mdp import mdp_of
from recommender.ranking.onnx_export import onnx_export
from recommender.ranking.rank import ROWS
from recommender.ranking.training_rows import LoggedPools

MIN_PAGES = 300
BLOCK = 512


@dataclass(frozen=True)
class TrainedPolicy:
    """The network that may serve, the two that speak for it before the judge, and their states."""

    model: TrainedQ
    halves: tuple[TrainedQ, ...]  # trained on one half of the shoppers each
    half: Ints  # (q,) half of the page's shopper
    page: Ints  # (q,) ascending
    states: Floats  # (q, d) state at each page
    item_vectors: Floats  # (n, d)
    q_spread: float  # median over pages of the standard deviation of Q within a pool
    config: DqnConfig
    rewards: RewardWeights
    transitions: int

    def judged_q(self, pools: LoggedPools) -> Floats:
        """(P,) Q of every pool item by the network that never met its shopper.

        Raises: DataError if a pool's page has no state.
        """
        row = np.searchsorted(self.page, pools.page)
        if (row >= len(self.page)).any() or (self.page[np.minimum(row, len(self.page) - 1)] != pools.page).any():
            raise DataError(
                "the ranker's pools and the policy's states come from different snapshots; train both again"
            )
        q = np.zeros(len(pools.item), np.float32)
        for place, (begin, end) in enumerate(zip(pools.start[:-1], pools.start[1:], strict=True)):
            judge = self.halves[1 - self.half[row[place]]]
            state, items = self.states[row[place]][None], self.item_vectors[pools.item[begin:end]][None]
            q[begin:end] = judge.q(state, items)[0]
        return q

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
    rewards: RewardWeights | None = None,
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
        rewards: what outcomes are worth.
        seed: equal seeds on one machine give equal weights; the halves are those of ``ranker_train``.
        device: cpu, cuda or auto.
        progress: told (steps done, steps, loss).
    Returns: the policy, or ``Absent`` where too little was shown.
    """
    config, rewards = config or DqnConfig(), rewards or RewardWeights()
    pages = 0 if snapshot.impressions is None else len(snapshot.impressions.pool_start) - 1
    if pages < MIN_PAGES:
        return Absent(
            f"{pages} shown pages are logged and {MIN_PAGES} are needed to learn long-term value; its weight stays 0"
        )
    logged = mdp_of(snapshot, arrays, encode_state, rewards=rewards, seed=seed)
    of_shopper, moves = shopper_folds(len(snapshot.shopper_ids), seed=seed), logged.transitions
    networks = []
    for part in range(FOLDS + 1):
        rows = moves if part == FOLDS else moves.keep(of_shopper[moves.owner] == part)
        networks.append(
            dqn_train(
                rows,
                config,
                seed=seed + part,
                device=device,
                progress=_after(progress, part * config.steps, config.steps * (FOLDS + 1)),
            )
        )
    order = np.argsort(logged.page)
    states, owner = moves.states[: len(logged.page)][order], _shopper_of(snapshot, logged.page[order])
    return TrainedPolicy(
        model=networks[FOLDS],
        halves=tuple(networks[:FOLDS]),
        half=of_shopper[owner],
        page=logged.page[order],
        states=states,
        item_vectors=moves.items,
        q_spread=_spread(networks[FOLDS], moves.states[moves.state], moves.items[moves.pool]),
        config=config,
        rewards=rewards,
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


def _spread(network: TrainedQ, states: Floats, pools: Floats, sample: int = 2000) -> float:
    """Median standard deviation of Q within a pool."""
    rows = np.linspace(0, len(states) - 1, min(sample, len(states))).astype(np.int64)
    return float(np.median(network.q(states[rows], pools[rows]).std(axis=1)))


def policy_export(trained: TrainedPolicy, path: Path, *, seed: int = 0) -> float:
    """Write ``policy.onnx``: inputs ``state`` and ``item`` (512, d) float32, output (512,).

    Returns: largest difference from the trained network.
    Raises: ArtifactMismatch if it is above 1e-4.
    """
    rng = np.random.default_rng(seed)
    state = trained.states[rng.integers(0, len(trained.states), ROWS)]
    item = trained.item_vectors[rng.integers(0, len(trained.item_vectors), ROWS)]
    inputs = {"state": np.ascontiguousarray(state, np.float32), "item": np.ascontiguousarray(item, np.float32)}
    return onnx_export(trained.model.served(), inputs, path)
