"""Tables of the recommender, one file per subject."""

from recommender.models.jobs import JobRun
from recommender.models.learned import ITEM_DIM, PLACE_DIM, TEXT_DIM, BundleVersion, GateAttempt, ItemVector, TextVector
from recommender.models.ruled import Experiment, HomepageLayout, Knobs, Rule, Ruleset
from recommender.models.segments import Segment
from recommender.models.served import Impression, Live, LiveChange, PrecomputedList, RequestLog, TrendSnapshot

__all__ = [
    "ITEM_DIM",
    "PLACE_DIM",
    "TEXT_DIM",
    "BundleVersion",
    "Experiment",
    "GateAttempt",
    "HomepageLayout",
    "Impression",
    "ItemVector",
    "JobRun",
    "Knobs",
    "Live",
    "LiveChange",
    "PrecomputedList",
    "RequestLog",
    "Rule",
    "Ruleset",
    "Segment",
    "TextVector",
    "TrendSnapshot",
]
