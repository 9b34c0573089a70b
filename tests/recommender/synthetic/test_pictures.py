"""Pictures: well-formed, small, self-contained, alike for equal seeds and unlike for others."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from recommender.data.synthetic.catalogue import Catalogue, generate_catalogue
from recommender.data.synthetic.drawings.canvas import HEIGHT, WIDTH
from recommender.data.synthetic.pictures import SCENES, draw_picture
from recommender.data.synthetic.vocabulary import load_vocabulary

SVG = "{http://www.w3.org/2000/svg}"
LARGEST_BYTES = 6 * 1024


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return generate_catalogue(seed=7, n_products=1000, until_us=1_790_000_000_000_000)


@pytest.fixture(scope="module")
def pictures(catalogue: Catalogue) -> list[str]:
    return [draw_picture(product, seed=7, number=row) for row, product in enumerate(catalogue.products)]


def test_every_kind_has_a_drawing_and_every_drawing_a_kind() -> None:
    assert {kind.scene for kind in load_vocabulary().kinds} == set(SCENES)
    assert len(SCENES) >= 30


def test_pictures_are_well_formed_and_four_to_five(pictures: list[str]) -> None:
    for picture in pictures:
        root = ElementTree.fromstring(picture)  # noqa: S314 - our own text
        assert root.tag == f"{SVG}svg"
        assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
        assert WIDTH * 5 == HEIGHT * 4


def test_pictures_are_small_and_refer_to_nothing_outside(pictures: list[str]) -> None:
    for picture in pictures:
        assert len(picture.encode()) < LARGEST_BYTES
        assert "<script" not in picture
        assert "<image" not in picture
        references = re.findall(r'href="([^"]*)"|url\(([^)]*)\)', picture)
        assert all((a or b).startswith("#") for a, b in references)


def test_every_fill_that_is_named_is_defined(pictures: list[str]) -> None:
    for picture in pictures:
        used = set(re.findall(r"url\(#(\w+)\)", picture))
        assert used <= set(re.findall(r' id="(\w+)"', picture))


def test_no_path_has_a_number_that_is_none(pictures: list[str]) -> None:
    assert not any("nan" in path.lower() or "None" in path for p in pictures for path in re.findall(r' d="([^"]*)"', p))


def test_the_seed_varies_a_picture_and_repeats_it(catalogue: Catalogue) -> None:
    product = catalogue.products[0]
    assert draw_picture(product, seed=7, number=0) == draw_picture(product, seed=7, number=0)
    assert len({draw_picture(product, seed=seed, number=0) for seed in range(8)}) > 3


def test_another_colour_or_material_is_another_picture(catalogue: Catalogue) -> None:
    words = load_vocabulary()
    product = next(p for p in catalogue.products if p.kind.slug == "sofa")
    pictures = {
        draw_picture(
            replace(product, colour=words.colours[colour], material=words.materials[material]), seed=7, number=0
        )
        for colour in ("navy", "sage", "rust")
        for material in ("linen", "velvet", "boucle")
    }
    assert len(pictures) == 9


def test_a_book_carries_its_title(catalogue: Catalogue, pictures: list[str]) -> None:
    for product, picture in zip(catalogue.products, pictures, strict=True):
        if product.cover:
            shown = " ".join(text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text"))  # noqa: S314
            assert product.cover.en in shown
