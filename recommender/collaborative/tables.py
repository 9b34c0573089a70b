"""What a bundle counts of behaviour: popularity, sequential rules, item-kNN and intervals of repeat purchases."""

from dataclasses import dataclass
from typing import Any

from recommender.collaborative.item_knn import item_knn_fit
from recommender.collaborative.popularity import popularity_fit, recent_popularity_fit
from recommender.collaborative.replenishment import replenishment_fit
from recommender.collaborative.sequential_rules import sequential_rules_fit
from recommender.data.event_weights import DeedWeights
from recommender.data.neighbours import Neighbours
from recommender.data.sequences import Sequences
from recommender.data.types import Floats
from recommender.encoders.config import LearningConfig


@dataclass(frozen=True)
class BehaviourTables:
    """Tables over n items."""

    popularity: Floats  # (n,)
    recent_popularity: Floats  # (n,)
    replenishment: Floats  # (n, 3), (0, 3) where nothing was bought twice
    rules: Neighbours
    knn: Neighbours

    def arrays(self) -> dict[str, Any]:
        """The same by the names that ``data.learned.LearnedArrays`` has for them."""
        return {
            "popularity": self.popularity,
            "recent_popularity": self.recent_popularity,
            "replenishment": self.replenishment,
            "rules_start": self.rules.start,
            "rules_item": self.rules.item,
            "rules_weight": self.rules.weight,
            "knn_start": self.knn.start,
            "knn_item": self.knn.item,
            "knn_weight": self.knn.weight,
        }


def behaviour_tables(
    past: Sequences, config: LearningConfig, *, until_us: int = 0, deeds: DeedWeights | None = None
) -> BehaviourTables:
    """Count behaviour.

    Args:
        past: what is counted.
        config: how.
        until_us: end of ``past``, 0 where it has no times.
        deeds: what the kinds of deeds weigh; None: every entry counts the same.
    """
    popular = deeds.in_popularity(past.kind) if deeds else None
    followed, paired = (deeds.in_rules(past.kind), deeds.in_item_knn(past.kind)) if deeds else (None, None)
    return BehaviourTables(
        popularity=popularity_fit(past, config.popularity, until_us=until_us, weight=popular),
        recent_popularity=recent_popularity_fit(past, config.popularity, until_us=until_us, weight=popular),
        replenishment=replenishment_fit(past),
        rules=sequential_rules_fit(past, config.rules, weight=followed),
        knn=item_knn_fit(past, config.item_knn, weight=paired),
    )
