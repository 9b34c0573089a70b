"""Steps that learn from shown pages: the ranker, and the policy with its judge. Both may be absent, with a reason."""

import math
from dataclasses import fields
from pathlib import Path

from recommender.data.absent import Absent
from recommender.data.ruleset import KnobValues
from recommender.evaluation.policy_judge import policy_judge
from recommender.jobs import JobProgress
from recommender.models import Live
from recommender.policy.policy_training import policy_export, policy_train
from recommender.ranking.components import components_compute
from recommender.ranking.multi_task_training import ranker_export, ranker_train
from recommender.ranking.training_rows import LoggedPools
from recommender.slate.sampling import slot_probabilities
from recommender.store.rulesets import DEFAULT_RULESET, ruleset_read
from recommender.training.absent_words import POLICY_WITHOUT_RANKER, RANKER_LEARNED_LITTLE
from recommender.training.draft import Draft
from recommender.training.holdout import judged_kept_back
from recommender.training.policy_words import policy_words
from recommender.training.workspace import Workspace, arrays_write, json_write


def ranker_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn clicks, baskets, purchases and dislikes from shown pages; what ranks worse than the fusion stays out."""
    trained = ranker_train(
        judged_kept_back(draft.snapshot, draft.holdout),
        draft.arrays,
        draft.state_encoder,
        components_compute,
        fuse=draft.fusion.fuse,
        config=draft.recipe.ranker,
        learning=draft.recipe.learning,
        deeds=draft.deed_weights,
        seed=draft.recipe.seed,
        device=draft.device,
        progress=lambda step, total, _: progress.update(step, total * 1.3),
    )
    if isinstance(trained, Absent):
        _absent(folder, trained, progress)
        return
    click = trained.metrics.get("heads", {}).get("click", {})
    ours, fusion = (float(click.get(name, math.nan)) for name in ("auc_page", "fusion_auc_page"))
    values = {"ours": 100 * ours, "fusion": 100 * fusion}
    if ours < fusion:
        _absent(folder, Absent(RANKER_LEARNED_LITTLE, values), progress)
        return
    parity = ranker_export(trained, folder / "ranker.onnx", seed=draft.recipe.seed)
    arrays_write(folder, **{field.name: getattr(trained.pools, field.name) for field in fields(LoggedPools)})
    json_write(folder, {"manifest": trained.to_json(), "parity": parity})
    progress.log(
        f"ranker learned from {len(trained.pools.page)} pages; it tells what is clicked from what is not on a page "
        f"in {ours:.1%} of pairs, the fusion in {fusion:.1%}"
    )


def policy_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn long-term value from logged sessions, and ask the judge how much of it may have a say."""
    snapshot = judged_kept_back(draft.snapshot, draft.holdout)
    trained = (
        Absent(POLICY_WITHOUT_RANKER)
        if "absent" in draft.workspace.json("ranker")
        else policy_train(
            snapshot,
            draft.arrays,
            draft.state_encoder,
            config=draft.recipe.policy,
            learning=draft.recipe.learning,
            seed=draft.recipe.seed,
            device=draft.device,
            progress=lambda step, total, _: progress.update(step, total),
        )
    )
    if isinstance(trained, Absent):
        _absent(folder, trained, progress)
        return
    parity = policy_export(trained, folder / "policy.onnx", seed=draft.recipe.seed)
    pools = pools_read(draft.workspace)
    verdict = policy_judge(
        snapshot,
        pools,
        trained.judged_q(pools),
        q_spread=trained.q_spread,
        knobs=knobs_live(draft),
        slot_probabilities=slot_probabilities,
        seed=draft.recipe.seed,
    )
    json_write(folder, {"manifest": {**trained.to_json(), **verdict.to_json()}, "parity": parity})
    progress.log(f"policy learned from {trained.transitions} steps: {policy_words(verdict.to_json())}")


def pools_read(workspace: Workspace) -> LoggedPools:
    """Pools of logged first slots as the ranker's halves scored them."""
    return LoggedPools(**{field.name: workspace.array("ranker", field.name) for field in fields(LoggedPools)})


def knobs_live(draft: Draft) -> KnobValues:
    """Knobs that pages are drawn with now; the defaults where no ruleset is published."""
    live = Live.objects.select_related("ruleset").filter(shop=draft.shop).first()
    return (ruleset_read(live.ruleset) if live and live.ruleset else DEFAULT_RULESET).knobs


def _absent(folder: Path, absent: Absent, progress: JobProgress) -> None:
    json_write(folder, {"absent": absent.to_json()})
    progress.log(str(absent))
