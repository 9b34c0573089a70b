"""Conservative double DQN over state and item vectors, learned from logs alone (torch)."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recommender.data.types import DataError, Floats
from recommender.encoders.devices import device_choose
from recommender.encoders.trained import Progress, no_progress
from recommender.policy.dqn_network import DuelingQ, ServedQ
from recommender.policy.mdp import Transitions


@dataclass(frozen=True)
class DqnConfig:
    """Size and optimisation of the Q network."""

    discount: float = 0.9
    conservatism: float = 0.05  # weight of the CQL penalty
    hidden: int = 64
    rank: int = 24
    steps: int = 600
    batch: int = 384
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    target_rate: float = 0.01  # share of the network that moves into the target network per step


@dataclass(frozen=True)
class TrainedQ:
    """A Q network and the unit of its rewards."""

    network: DuelingQ
    reward_scale: float  # rewards are divided by it for training
    loss: float  # mean of the last tenth of training

    def q(self, states: Floats, items: Floats) -> Floats:
        """(b, d) states and (b, k, d) items → (b, k) Q of looked-at cards, in rewards."""
        with torch.no_grad():
            rows = torch.from_numpy(np.ascontiguousarray(states, np.float32))
            brought = self.network.items(torch.from_numpy(np.ascontiguousarray(items, np.float32)))
            q = self.network.value(rows).unsqueeze(1) + self.network.advantage(rows, brought)
        values: Floats = (q * self.reward_scale).numpy()
        return values

    def served(self) -> ServedQ:
        """The module that is exported."""
        return ServedQ(self.network, reward_scale=self.reward_scale).eval()


def dqn_train(
    transitions: Transitions,
    config: DqnConfig,
    *,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = no_progress,
) -> TrainedQ:
    """Learn Q from logged transitions.

        y = r + γ · (1 − terminated) · Q'(s', argmax_a Q(s', a))
        L = (Q(s, a) − y)² + α · ( log mean_b exp A(s, b) − A(s, a) )

    Q' is a slowly following copy (the double estimate keeps max from feeding on noise); the second term keeps cards the
    log says little about from looking good. Maxima and penalty run over cards drawn from the pools. Next cards count as
    looked at; the logged card as far as its place was (``Transitions.examination``).

    Args:
        transitions: of logged pages or of a simulator.
        config: see ``DqnConfig``.
        seed: equal seeds on one machine give equal weights.
        device: cpu, cuda or auto.
        progress: told (steps done, steps, loss).
    Raises: DataError if there are no transitions.
    Reference: van Hasselt, Guez, Silver, 2016; Kumar, Zhou, Tucker, Levine, 2020.
    """
    if not len(transitions):
        raise DataError("no transitions to learn from; log pages first")
    torch.manual_seed(seed)
    run = _Run(transitions, config, device_choose(device), seed)
    losses = []
    for step in range(1, config.steps + 1):
        losses.append(run.step())
        if step % 50 == 0:
            progress(step, config.steps, float(np.mean(losses[-50:])))
    tail = losses[-max(1, config.steps // 10) :]
    return TrainedQ(run.online.cpu().eval(), run.reward_scale, float(np.mean(tail)))


class _Run:
    """Networks, optimiser and data of one training."""

    def __init__(self, transitions: Transitions, config: DqnConfig, device: torch.device, seed: int) -> None:
        self.config = config
        self.rng = torch.Generator().manual_seed(seed)
        self.n = len(transitions)
        self.reward_scale = float(max(transitions.reward.std(), 1e-3))
        self.reward = torch.from_numpy(transitions.reward / np.float32(self.reward_scale)).to(device)
        self.seen = torch.from_numpy(transitions.examination).to(device)
        self.going_on = torch.from_numpy((~transitions.terminated).astype(np.float32)).to(device)
        self.states = torch.from_numpy(np.array(transitions.states, np.float32)).to(device)
        self.items = torch.from_numpy(np.array(transitions.items, np.float32)).to(device)
        self.state, self.action, self.next_state, self.pool, self.next_pool = (
            torch.from_numpy(array).to(device)
            for array in (
                transitions.state,
                transitions.action,
                transitions.next_state,
                transitions.pool,
                transitions.next_pool,
            )
        )
        self.online = DuelingQ(self.states.shape[1], self.items.shape[1], hidden=config.hidden, rank=config.rank).to(
            device
        )
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.online.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, config.learning_rate, total_steps=config.steps
        )

    def step(self) -> float:
        """One batch; returns its loss."""
        rows = torch.randint(self.n, (self.config.batch,), generator=self.rng).to(self.reward.device)
        loss = self._loss(rows)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.online.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        with torch.no_grad():
            for slow, fast in zip(self.target.parameters(), self.online.parameters(), strict=True):
                slow.lerp_(fast, self.config.target_rate)
        return float(loss.detach())

    def _loss(self, rows: Tensor) -> Tensor:
        states = self.states[self.state[rows]]
        brought = self._brought(self.online, torch.cat([self.action[rows, None], self.pool[rows]], dim=1))
        advantage = self.online.advantage(states, brought)  # (b, 1 + k), the logged card first
        logged, others = advantage[:, 0], advantage[:, 1:]
        q = self.online.value(states) + self.seen[rows] * logged
        error = functional.mse_loss(q, self._wanted(rows))
        excess = torch.logsumexp(others, dim=1) - float(np.log(others.shape[1])) - logged
        return error + self.config.conservatism * excess.mean()

    @torch.no_grad()
    def _wanted(self, rows: Tensor) -> Tensor:
        """(b,) reward and discounted value of the best next card."""
        states, pool = self.states[self.next_state[rows]], self.next_pool[rows]
        best = self.online.advantage(states, self._brought(self.online, pool)).argmax(dim=1, keepdim=True)
        chosen = self.target.advantage(states, self._brought(self.target, pool.gather(1, best))).squeeze(1)
        following = self.target.value(states) + chosen
        return self.reward[rows] + self.config.discount * self.going_on[rows] * following

    def _brought(self, network: DuelingQ, index: Tensor) -> Tensor:
        """(b, k, rank + 1) of items by index; small vocabularies are embedded once."""
        if len(self.items) <= index.numel():
            return network.items(self.items)[index]
        return network.items(self.items[index])
