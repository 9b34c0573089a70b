"""The benchmark of the search index asks what a page asks, and counts right."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection

from benchmarks import retrieval
from benchmarks.clusters import catalogue_draw, states_draw
from recommender.store.vector_tables import vector_table, vector_table_fill, vector_table_index

pytestmark = pytest.mark.django_db(transaction=True)
N = 3_000


@pytest.fixture
def catalogue():
    yield catalogue_draw(N, 16, np.random.default_rng(3))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {vector_table(retrieval.BUNDLE)}")


def test_the_index_finds_nearly_all_and_nothing_that_may_not_be_shown(catalogue, monkeypatch):
    monkeypatch.setattr(retrieval, "WARM_UP", 5)
    shop = retrieval._shop_fill(catalogue)
    vectors, bias = catalogue.item_vectors, catalogue.item_bias
    vector_table_fill(bundle_id=retrieval.BUNDLE, item_ids=catalogue.item_ids, vectors=vectors, bias=bias)
    vector_table_index(bundle_id=retrieval.BUNDLE, n=N)
    states = states_draw(catalogue, 25, np.random.default_rng(4))
    truths = [retrieval._truth(catalogue, state) for state in states]
    asked = retrieval.questions_ask(catalogue, shop, states, truths)
    assert len(asked.recall) == len(asked.seconds) == 20
    assert np.mean(asked.recall) >= 0.98
    assert asked.late == 0
    assert asked.processor_seconds > 0
    filters = retrieval.filter_parameters(retrieval._nobody(shop), datetime.now(UTC))
    nothing = np.zeros(0, np.int64)
    found, _ = retrieval.nearest(
        filters, catalogue, bundle_id=retrieval.BUNDLE, state=states[0], met=nothing, n=retrieval.QUOTA
    )
    assert len(found) == retrieval.QUOTA
    assert catalogue.shown[found - 1].all()


def test_what_is_missed_and_late_is_told(catalogue):
    asked = retrieval.Asked(seconds=[0.001, 0.002], recall=[1.0, 0.9], late=1)
    missed, latency, _processor = retrieval._found(asked)
    assert missed.value == pytest.approx(5.0)
    assert missed.verdict == "missed"
    assert latency.verdict == "met"
    assert "1 of 2 questions" in " ".join(retrieval._notes(catalogue, asked))


def test_the_command_of_the_page_names_every_number():
    given = SimpleNamespace(items=5, dim=4, questions=3, seed=2, urgent=False, results="elsewhere")
    numbers = ["--items", "5", "--dim", "4", "--questions", "3", "--seed", "2"]
    assert retrieval._given(given) == numbers
    given.urgent = True
    assert retrieval._given(given) == [*numbers, "--urgent"]
    told = " ".join(retrieval._circumstances(given, is_new=False, busy=0.25))
    assert all(words in told for words in ("real-time priority", "by an earlier run", "25% of the machine"))


def test_what_building_took_stays_with_the_database(catalogue):
    measures = (retrieval.Measure("Index built", "s", 1, value=3.5), retrieval.Measure("Size", "MB", 1, value=2.0))
    retrieval.built_keep(measures)
    assert retrieval.built_read() == measures
