"""The list of sequence encoders (torch; training only). A new one is a file, a line here and a name in ``config``."""

from collections.abc import Callable

from recommender.encoders.causal import SequenceEncoder
from recommender.encoders.config import EncoderConfig
from recommender.encoders.convolution import ConvolutionEncoder
from recommender.encoders.masked import MaskedTransformer
from recommender.encoders.recurrent import GruEncoder, LstmEncoder
from recommender.encoders.transformer import CausalTransformer

FAMILIES: dict[str, Callable[[EncoderConfig], SequenceEncoder]] = {
    "transformer": CausalTransformer,
    "masked": MaskedTransformer,
    "gru": GruEncoder,
    "lstm": LstmEncoder,
    "convolution": ConvolutionEncoder,
}
