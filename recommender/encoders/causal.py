"""What every sequence encoder promises, and what those that only look back have in common (torch; training only)."""

from abc import ABC, abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn

from recommender.encoders.attention import row_at
from recommender.encoders.batches import NO_TARGET
from recommender.encoders.config import EncoderConfig
from users.kinds import Kind

N_KINDS = max(Kind) + 1  # 0: unknown


class SequenceEncoder(Protocol):
    """Histories of item vectors → states, whose product with an item vector says how likely the item is next.

    Histories are left-aligned, oldest first: ``vectors`` (b, t, d), ``kinds`` (b, t), ``lengths`` (b,) and ``hours``
    (b, t) before the newest entry, NaN where unknown; None: nothing is known of times.
    """

    def states(self, vectors: Tensor, kinds: Tensor, hours: Tensor | None = None) -> Tensor:
        """(b, t+1, d): column j is the state after j entries."""
        ...

    def final(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """(b, d) state after ``lengths`` entries, whatever lies beyond them: what is exported and served."""
        ...

    def lessons(
        self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None, items: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What a batch teaches: (m, d) states and (m,) the items that they are to predict.

        ``items`` (b, t) and ``targets`` (b, t+1) are those of ``batches.Batch``.
        """
        ...


class Entrance(nn.Module):
    """Item vectors and kinds as tokens, behind a learned token for the start of a history."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        d = config.embedding_dim
        self.start = nn.Parameter(torch.randn(d) * 0.1)
        self.kind = nn.Embedding(N_KINDS, d)
        nn.init.zeros_(self.kind.weight)
        self.norm = nn.LayerNorm(d)
        self.dropout = nn.Dropout(config.dropout)

    def tokens(self, vectors: Tensor, kinds: Tensor) -> Tensor:
        """(b, t, d), (b, t) → (b, t, d)."""
        read: Tensor = self.norm(vectors) + self.kind(kinds)
        return read

    def opened(self, tokens: Tensor) -> Tensor:
        """(b, t, d) → (b, t+1, d): the start token in front."""
        first = self.start.expand(tokens.shape[0], 1, -1)
        opened: Tensor = self.dropout(torch.cat([first, tokens], dim=1))
        return opened


class Block(nn.Module):
    """A mixer of moments and a feed-forward net, each normalised before and added after."""

    def __init__(self, mixer: nn.Module, config: EncoderConfig) -> None:
        super().__init__()
        d = config.embedding_dim
        self.norm_mixer, self.norm_feed = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mixer = mixer
        self.feed = nn.Sequential(
            nn.Linear(d, config.feed_forward * d), nn.GELU(), nn.Linear(config.feed_forward * d, d)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, *context: Tensor | None, asking: Tensor | None = None) -> Tensor:
        """(b, t, d) → (b, t, d), or (b, 1, d) for the one row of each history that is ``asking`` (b,).

        ``context`` is handed to the mixer; only attention can be asked for one row.
        """
        if asking is None:
            mixed = self.mixer(self.norm_mixer(x), *context)
        else:
            mixed, x = self.mixer(self.norm_mixer(x), *context, asking=asking), row_at(x, asking)
        x = x + self.dropout(mixed)
        moved: Tensor = x + self.dropout(self.feed(self.norm_feed(x)))
        return moved


class CausalEncoder(nn.Module, ABC):
    """``SequenceEncoder`` that never looks ahead: one pass gives, and trains, the state after every entry.

    A family says in ``mix`` how moments learn of earlier ones.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.entrance = Entrance(config)
        self.norm_out = nn.LayerNorm(config.embedding_dim)

    @abstractmethod
    def mix(self, x: Tensor, hours: Tensor | None) -> Tensor:
        """(b, t+1, d) tokens → (b, t+1, d), each knowing of itself and those before it."""

    def states(self, vectors: Tensor, kinds: Tensor, hours: Tensor | None = None) -> Tensor:
        """See ``SequenceEncoder``."""
        x = self.entrance.opened(self.entrance.tokens(vectors, kinds))
        states: Tensor = self.norm_out(self.mix(x, hours))
        return states

    def final(self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None = None) -> Tensor:
        """See ``SequenceEncoder``."""
        return state_at(self.states(vectors, kinds, hours), lengths)

    def lessons(
        self, vectors: Tensor, kinds: Tensor, lengths: Tensor, hours: Tensor | None, items: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The state after each entry is to predict what followed it."""
        wanted = targets != NO_TARGET
        return self.states(vectors, kinds, hours)[wanted], targets[wanted]


def state_at(states: Tensor, column: Tensor) -> Tensor:
    """(b, t, d) and (b,) → (b, d): one column of each row."""
    return row_at(states, column).squeeze(1)
