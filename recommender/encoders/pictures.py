"""The bytes of a picture as a small square of pixels, or the reason why they cannot be read: no torch here.

Pictures come from outside. PNG, JPEG, WebP and GIF are opened by Pillow, which sees their size before their pixels;
SVG is drawn by resvg, which runs no script, and refused where it refers to anything outside itself.
"""

import io
import re

import numpy as np
import numpy.typing as npt
import resvg_py
from PIL import Image, ImageOps

Pixels = npt.NDArray[np.uint8]
MAX_BYTES = 16 * 2**20
MAX_SVG_BYTES = 2**20
MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_OUTSIDE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\s*image\b|href\s*=\s*[\"']\s*[^#\"'\s]", re.IGNORECASE)


class PictureRefused(ValueError):
    """A picture that cannot be read; the message is the reason."""


def picture_read(content: bytes, size: int) -> Pixels:
    """A picture, fitted into a white square.

    Args:
        content: of its file.
        size: edge of the square, pixels.
    Returns: (size, size, 3) uint8, red, green, blue.
    Raises: PictureRefused where the file is too large, torn, of another kind, or shows nothing.
    """
    if len(content) > MAX_BYTES:
        raise PictureRefused(f"larger than {MAX_BYTES // 2**20} MB")
    if b"<svg" in content[:4096]:
        content = _drawn(content, size)
    pixels = _square(_opened(content), size)
    if pixels.min() == pixels.max():
        raise PictureRefused("empty: all of it has one colour")
    return pixels


def _drawn(content: bytes, size: int) -> bytes:
    """An SVG as PNG."""
    if len(content) > MAX_SVG_BYTES:
        raise PictureRefused(f"an SVG larger than {MAX_SVG_BYTES // 2**20} MB")
    if _OUTSIDE.search(content):
        raise PictureRefused("an SVG that refers to something outside itself")
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=content.decode(), width=size, height=size, background="#ffffff", skip_system_fonts=True
            )
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise PictureRefused(f"a broken SVG ({error})") from error


def _opened(content: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise PictureRefused(f"{width} × {height} pixels, more than {MAX_PIXELS:,}")
        picture.load()
    except PictureRefused:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise PictureRefused(f"no readable {', '.join(FORMATS)} or SVG ({_said(error)})") from error
    return picture


def _said(error: Exception) -> str:
    """An error's words without the address of an object, which would make every picture's reason another one."""
    return re.sub(r" <_io\.\w+ object at 0x[0-9a-f]+>", "", str(error))


def _square(picture: Image.Image, size: int) -> Pixels:
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    fitted = ImageOps.contain(upright, (size, size))
    sheet = Image.new("RGBA", (size, size), "white")
    place = ((size - fitted.width) // 2, (size - fitted.height) // 2)
    sheet.alpha_composite(fitted, place)
    return np.asarray(sheet.convert("RGB"), np.uint8)
