"""The step that learns what each source of candidates may bring to a page."""

from pathlib import Path

from recommender.data.absent import Absent
from recommender.facts.answered import answered_read
from recommender.jobs import JobProgress
from recommender.retrieval.earned_quotas import quotas_earn
from recommender.training.draft import Draft
from recommender.training.workspace import json_write


def quotas_step(draft: Draft, folder: Path, progress: JobProgress) -> None:
    """Learn quotas from the pages that were answered; too few of them leave the defaults."""
    earned = quotas_earn(answered_read(draft.shop, draft.until))
    if isinstance(earned, Absent):
        json_write(folder, {"absent": earned.to_json()})
        progress.log(str(earned))
        return
    json_write(folder, {"quotas": earned.to_json()})
    told = ", ".join(f"{source.word} {quota}" for source, quota in earned.quotas.items())
    progress.log(f"quotas earned by {earned.conversions} answered cards of {earned.pages} pages: {told}")
