"""``manage.py train``: what a worker does when staff press Train now, without a broker."""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Shop
from catalog.shops import shop_named
from recommender.data.types import DataError
from recommender.encoders.distributed import Group, group_joined
from recommender.encoders.together import encoder_help, helpers_dismiss
from recommender.management.encoder_options import encoder_options_add, encoder_options_chosen, learning_with
from recommender.management.job_console import job_run_here
from recommender.management.moments import moment
from recommender.models import JobRun, Live
from recommender.training.absent_words import absent_words
from recommender.training.gate_words import gate_words
from recommender.training.pipeline import bundle_train
from recommender.training.recipe_file import recipe_file_read, recipe_over_house


class Command(BaseCommand):
    """Train a bundle and, if the gate lets it pass, promote it."""

    help = "Learn a new bundle from a shop's facts; a training that was killed goes on where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the command."""
        parser.add_argument("--shop", default="", help="code of the shop; the first one where it is not given")
        parser.add_argument(
            "--recipe",
            type=Path,
            help="JSON file with what differs from the default recipe or the file that DPE_RECIPE names",
        )
        encoder_options_add(parser)
        parser.add_argument(
            "--update", action="store_true", help="teach the serving bundle's encoder what is new since, in a few steps"
        )
        parser.add_argument("--until", type=moment, help="learn what happened up to then, ISO 8601; now by default")
        parser.add_argument("--no-promote", action="store_true", help="stop after the gate has judged the bundle")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; processes that torchrun started besides the first help with the encoder."""
        with group_joined(settings.DPE_DEVICE) as group:
            if group.rank:
                encoder_help(group)
                return
            self._train(options, group)
            helpers_dismiss(group)

    def _train(self, options: dict[str, Any], group: Group) -> None:
        try:
            shop = shop_named(options["shop"])
        except Shop.DoesNotExist as error:
            raise CommandError(f"No such shop: {error}") from error
        params: dict[str, Any] = {"promote": not options["no_promote"], "recipe": _recipe(options)}
        if options["update"]:
            params["update"] = _serving(shop)
        if options["until"]:
            params["until"] = options["until"].isoformat()
        job = job_run_here(shop=shop, kind="train", params=params, work=partial(bundle_train, group=group))
        if job.status != JobRun.Status.SUCCEEDED:
            raise CommandError(job.error or f"The training is {job.get_status_display()}.")
        self.stdout.write(f"Bundle {job.result['bundle']}: {gate_words(job.result['gate'])}")
        for part, absent in job.result["absent"].items():
            self.stdout.write(f"No {part.replace('_', ' ')}: {absent_words(absent)}.")


def _serving(shop: Shop) -> int:
    live = Live.objects.filter(shop=shop).exclude(bundle=None).first()
    if live is None or live.bundle_id is None:
        raise CommandError(f"No bundle serves {shop}, so there is nothing to update; train without --update first.")
    return int(live.bundle_id)


def _recipe(options: dict[str, Any]) -> dict[str, Any]:
    """What differs from the installation's recipe: the file's words, and above them the options."""
    try:
        given = {} if options["recipe"] is None else recipe_file_read(options["recipe"])
        chosen = encoder_options_chosen(options)
        learning_with(recipe_over_house(given).learning, options)
    except DataError as error:
        raise CommandError(str(error)) from error
    if not chosen:
        return given
    learning = given.get("learning", {})
    return {**given, "learning": {**learning, "encoder": {**learning.get("encoder", {}), **chosen}}}
