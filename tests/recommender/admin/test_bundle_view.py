"""What staff read of a bundle."""

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.admin.bundle_view import bundle_view
from recommender.models import BundleVersion


def bundle(models: list[str], absent: dict[str, str]) -> BundleVersion:
    return BundleVersion(recipe={"learning": {"models": models}}, absent=absent)


def test_a_model_that_nobody_asked_for_is_not_missing() -> None:
    view = bundle_view(bundle(["ease"], {"vae": "the recipe does not name it", "als": "the recipe does not name it"}))
    names = [part.name for part in view["parts"]]
    assert "EASE" in names
    assert "Mult-VAE" not in names


def test_a_model_that_was_asked_for_and_could_not_be_made_says_why() -> None:
    view = bundle_view(bundle(["ease", "als"], {"als": "too little behaviour"}))
    (part,) = (part for part in view["parts"] if part.name == "ALS")
    assert not part.present
    assert part.words == "too little behaviour"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["everybody"], "10 % likelier; segment, language and time tell nothing more"),
        (["everybody", "segment=new", "hours=06-12"], "10 % likelier; 2 segments, languages and times count"),
    ],
)
def test_what_a_situation_tells_is_said(settings: Any, tmp_path: Path, names: list[str], told: str) -> None:
    settings.DPE_BUNDLES = str(tmp_path)
    (tmp_path / "one").mkdir()
    about = {"start_states": {"names": names, "gain": 0.0953}}
    (tmp_path / "one" / "manifest.json").write_text(json.dumps(about))
    version = bundle([], {})
    version.path = "one"
    (part,) = (part for part in bundle_view(version)["parts"] if part.name == "first pages by situation")
    assert part.present
    assert part.words.endswith(told)


def test_a_bundle_of_an_older_version_claims_no_start_states() -> None:
    assert "first pages by situation" not in [part.name for part in bundle_view(bundle([], {}))["parts"]]
