"""Pictures from outside become small squares of pixels, or a reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from recommender.encoders import pictures
from recommender.encoders.pictures import PictureRefused, picture_read

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{}</svg>'
RED = '<rect width="40" height="20" fill="#ff0000"/>'


def encoded(kind: str = "PNG", size: tuple[int, int] = (30, 60), mode: str = "RGB") -> bytes:
    picture = Image.new(mode, size, 0)
    picture.paste(255 if mode == "L" else (255, 0, 0, 255)[: len(mode)], (0, 0, size[0] // 2, size[1]))
    held = io.BytesIO()
    picture.save(held, kind)
    return held.getvalue()


@pytest.mark.parametrize("kind", pictures.FORMATS)
def test_photographs_are_fitted_into_a_white_square(kind):
    pixels = picture_read(encoded(kind), 32)
    assert pixels.shape == (32, 32, 3)
    assert pixels.dtype == np.uint8
    assert (pixels[:, :7] == 255).all()  # a narrow picture stands in the middle
    assert pixels[16, 11, 0] > 180 > 90 > pixels[16, 11, 1]


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_grey_and_transparent_pictures_are_read(mode):
    assert picture_read(encoded(mode=mode), 16).shape == (16, 16, 3)


def test_drawings_are_rendered():
    pixels = picture_read(SVG.format(RED).encode(), 32)
    assert pixels[16, 16].tolist() == [255, 0, 0]
    assert pixels[2, 16].tolist() == [255, 255, 255]


def bomb() -> bytes:
    """The head of a PNG that promises 100,000 × 100,000 pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = b"IHDR" + head
    chunk = struct.pack(">I", len(head)) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no readable"),
        (b"GIF89a but no more", "no readable"),
        (encoded("PNG")[:60], "no readable"),
        (encoded("JPEG")[:-40], "no readable"),
        (bomb(), "100000 × 100000|no readable"),
        (b"<svg", "a broken SVG"),
        (SVG.format("").encode(), "one colour"),
        (SVG.format('<image href="/etc/passwd"/>').encode(), "refers to something outside"),
        (SVG.format('<use href="http://localhost/x.svg"/>').encode(), "refers to something outside"),
        (b"<!DOCTYPE x>" + SVG.format(RED).encode(), "refers to something outside"),
        (encoded("BMP"), "no readable"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content, reason):
    with pytest.raises(PictureRefused, match=reason):
        picture_read(content, 16)


def test_equal_faults_have_equal_reasons():
    told = set()
    for content in (b"GIF89a but no more", b"GIF89a and nothing else"):
        with pytest.raises(PictureRefused) as refused:
            picture_read(content, 16)
        told.add(str(refused.value))
    assert len(told) == 1


def test_large_files_are_refused_before_they_are_opened(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_BYTES", 50)
    with pytest.raises(PictureRefused, match="larger than"):
        picture_read(encoded(), 16)
    monkeypatch.undo()
    monkeypatch.setattr(pictures, "MAX_SVG_BYTES", 50)
    with pytest.raises(PictureRefused, match="an SVG larger than"):
        picture_read(SVG.format(RED).encode(), 16)
