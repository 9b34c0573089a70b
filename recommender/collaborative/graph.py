"""Graph model: item vectors from who met what and from typed relations; what training is told and serving needs."""

from dataclasses import dataclass
from enum import StrEnum

from recommender.data.factors import FactorModel, Factors, Sum
from recommender.data.item_model import Asking
from recommender.data.types import Floats


class Geometry(StrEnum):
    """How a relation leads from one entity to another."""

    TRANSE = "transe"  # by adding a vector
    ROTATE = "rotate"  # by turning each pair of coordinates, read as a complex number


class Objective(StrEnum):
    """What item vectors are learned to do."""

    SOFTMAX = "softmax"  # name the next item among a sample, with logQ correction
    BPR = "bpr"  # put the next item above a drawn one


@dataclass(frozen=True)
class GraphConfig:
    """The network, how it is trained, and how it is asked."""

    dim: int = 64  # even
    layers: int = 2  # of propagation; each goes from items to shoppers and back
    geometry: str = Geometry.TRANSE
    objective: str = Objective.SOFTMAX
    relation_weight: float = 0.05  # of the relations' own loss beside the next item's
    relation_batch: int = 1024  # triples
    relation_negatives: int = 8  # per triple
    margin: float = 2.0  # distance at which a triple is as likely as not
    together: int = 10  # co-purchases and co-views that an item brings into the relations
    own_dropout: float = 0.1  # share of items that a step knows by their relations alone
    n_negatives: int = 2048  # shared by a batch
    learning_rate: float = 5e-3
    weight_decay: float = 1e-5
    batch: int = 2048  # steps of shoppers
    steps: int = 3000
    check_every: int = 100  # steps between validations
    patience: int = 5  # validations without a better one before training stops
    stoppers: int = 1000  # shoppers whose newest item is kept back to stop with, at most a fifth of all
    max_items: int = 20_000  # the items met most often are learned, the others follow from their relations
    max_users: int = 50_000  # shoppers whose behaviour is the graph, drawn at random
    max_user_items: int = 200  # the newest items of one shopper that count
    history: int = 20  # newest entries that are asked
    decay: float = 0.8  # weight of an entry = decay ** (its age in steps)

    def __post_init__(self) -> None:
        """Refuse what cannot be built.

        Raises: ValueError.
        """
        Geometry(self.geometry), Objective(self.objective)
        if self.dim % 2:
            raise ValueError(f"graph.dim is {self.dim}; it must be even, because coordinates are turned in pairs")

    @property
    def asking(self) -> Asking:
        """How the model is asked."""
        return Asking(self.history, self.decay, once=False)


def graph_model(vectors: Floats, bias: Floats, config: GraphConfig) -> FactorModel:
    """Item vectors as a model: the state is the decayed mean of a history's vectors.

    Args:
        vectors: (n, d).
        bias: (n,).
        config: how it is asked.
    """
    return FactorModel(Factors(vectors, vectors, bias, Sum(mean=True)), config.asking)
