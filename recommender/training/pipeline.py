"""From facts to a bundle that serves, step by step; a killed training goes on at the step it was in."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from django.conf import settings
from django.utils.translation import gettext_noop as _

from recommender.encoders.distributed import ALONE, Group
from recommender.jobs import JobProgress
from recommender.models import BundleVersion, JobRun
from recommender.store.doubt import DOUBT
from recommender.training import behaviour_steps as behaviour
from recommender.training import bundle_steps as bundles
from recommender.training import impression_steps as impressions
from recommender.training.absent_words import NOT_NAMED
from recommender.training.doubt_step import doubt_step
from recommender.training.draft import Draft
from recommender.training.encoder_step import encoder_step
from recommender.training.image_step import images_step
from recommender.training.quotas_step import quotas_step
from recommender.training.recipe_file import recipe_over_house
from recommender.training.segments_step import segments_step
from recommender.training.workspace import workspace_of


@dataclass(frozen=True)
class LearningStep:
    """A step whose output is a folder of the workspace: done when that folder stands."""

    name: str
    title: str
    weight: float  # share of the whole work, in seconds on the demo shop
    run: Callable[[Draft, Path, JobProgress], None]


@dataclass(frozen=True)
class ServingStep:
    """A step whose output is in the database and the bundles' home: safe to repeat."""

    title: str
    weight: float
    run: Callable[[Draft, JobProgress], None]


LEARNING = (
    LearningStep("snapshot", _("Reading the facts"), 2, behaviour.snapshot_step),
    LearningStep("texts", _("Reading the texts"), 25, behaviour.texts_step),
    LearningStep("images", _("Looking at the pictures"), 18, images_step),
    LearningStep("tables", _("Counting what goes together"), 3, behaviour.tables_step),
    LearningStep("models", _("Learning what speaks for what"), 2, behaviour.models_step),
    LearningStep("encoder", _("Learning from what shoppers did"), 40, encoder_step),
    LearningStep(DOUBT, _("Learning where encoders disagree"), 65, doubt_step),
    LearningStep("start_states", _("Learning what people begin with"), 2, behaviour.start_states_step),
    LearningStep("fusion", _("Weighing the models"), 3, behaviour.fusion_step),
    LearningStep("ranker", _("Learning from what was shown"), 35, impressions.ranker_step),
    LearningStep("policy", _("Learning what pays off later"), 25, impressions.policy_step),
    LearningStep("quotas", _("Learning where good candidates come from"), 1, quotas_step),
    LearningStep("segments", _("Learning who is alike"), 2, segments_step),
)
SERVING = (
    ServingStep(_("Writing the bundle"), 2, bundles.write_step),
    ServingStep(_("Judging the bundle"), 5, bundles.gate_step),
    ServingStep(_("Indexing item vectors"), 2, bundles.index_step),
    ServingStep(_("Catching up with new items"), 1, bundles.catch_up_step),
)
PROMOTING = (
    ServingStep(_("Letting it serve"), 0.5, bundles.promote_step),
    ServingStep(_("Putting old bundles away"), 0.5, bundles.retire_step),
)


def bundle_train(job: JobRun, progress: JobProgress, *, group: Group = ALONE) -> dict[str, Any]:
    """Do a job of kind ``train``.

    Parameters of the job: ``promote`` (default true), ``recipe`` (what differs from the installation's own),
    ``update`` (id of the bundle whose encoder is taught what is new, instead of learning from scratch).

    Args:
        job: the row.
        progress: of the job.
        group: processes that train the encoder together.

    Returns:
        ``bundle`` (id), ``gate`` (``GateResult.to_json``), ``absent`` parts with ``Absent.to_json``.

    Raises:
        DataError: the shop has too few facts to learn anything from.
        JobStopped: the job was cancelled.
    """
    draft = replace(draft_of(job), group=group)
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # the other half serves shoppers meanwhile
    serving = SERVING + (PROMOTING if job.params.get("promote", True) else ())
    learning = [step for step in LEARNING if step.name != DOUBT or draft.recipe.doubt.members]
    progress.plan({step.title: step.weight for step in learning} | {last.title: last.weight for last in serving})
    for step in learning:
        progress.step(step.title)
        if not draft.workspace.has(step.name):
            with _timed(progress), draft.workspace.writing(step.name) as folder:
                step.run(draft, folder, progress)
    for last in serving:
        progress.step(last.title)
        with _timed(progress):
            last.run(draft, progress)
    draft.workspace.remove()
    version = bundles.bundle_version(draft)
    gate = version.gate
    absent = {part: absent for part, absent in version.absent.items() if absent["reason"] != NOT_NAMED}
    return {"bundle": version.pk, "gate": gate, "absent": absent}


@contextmanager
def _timed(progress: JobProgress) -> Iterator[None]:
    """Log how long a step took, and how much of it this process was computing."""
    wall, processor = time.monotonic(), time.process_time()
    yield
    progress.log(f"took {time.monotonic() - wall:.1f} s, {time.process_time() - processor:.1f} s of it on processors")


def draft_of(job: JobRun) -> Draft:
    """The training a job asks for.

    Its facts end at ``until`` of its parameters or else when it was asked, so a resumed job finds its finished steps.

    Raises: DataError if its recipe is none.
    """
    recipe = recipe_over_house(job.params.get("recipe", {}))
    until = datetime.fromisoformat(job.params["until"]) if "until" in job.params else job.created_at
    fingerprint = recipe.fingerprint(shop_id=job.shop_id, until=until)
    workspace = workspace_of(Path(settings.DPE_HOME), job.pk, fingerprint)
    base = BundleVersion.objects.of(job.shop).filter(pk=job.params.get("update")).first()
    return Draft(job.shop, recipe, until, workspace, settings.DPE_DEVICE, base)
