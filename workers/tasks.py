"""Tasks of the queue ``default``: no torch. Ids in, one use case, nothing out.

A task named ``outbox.<topic>`` handles the messages of that topic.
"""

from celery import shared_task

from catalog.outbox import outbox_handling, outbox_relay
from recommender.embedding import items_embed, shop_texts_embed
from recommender.jobs import job_run, jobs_recover
from recommender.precompute import list_refresh
from recommender.what_if import what_if_do
from workers import upkeep
from workers.leases import lease
from workers.queues import job_send
from workers.shards import lists_share

WORK = {"precompute": lists_share, "what_if": what_if_do}


@shared_task(name="workers.tasks.relay")
def relay() -> None:
    """Hand waiting messages to the broker."""
    with lease("relay") as held:
        while held and outbox_relay() > 0:
            continue


@shared_task(name="outbox.item.changed")
def item_changed(message_id: str) -> None:
    """Items whose words changed get their vectors."""
    with outbox_handling(message_id) as message:
        if message:
            items_embed(message.shop, message.payload["item_ids"])


@shared_task(name="outbox.texts.wanted")
def texts_wanted(message_id: str) -> None:
    """A training waits for text vectors: help it."""
    with outbox_handling(message_id) as message:
        if message:
            shop_texts_embed(message.shop, message.payload["encoder"])


@shared_task(name="outbox.shopper.changed")
def shopper_changed(message_id: str) -> None:
    """A shopper did something: their ready-made list follows."""
    with outbox_handling(message_id) as message:
        if message:
            list_refresh(message.shop, message.payload["shopper_id"])


@shared_task(name="outbox.job.asked")
def job_asked(message_id: str) -> None:
    """Somebody asked for a job: hand it to the queue that can do it."""
    with outbox_handling(message_id) as message:
        if message:
            job_send(message.payload["job"], message.payload["kind"])


@shared_task(name="workers.tasks.job")
def job(job_id: str) -> None:
    """Run a job that needs no torch."""
    job_run(job_id, WORK)


@shared_task(name="workers.tasks.recover")
def recover() -> None:
    """Take up jobs whose process died."""
    with lease("recover") as held:
        if held:
            jobs_recover()


@shared_task(name="workers.tasks.trends")
def trends() -> None:
    """Count what is looked at now."""
    with lease("trends") as held:
        if held:
            upkeep.trends_refresh()


@shared_task(name="workers.tasks.partitions")
def partitions() -> None:
    """Months to come get their partitions."""
    with lease("partitions") as held:
        if held:
            upkeep.partitions_ensure()
            upkeep.database_analyze()


@shared_task(name="workers.tasks.prune")
def prune() -> None:
    """Remove what is past its time."""
    with lease("prune") as held:
        if held:
            upkeep.leftovers_prune()
            upkeep.bundles_put_away()
            upkeep.workspaces_put_away()


@shared_task(name="workers.tasks.night")
def night() -> None:
    """Ask for tonight's training and lists."""
    upkeep.training_ask()
    upkeep.precompute_ask()
