import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.data.ruleset import EVALUATION_KNOBS
from recommender.data.splits import leave_last_out, validation_thirds
from recommender.data.types import Source
from recommender.ranking.choices import context_of, state_of
from recommender.ranking.components import COMPONENTS, components_compute
from recommender.ranking.fusion import FusionWeights
from recommender.retrieval.exact import ExactGather, GatherSizes
from recommender.serving.bundle import Bundle, bundle_load
from recommender.serving.decide import decide
from recommender.trials.ask import EVALUATION_RULESET, answers
from recommender.trials.baselines import baselines_fit
from recommender.trials.learn import trial_learn
from recommender.trials.measure import Task, measure_answers, measure_baseline, task_new_only
from recommender.trials.report import table_make
from tests.recommender.trials.shop import SMALL, N, catalogue, sequences, walks

pytestmark = pytest.mark.usefixtures("one_thread")

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def split():
    return leave_last_out(leave_last_out(sequences()).train)


@pytest.fixture(scope="module")
def bundle(split, tmp_path_factory) -> Bundle:
    thirds = validation_thirds(split.targets, seed=0)
    folder = tmp_path_factory.mktemp("trial") / "bundle"
    stages: list[str] = []
    trial = trial_learn(
        folder,
        split.train,
        catalogue(),
        SMALL,
        seed=1,
        thirds=thirds,
        stages=lambda name, done, total: stages.append(name),
    )
    assert {"tables", "fusion"} <= set(stages)
    return trial.bundle


def gathered_for(bundle: Bundle, user: int, *, repeats: bool = False, sizes: GatherSizes | None = None):
    context = context_of(sequences(), user, bundle.arrays.item_ids)
    index = bundle.index_of(context.history.item_ids)
    state = state_of(context, index, bundle.arrays, bundle.state_encoder, bundle.manifest.max_length)
    gather = ExactGather(bundle.arrays, sizes=sizes)
    return context, index, state, gather(context, history_index=index, state=state, repeats=repeats)


def test_a_trial_writes_a_bundle_that_verifies(bundle):
    loaded = bundle_load(bundle.path)
    assert len(loaded) == N
    assert loaded.item_tower is not None
    assert set(loaded.manifest.absent) == {"ranker", "policy", "als", "vae", "graph", "gan"}


def test_components_are_finite_for_everybody_and_anything(bundle):
    for user in range(20):
        context, index, state, gathered = gathered_for(bundle, user, repeats=True)
        matrix = components_compute(context, gathered, bundle.arrays, history_index=index, state=state)
        assert matrix.shape == (len(gathered), len(COMPONENTS))
        assert np.isfinite(matrix).all()


def test_an_item_newer_than_the_bundle_is_scored_by_its_vector_and_text(bundle):
    context, index, state, gathered = gathered_for(bundle, 3)
    row = 0
    twin = gathered.index[row]
    as_new = replace(
        gathered,
        index=np.where(np.arange(len(gathered)) == row, -1, gathered.index),
        fresh_rows=np.array([row]),
        fresh_vectors=np.asarray(bundle.arrays.item_vectors[[twin]]),
        fresh_text=np.asarray(bundle.arrays.text_vectors[[twin]], np.float32),
    )
    old, new = (
        components_compute(context, one, bundle.arrays, history_index=index, state=state) for one in (gathered, as_new)
    )
    assert np.isfinite(new).all()
    text = COMPONENTS.index("text")
    assert new[row, text] == pytest.approx(old[row, text], abs=1e-3)
    assert new[row, COMPONENTS.index("popularity")] == 0.0


def test_ignored_history_leaves_no_trace_in_the_components(bundle):
    context, index, state, gathered = gathered_for(bundle, 5)
    last = context.history.item_ids[-1]
    ignoring = replace(context, ignored_ids=np.array([last]))
    shorter = replace(
        context,
        history=type(context.history)(*(getattr(context.history, f)[:-1] for f in ("item_ids", "kinds", "times_us"))),
    )
    ignored = components_compute(ignoring, gathered, bundle.arrays, history_index=index, state=state)
    never = components_compute(shorter, gathered, bundle.arrays, history_index=index[:-1], state=state)
    assert np.array_equal(ignored, never)


def test_the_exact_gather_finds_the_nearest_and_nothing_met(bundle):
    context, index, state, gathered = gathered_for(bundle, 7, sizes=GatherSizes(state_vector=5))
    scores = bundle.arrays.item_vectors @ state + bundle.arrays.item_bias
    scores[index] = -np.inf
    best = set(np.argsort(-scores)[:5].tolist())
    assert set(gathered.index[gathered.has(Source.STATE_VECTOR)].tolist()) == best
    assert not np.isin(gathered.item_ids, context.history.item_ids).any()
    assert (gathered.sources > 0).all()


