import numpy as np
import pytest
import torch
from scipy import sparse

from recommender.collaborative.fitting import Fitting
from recommender.collaborative.graph import Geometry, GraphConfig, Objective
from recommender.collaborative.graph_network import GraphNetwork, Relations, neighbour_means, normalised
from recommender.collaborative.graph_training import graph_fit, history_means
from recommender.data.relations import RelationTable, Triples, triples_of
from recommender.data.sequences import Sequences, sequences_from_lists

pytestmark = pytest.mark.usefixtures("one_thread")  # networks this small are slower on two

N = 24
HALVES = np.repeat([1, 2], N // 2)
SMALL = {"dim": 8, "batch": 64, "steps": 40, "check_every": 20, "n_negatives": 64}


def behaviour(met: int = N, users: int = 60, seed: int = 0) -> Sequences:
    """Shoppers who stay within one half of the items; items from ``met`` on are met by nobody."""
    rng = np.random.default_rng(seed)
    halves = rng.integers(0, 2, users) * (N // 2)
    lists = [(half + rng.permutation(N // 2)[:6]).tolist() for half in halves]
    return sequences_from_lists([[item for item in one if item < met] for one in lists], N)


@pytest.mark.parametrize("geometry", list(Geometry))
def test_what_a_relation_moves_forth_it_moves_back(geometry):
    torch.manual_seed(0)
    relations, vectors = Relations(3, 8, geometry), torch.randn(5, 8)
    which = torch.tensor([0, 1, 2, 0, 1])
    moved = relations.forth(vectors, which)
    torch.testing.assert_close(relations.back(moved, which), vectors)
    assert not torch.allclose(moved, vectors)


def test_rotations_keep_lengths():
    torch.manual_seed(0)
    vectors = torch.randn(4, 8)
    moved = Relations(1, 8, Geometry.ROTATE).forth(vectors, torch.zeros(4, dtype=torch.long))
    torch.testing.assert_close(moved.norm(dim=1), vectors.norm(dim=1))


def test_propagation_is_the_mean_of_the_powers_of_who_met_what():
    met = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], np.float32))
    network = GraphNetwork(met, Triples.none(3), 1, GraphConfig(dim=4, layers=2))
    b = met.toarray() / np.sqrt(2) / np.sqrt([1, 2, 1])
    np.testing.assert_allclose(normalised(met).toarray(), b, atol=1e-6)
    base = network.base().detach().numpy()
    expected = (base + b.T @ b @ base + b.T @ b @ b.T @ b @ base) / 3
    np.testing.assert_allclose(network.vectors().detach().numpy(), expected, atol=1e-6)


def test_shoppers_who_are_taken_out_say_nothing():
    met = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], np.float32))
    network = GraphNetwork(met, Triples.none(3), 1, GraphConfig(dim=4, layers=1))
    nobody = network.vectors(present=torch.zeros(2, 1)).detach()
    torch.testing.assert_close(nobody, network.base().detach() / 2)


def test_slopes_go_through_propagation_as_finite_differences_say():
    met = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], np.float32))
    torch.manual_seed(0)
    network = GraphNetwork(met, triples_of(3, [np.array([1, 1, 2])]), 1, GraphConfig(dim=2, layers=2))
    network.vectors()[0].sum().backward()
    slope = network.entities.grad[3, 0].item()  # of the first value, which describes items 0 and 1
    with torch.no_grad():
        before = network.vectors()[0].sum().item()
        network.entities[3, 0] += 1e-2
        after = network.vectors()[0].sum().item()
    assert (after - before) / 1e-2 == pytest.approx(slope, abs=1e-3)
    assert slope > 0.1


def test_neighbours_share_an_item_equally_among_its_relations():
    table = RelationTable(
        source=np.array([0, 0]),
        target=np.array([1, 2]),
        kind=np.array([77, 77]),
        weight=np.array([3.0, 1.0], np.float32),
        tagged=np.zeros(0, np.int64),
        tag=np.zeros(0, np.int64),
    )
    triples = triples_of(3, [np.array([5, 0, 5])], table)
    assert triples.n_relations == 3  # brand, and the edge from either end
    means = {relation: matrix.toarray() for relation, _, matrix in neighbour_means(triples)}
    np.testing.assert_allclose(means[0][:, 0], [0.5, 0, 0.5])
    np.testing.assert_allclose(means[1][0], [0.375, 0.125])
    np.testing.assert_allclose(means[2][:, 0], [0, 1, 0.5])


def test_triples_of_some_items_keep_what_lies_between_them():
    triples = triples_of(4, [np.array([1, 2, 1, 2])]).joined(np.array([0, 1]), np.array([2, 3]), np.ones(2, np.float32))
    some = triples.of_items(np.array([0, 2]))
    assert some.n_items == 2
    assert list(zip(some.head.tolist(), some.relation.tolist(), some.tail.tolist(), strict=True)) == [
        (0, 0, 2),
        (1, 0, 2),
        (0, 1, 1),
    ]


def test_a_state_is_the_decayed_mean_of_what_came_before_and_training_asks_as_serving_does():
    sequences = sequences_from_lists([[0, 1], [2, 0, 1, 2]], 3)
    vectors, config = torch.eye(3), GraphConfig(history=2, decay=0.5)
    means = history_means(sequences, np.array([1, 5]), vectors, config).numpy()
    np.testing.assert_allclose(means, [[1, 0, 0], [1 / 3, 2 / 3, 0]], atol=1e-6)
    model = graph_fit(behaviour(), GraphConfig(**SMALL, history=3))
    whole = behaviour()
    users = np.arange(10)
    states = history_means(
        whole, whole.start[users + 1], torch.from_numpy(model.factors.inward), GraphConfig(history=3), users
    )
    served = model.states([whole.items_of(user)[::-1] for user in users.tolist()])
    np.testing.assert_allclose(states.numpy(), served, atol=1e-5)


@pytest.mark.parametrize("geometry", list(Geometry))
@pytest.mark.parametrize("objective", list(Objective))
def test_items_that_nobody_met_go_with_those_they_are_related_to(geometry, objective):
    config = GraphConfig(**{**SMALL, "steps": 80}, geometry=geometry, objective=objective)
    model = graph_fit(behaviour(met=N - 3), config, Fitting(triples=triples_of(N, [HALVES])))
    unmet = np.arange(N - 3, N)
    first, second = model.scores([np.array([1, 2, 3]), np.array([13, 14, 15])], unmet)
    assert (second > first).all()


def test_items_beyond_the_limit_follow_from_their_relations():
    config = GraphConfig(**SMALL, max_items=12)
    model = graph_fit(behaviour(), config, Fitting(triples=triples_of(N, [HALVES])))
    assert (np.abs(model.factors.outward).sum(axis=1) > 0).all()
    alone = graph_fit(behaviour(), config)
    assert (np.abs(alone.factors.outward).sum(axis=1) > 0).sum() == 12


def test_a_width_that_cannot_be_turned_in_pairs_and_unknown_names_are_refused():
    with pytest.raises(ValueError, match="even"):
        GraphConfig(dim=7)
    with pytest.raises(ValueError, match="geometry"):
        GraphConfig(geometry="geometry")
