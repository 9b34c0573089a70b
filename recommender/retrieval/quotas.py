"""How many candidates each source may bring to a page: the defaults, or what it has earned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recommender.data.types import Source
from recommender.retrieval.sources import CONFIG_OF


@dataclass(frozen=True)
class Quotas:
    """Candidates by source; a source that is not named has its default."""

    of: Mapping[Source, int] = field(default_factory=dict)

    def __getitem__(self, source: Source) -> int:
        learned = self.of.get(source)
        return CONFIG_OF[source].quota if learned is None else learned

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Quotas":
        """Of a bundle's manifest; sources that this version does not know are left out."""
        known = {source.word: source for source in CONFIG_OF}
        return cls({known[word]: int(n) for word, n in content.get("quotas", {}).items() if word in known})


DEFAULT_QUOTAS = Quotas()
