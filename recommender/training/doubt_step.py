"""The step that trains a few small encoders of other seeds: where they disagree, behaviour says little.

Only where the recipe asks for it (``doubt.members``): three members cost nearly twice the encoder that serves.
"""

from pathlib import Path

from recommender.encoders.checkpoints import Checkpointing
from recommender.encoders.ensembles import SEED_STRIDE, ensemble_export, member_config
from recommender.encoders.trained import TrainedEncoder
from recommender.encoders.training_loop import encoder_train
from recommender.jobs import JobProgress
from recommender.store.doubt import DOUBT
from recommender.training.draft import Draft
from recommender.training.workspace import json_write

CHECKPOINT = "doubt_checkpoint_{}"  # of each member, in the workspace, which a killed training comes back to


def doubt_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Train the members one after another and export them."""
    members = [_member(draft, number, progress) for number in range(draft.recipe.doubt.members)]
    ensemble_export(members, folder / DOUBT, seed=draft.recipe.seed)
    config = members[0].config
    json_write(folder, {"members": len(members), "dimensions": config.embedding_dim, "blocks": config.n_blocks})
    progress.log(f"{len(members)} encoders of {config.embedding_dim} dimensions say how sure one can be")


def _member(draft: Draft, number: int, progress: JobProgress) -> TrainedEncoder:
    count = draft.recipe.doubt.members
    return encoder_train(
        draft.holdout.train,
        draft.texts_to_read,
        member_config(draft.recipe.learning.encoder),
        validation=draft.stop_targets,
        facts=draft.item_facts,
        seed=draft.recipe.seed + SEED_STRIDE * number,
        device=draft.device,
        progress=lambda step, total, _loss: progress.update(number * total + step, count * total),
        checkpointing=Checkpointing(draft.workspace.folder / CHECKPOINT.format(number)),
    )
