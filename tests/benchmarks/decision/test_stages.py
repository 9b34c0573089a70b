"""What the benchmark of the decision makes of requests, and the page it writes."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from benchmarks.decision.page import page_write
from benchmarks.decision.plot import Line, plot_svg
from benchmarks.decision.public import stages_compare
from benchmarks.decision.stages import CHANCE, DIALS, LENGTH, RANKED, Asked, Dials, Stages, diverse
from benchmarks.decision.true_tastes import graded_ndcg, true_tastes_read
from recommender.data.synthetic.sessions import generate_shop
from recommender.data.types import DataError
from recommender.ranking.choices import state_of
from recommender.retrieval.exact import ExactGather
from tests.fixtures.requests import context_of
from tests.fixtures.tiny_bundle import tiny_bundle

UNTIL_US = 1_780_000_000_000_000


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Asked:
    place = np.arange(120)
    folder = tmp_path_factory.mktemp("stages") / "bundle"
    bundle = tiny_bundle(folder, item_ids=1000 + place, departments=place % 4 + 1, brands=place % 30 + 1)
    context = context_of(items=(1003, 1007, 1011))
    index = bundle.index_of(context.history.item_ids)
    state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
    return Asked(context, ExactGather(bundle.arrays)(context, history_index=index, state=state), bundle, index, state)


def test_every_stage_orders_the_same_candidates(asked):
    found = dict(Stages()(asked))
    assert list(found)[-3:] == [RANKED, DIALS, CHANCE]
    for rows, values in found.values():
        assert len(rows) == len(set(rows.tolist())) == len(values) > 0
        assert (np.diff(values) <= 0).all()
    assert len(found[DIALS][0]) <= LENGTH


def test_diversity_changes_the_list(asked):
    points = {"none": diverse(0.0, "dpp", repeats=False), "much": diverse(50.0, "dpp", repeats=False)}
    found = dict(Dials(points)(asked))
    assert found["none"][0].tolist() != found["much"][0].tolist()


def test_gains_are_over_the_stage_before():
    values = {"one": np.zeros(40, np.float32), "two": np.full(40, 0.5, np.float32)}
    first, second = stages_compare(values, np.arange(40))
    assert first.gain is None
    assert second.gain is not None
    assert second.gain.mean == pytest.approx(0.5)


def test_true_tastes_are_those_of_the_generator(tmp_path):
    shop = generate_shop(seed=3, until_us=UNTIL_US, n_products=120, n_shoppers=6, days=4)
    file = tmp_path / "truth.npz"
    np.savez_compressed(file, **shop.truth())
    tastes = true_tastes_read(file, days=4)
    worth = tastes.worth(0)
    needed = shop.population.need_rate[0][shop.catalogue.kind]
    assert worth.shape == (len(shop.catalogue),)
    assert (worth[needed == 0] == 0).all()
    assert worth.max() > 0
    broken = {**shop.truth(), "external_ids": np.array(["other"] * len(shop.catalogue))}
    np.savez_compressed(file, **broken)
    with pytest.raises(DataError, match="load the demo shop again"):
        true_tastes_read(file, days=4)


def test_the_best_order_has_a_graded_ndcg_of_one():
    worth = np.array([0.0, 2.0, 1.0], np.float32)
    assert graded_ndcg(worth[[1, 2, 0]], worth, 3) == pytest.approx(1.0)
    assert graded_ndcg(worth[[0, 2, 1]], worth, 3) < 1.0
    assert graded_ndcg(worth[:0], np.zeros(3, np.float32), 3) == 0.0


def test_the_page_tells_what_was_kept(tmp_path):
    stages = stages_compare({"a": np.zeros(9, np.float32), "b": np.ones(9, np.float32)}, np.arange(9))
    point = {"ndcg": 0.2, "change": {"mean": 0.0, "low": 0.0, "high": 0.0}, "diversity": 0.5, "coverage": 0.1}
    curve = [
        {**point, "kind": kind, "weight": weight, "novelty": 7.0, "is_default": kind == "dpp" and weight == 0.15}
        for kind in ("dpp", "mmr")
        for weight in (0.0, 0.15)
    ]
    about = {"command": "c", "hardware": "h", "date": "d", "seconds": 60}
    kept = {"beauty": {"about": about, "stages": [asdict(one) for one in stages], "curve": curve}}
    (tmp_path / "decision.json").write_text(json.dumps(kept))
    page, plot = page_write(tmp_path)
    assert "| b | 1.0000 [1.0000, 1.0000] | +1.0000 [+1.0000, +1.0000] better |" in page.read_text()
    assert "**0.15** (default)" in page.read_text()
    assert plot.read_text().count('r="8"') == 1


def test_a_plot_draws_every_point_and_escapes_names():
    svg = plot_svg([Line("a<b", [0.0, 1.0], [1.0, 1.0])], x_title="x", y_title="y")
    assert svg.count("<circle") == 2
    assert "a&lt;b" in svg
