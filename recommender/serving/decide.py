"""The decision: candidates in, a page with propensities and reasons out. Pure: no I/O, no clock, no global randomness.

Equal arguments give equal decisions; on an equal numeric runtime (``runtime_fingerprint``) bit for bit.
"""

import platform
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import onnxruntime

from recommender.data.ruleset import RulesetValue
from recommender.data.types import Context, Decision, Gathered, Ints, Source
from recommender.explain.influence import Influence
from recommender.explain.reasons import Causes, cards_to_explain, reasons_make
from recommender.serving.bundle import Bundle
from recommender.serving.plan import Plan, Request, board_of, boosts_of, easings, plan_make
from recommender.serving.scores import scores_compute, scores_without
from recommender.serving.stages import Clock, Stages
from recommender.serving.state import INFLUENCE_ITEMS, ShopperView, shopper_view
from recommender.serving.trace import trace_make
from recommender.slate.compose import Composer
from recommender.slate.slate import Slate

RULES_LEFT_ASIDE = "rules_left_aside"
"""``Decision.degraded`` of a page that the staff's rules would have left empty."""


def decide(
    context: Context,
    gathered: Gathered,
    ruleset: RulesetValue,
    bundle: Bundle | None,
    seed: int,
    *,
    trace: bool = False,
    view: ShopperView | None = None,
    explained: bool = True,
    clock: Clock | None = None,
) -> Decision:
    """Choose a page.

    Under ``KnobValues.one_list`` (accuracy runs, precompute) reasons name no history item: nobody reads them.

    Args:
        context: who asks, where and when.
        gathered: c candidates.
        ruleset: knobs, rules and layout.
        bundle: what was learned; None where there is nothing, the decision is then degraded and says so.
        seed: 64 bits that fix every draw.
        trace: keep the whole road of every candidate.
        view: the shopper as ``shopper_view`` sees them, where it has been asked already; else it is asked here.
        explained: whether cards have their reasons; lists made ahead are read without.
        clock: seconds; gives the trace the time of each stage.
    """
    stages = Stages(clock)
    if view is None:
        view = shopper_view(context, bundle, gathered.fresh_history_ids, gathered.fresh_history_vectors)
    stages.end("state")
    scores = scores_compute(context, gathered, bundle, view, ruleset.knobs)
    stages.end("scores")
    request = Request(context, gathered, ruleset, bundle, view, scores)
    plan = plan_make(request)
    stages.end("plan")
    plan, slate = page_compose(request, plan, seed)
    stages.end("slate")
    reasons = reasons_make(context, gathered, _causes(request, plan, slate)) if explained else ()
    stages.end("reasons")
    versions = {"runtime": runtime_fingerprint(), "seed": seed} if trace else {}
    return Decision(
        item_ids=gathered.item_ids[slate.rows],
        rows=slate.rows,
        section_of=slate.section_of,
        sections=slate.sections,
        propensities=slate.propensities,
        forced=slate.forced,
        scores=slate.scores,
        reasons=reasons,
        temperature=ruleset.knobs.temperature,
        epsilon=ruleset.knobs.exploration,
        pool_ids=gathered.item_ids[slate.first_pool],
        degraded=RULES_LEFT_ASIDE if plan.rules_left_aside else degradation(gathered) if bundle is None else "",
        trace=trace_make(request, plan, slate, versions, stages.milliseconds) if trace else None,
    )


def degradation(gathered: Gathered) -> str:
    """Name of the fallback that a page without a bundle is made of; a segment is who likes the same department."""
    if len(gathered.ready_ids):
        return "precomputed"
    if gathered.has(Source.DEPARTMENT_TREND).any():
        return "segment_trending"
    return "shop_trending" if (gathered.trend > 0).any() else "newest"


def runtime_fingerprint() -> str:
    """What the last bit of a float depends on: versions and the processor's vector instructions."""
    build = np.show_config(mode="dicts") or {}
    simd = build.get("SIMD Extensions", {}).get("found", [])
    libraries = f"onnxruntime {onnxruntime.__version__} numpy {np.__version__} lightgbm {version('lightgbm')}"
    return f"{libraries} {platform.machine()} {' '.join(simd)}"[:120]


def page_compose(request: Request, plan: Plan, seed: int) -> tuple[Plan, Slate]:
    """Draw the page of a request, and the plan that it was drawn from: another one where ``plan`` left it empty."""
    slate = _compose(request, plan, seed)
    if slate.sections or not len(request.gathered) or request.ruleset.knobs.one_list:
        return plan, slate
    for eased, least in easings(request):
        plan = plan_make(eased)
        slate = _compose(eased, plan, seed)
        if len(slate.rows) >= least:
            return replace(plan, rules_left_aside=eased.ruleset.rules is not request.ruleset.rules), slate
    return plan, slate


def _compose(request: Request, plan: Plan, seed: int) -> Slate:
    uniform = np.random.Generator(np.random.PCG64(seed)).random
    composer = Composer(board_of(request, plan.limits), request.ruleset.knobs, request.view.mix, uniform)
    return composer.compose(plan.rows, plan.scores)


def _causes(request: Request, plan: Plan, slate: Slate) -> Causes:
    codes = [slate.sections[section].code for section in slate.section_of.tolist()]
    boost, rule = boosts_of(plan, slate.rows, codes, request.scores.base)
    return Causes(slate, _influence(request, slate, cards_to_explain(slate, rule)), boost, rule)


def _influence(request: Request, slate: Slate, cards: Ints) -> Influence:
    """Influence of the newest history items on ``cards`` (n,), through encoder, components and whatever ranks."""
    items, scores = request.view.anchors[:INFLUENCE_ITEMS], request.scores
    bundle = request.bundle
    if bundle is None or request.ruleset.knobs.one_list or not len(items) or not len(cards):
        return Influence.none(len(slate.rows))
    rows = slate.rows[cards]
    effect = np.zeros((len(items), len(slate.rows)), np.float32)
    effect[:, cards] = scores.told[rows] - scores_without(request.context, scores, bundle, request.view, items, rows)
    return Influence(items, effect)
