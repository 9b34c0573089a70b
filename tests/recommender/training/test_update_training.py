"""``train --update`` teaches the serving bundle's encoder what is new, in a few steps, and everything else follows."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from recommender.encoders.training_loop import LEAST_LEFT
from recommender.encoders.warm_start import WEIGHTS
from recommender.models import BundleVersion, JobRun, Live
from recommender.store.bundles import bundle_open, bundle_path
from tests.fixtures.bundle import SMALL_RECIPE
from tests.fixtures.databases import Database
from users.models import Interaction


@pytest.fixture(scope="module")
def site_template(demo_bundle: Database) -> Database:
    return demo_bundle


def test_an_update_goes_on_from_the_bundle_that_serves(site_database: Database, tmp_path: Path) -> None:
    base = Live.objects.get(shop__code="demo").bundle
    assert base is not None
    assert (bundle_path(base) / WEIGHTS).exists()
    newest = Interaction.objects.of(base.shop).order_by("-occurred_at").values_list("occurred_at", flat=True)[0]
    # As if the serving bundle had been learned a week earlier.
    BundleVersion.objects.filter(pk=base.pk).update(
        window={**base.window, "until": (newest - timedelta(days=7)).isoformat()}
    )
    recipe = tmp_path / "small.json"
    recipe.write_text(json.dumps(SMALL_RECIPE))
    said = site_database.command("train", "--shop", "demo", "--update", "--no-promote", "--recipe", str(recipe))
    found = re.search(r"^Bundle (\d+):", said, re.MULTILINE)
    assert found, said
    job = JobRun.objects.filter(kind="train").latest("created_at")
    assert job.params["update"] == base.pk
    read = re.search(rf"updates bundle {base.pk}: (\d+) of (\d+) entries read", job.log)
    assert read, job.log
    assert int(read[1]) < int(read[2])
    about = BundleVersion.objects.get(pk=found[1]).evaluation["encoder"]
    assert about["updated"] is True
    assert job.curves["validation NDCG@10"][0][0] == 0  # where it began
    assert about["ndcg_at_10"] >= LEAST_LEFT * job.curves["validation NDCG@10"][0][1]
    version = BundleVersion.objects.get(pk=found[1])
    bundle = bundle_open(version)
    assert bundle.item_tower is not None
    assert (bundle.start_states is None) == ("start_states" in version.absent)
    assert "start states by situation" in job.log
