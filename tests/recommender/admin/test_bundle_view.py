"""What staff read of a bundle."""

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