def test_evidence_names_history_items_whose_rules_lead_to_the_candidate(bundle):
    context, _, _, gathered = gathered_for(bundle, 7)
    rules = gathered.evidence_source == int(Source.SEQUENTIAL_RULES)
    assert rules.any()
    arrays = bundle.arrays
    for row, cause in zip(gathered.evidence_row[rules], gathered.evidence_item[rules], strict=True):
        assert cause in context.history.item_ids
        part = slice(arrays.rules_start[cause - 1], arrays.rules_start[cause])  # ids are indices + 1
        assert gathered.index[row] in arrays.rules_item[part]


def test_repeats_are_gathered_only_when_asked(bundle):
    context, _, _, gathered = gathered_for(bundle, 7, repeats=True)
    own = gathered.item_ids[gathered.has(Source.BUY_AGAIN)]
    assert set(own) == set(context.history.item_ids)


def test_decide_under_the_evaluation_knobs_orders_by_the_fusion_alone(bundle):
    fusion = FusionWeights.from_json(bundle.manifest.fusion)
    for user in range(25):
        context, index, state, gathered = gathered_for(bundle, user)
        fused = fusion.fuse(components_compute(context, gathered, bundle.arrays, history_index=index, state=state))
        decision = decide(context, gathered, EVALUATION_RULESET, bundle, seed=user)
        expected = np.lexsort((gathered.index, -fused))[:100]
        assert decision.rows.tolist() == expected.tolist()
        assert np.all(np.diff(decision.scores) <= 0)


def test_lists_hold_only_new_items_without_repeats_and_beat_popularity(bundle, split):
    whole = leave_last_out(sequences())
    task = Task(whole.train, whole.targets)
    popularity = np.asarray(bundle.arrays.popularity)
    lists = list(answers(bundle, task.sequences, task.targets.users))
    for answer in lists:
        assert not np.isin(answer.index, task.sequences.items_of(answer.user)).any()
        assert len(set(answer.index.tolist())) == len(answer.index)
    ours = measure_answers("ours", task, lists, popularity, lambda done, total: None)
    others = [measure_baseline(one, task, popularity) for one in baselines_fit(split.train, SMALL)]
    table = table_make("ring", "", ours, others)
    popular = next(row for row in table.rows if row.model == "popular")
    assert popular.behind is not None
    assert popular.behind.verdict == "better"


def test_a_task_of_new_items_drops_repeats_and_those_left_with_nothing():
    given = sequences()
    split = leave_last_out(given)
    task = task_new_only(Task(split.train, split.targets, repeats=True))
    assert not task.repeats
    for row, user in enumerate(task.targets.users.tolist()):
        assert not np.isin(task.targets.of(row), split.train.items_of(user)).any()
    assert EVALUATION_KNOBS.one_list


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["--strict", "--refit"])
def test_the_benchmark_needs_no_database_broker_or_service(tmp_path, mode):
    file, export = tmp_path / "file.txt", tmp_path / "recs.csv"
    lists = walks(60)
    file.write_text("\n".join(" ".join([f"u{user}", *(f"i{item}" for item in one)]) for user, one in enumerate(lists)))
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "CACHE_URL": "redis://127.0.0.1:1/1",
        "DPE_HOME": str(tmp_path / "home"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "manage.py", "benchmark", "sequences", str(file), "--export", str(export), mode]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(export.open()))
    assert rows[0] == ["user", "rank", "item", "score"]
    by_user: dict[str, list[list[str]]] = {}
    for row in rows[1:]:
        by_user.setdefault(row[0], []).append(row)
    assert set(by_user) == {f"u{user}" for user in range(60)}
    for user, one in enumerate(lists):
        shown = by_user[f"u{user}"]
        assert [int(row[1]) for row in shown] == list(range(1, len(shown) + 1))
        assert not {row[2] for row in shown} & {f"i{item}" for item in one}
        scores = [float(row[3]) for row in shown]
        assert scores == sorted(scores, reverse=True)


def test_a_bad_file_ends_the_benchmark_with_its_line(tmp_path):
    from django.core.management import CommandError, call_command

    file = tmp_path / "file.txt"
    file.write_text("a 1 2\nb\n")
    with pytest.raises(CommandError, match="line 2"):
        call_command("benchmark", "sequences", str(file), "--export", str(tmp_path / "x.csv"))
    assert not (tmp_path / "x.csv").exists()
