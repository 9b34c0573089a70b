"""Size and optimisation of the ranker."""

from dataclasses import dataclass

NETWORKS = ("shared", "mmoe", "cgc")
"""What the heads share: one bottom, experts with a gate per head, or shared experts and own ones (ranking.experts)."""


@dataclass(frozen=True)
class RankerConfig:
    """How the ranker is built and trained."""

    network: str = "shared"
    hidden: int = 48  # of the shared bottom
    experts: int = 3  # that all heads may ask
    own_experts: int = 1  # of each head, under ``cgc``
    expert_hidden: int = 16  # three experts have a first layer as wide as the shared bottom's
    prior_precision: float = 1.0  # of a last-layer weight, 1 / variance; how unsure the net is where it saw nothing
    epochs: int = 4
    min_steps: int = 300  # small logs are read more often
    batch: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    max_pages: int = 5000  # pages whose features are computed
    min_pages: int = 300
    min_clicks: int = 100

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises: ValueError.
        """
        if self.network not in NETWORKS:
            raise ValueError(f"there is no ranker network {self.network!r}; choose one of {', '.join(NETWORKS)}")
        if min(self.hidden, self.expert_hidden) < 2 or self.experts < 1 or self.own_experts < 0:
            raise ValueError(
                "a ranker needs hidden sizes of at least 2, one expert, and no negative number of own ones"
            )
        if not self.prior_precision > 0:
            raise ValueError("prior_precision must be above 0: without a prior the uncertainty has no bound")
