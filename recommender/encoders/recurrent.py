"""GRU and LSTM over behaviour (torch; training only).

Each block is a recurrent layer and a feed-forward net, both with a residual connection, like a Transformer's block with
memory in place of attention. References: Hidasi et al., 2016 (GRU4Rec); Hochreiter and Schmidhuber, 1997 (LSTM).
"""

from torch import Tensor, nn

from recommender.encoders.causal import Block, CausalEncoder
from recommender.encoders.config import EncoderConfig


class Recurrence(nn.Module):
    """A recurrent layer without its last memory."""

    def __init__(self, layer: type[nn.GRU | nn.LSTM], d: int) -> None:
        super().__init__()
        self.layer = layer(d, d, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(b, t, d) → (b, t, d)."""
        outputs: Tensor = self.layer(x)[0]
        return outputs


class RecurrentEncoder(CausalEncoder):
    """Memory that is carried from entry to entry."""

    layer: type[nn.GRU | nn.LSTM]

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.blocks = nn.ModuleList(
            Block(Recurrence(self.layer, config.embedding_dim), config) for _ in range(config.n_blocks)
        )

    def mix(self, x: Tensor, hours: Tensor | None) -> Tensor:
        """(b, t+1, d) → (b, t+1, d); times are not read."""
        for block in self.blocks:
            x = block(x)
        return x


class GruEncoder(RecurrentEncoder):
    """Gated recurrent units."""

    layer = nn.GRU


class LstmEncoder(RecurrentEncoder):
    """Long short-term memory."""

    layer = nn.LSTM
