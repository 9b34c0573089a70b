"""The demo shop with two pages more: the same most popular items for everybody, to compare the homepage with."""

from pathlib import Path

from dpe_site.settings.demo import *  # noqa: F403
from dpe_site.settings.demo import TEMPLATES as _TEMPLATES

ROOT_URLCONF = "benchmarks.decision.plain_shop.urls"
TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], Path(__file__).parent / "templates"]} for engine in _TEMPLATES]
