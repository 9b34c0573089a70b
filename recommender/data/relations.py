"""A catalogue as a graph: items, what describes them, and the typed relations between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.data.types import Floats, Ints


@dataclass(frozen=True)
class RelationTable:
    """What a shop says of its items beside their own columns: edges between items, and tags."""

    source: Ints  # (e,) vocabulary index
    target: Ints  # (e,) vocabulary index
    kind: Ints  # (e,) hash of the relation's name
    weight: Floats  # (e,) above 0
    tagged: Ints  # (t,) vocabulary index
    tag: Ints  # (t,) id of the tag

    @classmethod
    def none(cls) -> "RelationTable":
        """Of a shop that says nothing."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing, np.zeros(0, np.float32), nothing, nothing)


@dataclass(frozen=True)
class Triples:
    """``head`` is tied by ``relation`` to ``tail``.

    Entities ``0 … n_items − 1`` are the items; what describes them (brands, categories, tags) follows, one run of
    entities per relation.
    """

    head: Ints  # (e,) item
    relation: Ints  # (e,) below n_relations
    tail: Ints  # (e,) entity
    weight: Floats  # (e,)
    n_items: int
    n_entities: int
    n_relations: int

    def __len__(self) -> int:
        return len(self.head)

    @classmethod
    def none(cls, n_items: int) -> "Triples":
        """Items of which nothing is known."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing, np.zeros(0, np.float32), n_items, n_items, 0)

    def joined(self, head: Ints, tail: Ints, weight: Floats) -> "Triples":
        """With one more relation between entities that are there already; without edges it is no relation."""
        if not len(head):
            return self
        return Triples(
            np.concatenate([self.head, head]),
            np.concatenate([self.relation, np.full(len(head), self.n_relations)]),
            np.concatenate([self.tail, tail]),
            np.concatenate([self.weight, weight]).astype(np.float32),
            self.n_items,
            self.n_entities,
            self.n_relations + 1,
        )

    def described(self, item: Ints, value: Ints) -> "Triples":
        """With one more kind of description: ``item`` (e,) has ``value`` (e,); equal values are one entity."""
        names, place = np.unique(value, return_inverse=True)
        grown = Triples(
            self.head,
            self.relation,
            self.tail,
            self.weight,
            self.n_items,
            self.n_entities + len(names),
            self.n_relations,
        )
        return grown.joined(item, self.n_entities + place, np.ones(len(item), np.float32))

    def of_items(self, items: Ints) -> "Triples":
        """Of some items alone (s,), which become the items ``0 … s − 1``; what described only others stays, unused."""
        place = np.full(self.n_entities, -1, np.int64)
        place[items] = np.arange(len(items))
        place[self.n_items :] = np.arange(len(items), len(items) + self.n_entities - self.n_items)
        kept = (place[self.head] >= 0) & (place[self.tail] >= 0)
        return Triples(
            place[self.head[kept]],
            self.relation[kept],
            place[self.tail[kept]],
            self.weight[kept],
            len(items),
            len(items) + self.n_entities - self.n_items,
            self.n_relations,
        )


def triples_of(n_items: int, attributes: Sequence[Ints], relations: RelationTable | None = None) -> Triples:
    """Everything a catalogue says as triples.

    A typed edge between two items is read from both ends, as two relations, so that either item is described by the
    other.

    Args:
        n_items: size of the vocabulary.
        attributes: columns (n,) such as brand and category, 0 none; one relation each.
        relations: edges and tags.
    """
    made = Triples.none(n_items)
    for column in attributes:
        item = np.flatnonzero(column)
        made = made.described(item, np.asarray(column)[item])
    if relations is None:
        return made
    made = made.described(relations.tagged, relations.tag)
    for kind in np.unique(relations.kind).tolist():
        edge = relations.kind == kind
        source, target, weight = relations.source[edge], relations.target[edge], relations.weight[edge]
        made = made.joined(source, target, weight).joined(target, source, weight)
    return made
