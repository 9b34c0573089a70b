"""What was typed into the search box as a vector, by the text encoder that a bundle carries."""

from functools import lru_cache
from pathlib import Path

from recommender.data.types import Floats
from recommender.language.text_encoder import TextEncoder
from recommender.serving.bundle import Bundle


def query_vector(bundle: Bundle | None, query: str) -> Floats | None:
    """(384,) text vector of what was typed; None for nothing typed or no text encoder in the bundle."""
    if bundle is None or not query:
        return None
    encoder = _text_encoder(bundle.path / "text")
    return encoder.encode_query(query) if encoder else None


@lru_cache(maxsize=2)
def _text_encoder(folder: Path) -> TextEncoder | None:
    return TextEncoder(folder) if (folder / "encoder.json").exists() else None
