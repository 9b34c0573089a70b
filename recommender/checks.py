"""System checks of settings that depend on each other; ``manage.py check`` says what is wrong and how to mend it."""

import json
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

ROLES = ("web", "default", "train", "beat", "command")
WITHOUT_TORCH = ("web", "default", "beat")
SHORT_SECRET = 32
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


@register(Tags.compatibility)
def role_check(**_: Any) -> list[CheckMessage]:
    """A process's role is one there is, and torch is where it trains and nowhere else."""
    role = settings.DPE_ROLE
    if role not in ROLES:
        hint = f"Set DPE_ROLE to one of {', '.join(ROLES)}."
        return [Error(f"DPE_ROLE is {role!r}, which is no role.", hint=hint, id="recommender.E001")]
    if role == "train" and find_spec("torch") is None:
        hint = "Install the requirements, torch among them, where the training worker runs."
        return [Error("This process trains, and torch is not installed.", hint=hint, id="recommender.E002")]
    if role in WITHOUT_TORCH and "torch" in sys.modules:
        hint = "Find who imports it with `python -X importtime`; what serves uses onnxruntime."
        return [Error(f"torch is loaded in a process of role {role!r}.", hint=hint, id="recommender.E003")]
    return []


@register(Tags.compatibility)
def device_check(**_: Any) -> list[CheckMessage]:
    """The device is one that trainings understand."""
    if _DEVICE.fullmatch(settings.DPE_DEVICE):
        return []
    hint = "Set DPE_DEVICE to auto, cpu, cuda or cuda:0."
    return [Error(f"DPE_DEVICE is {settings.DPE_DEVICE!r}, which is no device.", hint=hint, id="recommender.E004")]


@register(Tags.compatibility)
def numbers_check(**_: Any) -> list[CheckMessage]:
    """Counts and ages are possible ones."""
    found: list[CheckMessage] = []
    kept = ("DPE_KEEP_IMPRESSIONS_DAYS", "DPE_KEEP_SEARCHES_DAYS", "DPE_KEEP_REQUESTS_DAYS")
    for name, least in (("DPE_PROXIES", 0), ("DPE_TRACE_PERCENT", 0), *((name, 1) for name in kept)):
        value = getattr(settings, name)
        if value < least:
            hint = f"Set {name} to {least} or more."
            found.append(Error(f"{name} is {value}, less than {least}.", hint=hint, id="recommender.E005"))
    return found


@register(Tags.files)
def home_check(**_: Any) -> list[CheckMessage]:
    """Bundles, pictures and trainings can be written."""
    home = Path(settings.DPE_HOME)
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    what = "cannot be written by this user" if nearest.is_dir() else "is not a folder"
    hint = "Set DPE_HOME to a folder that the user of every process may write."
    return [Error(f"DPE_HOME is {home}, and {nearest} {what}.", hint=hint, id="recommender.E006")]


@register(Tags.files)
def recipe_check(**_: Any) -> list[CheckMessage]:
    """The recipe that trainings begin from can be read; what stands in it, each training checks."""
    if not settings.DPE_RECIPE:
        return []
    try:
        given = json.loads(Path(settings.DPE_RECIPE).read_text())
    except (OSError, ValueError) as error:
        given = str(error)
    if isinstance(given, dict):
        return []
    hint = 'Name a JSON file such as {"learning": {"encoder": {"family": "gru"}}}, or nothing for the defaults.'
    words = f"DPE_RECIPE is {settings.DPE_RECIPE}, which holds no recipe: {given}"
    return [Error(words, hint=hint, id="recommender.E008")]


@register(Tags.files)
def text_encoder_check(**_: Any) -> list[CheckMessage]:
    """Vectors of the exported text encoders fit the column that holds them."""
    from recommender.embedding import encoders_home
    from recommender.models import TEXT_DIM

    found: list[CheckMessage] = []
    for file in sorted(encoders_home().glob("*/encoder.json")):
        about = json.loads(file.read_text())
        if about["dim"] != TEXT_DIM:
            words = f"The text encoder {about['source']} makes {about['dim']} numbers, the table holds {TEXT_DIM}."
            hint = f"Name one that makes {TEXT_DIM} in the recipe, and remove {file.parent}."
            found.append(Warning(words, hint=hint, id="recommender.W001"))
    return found


@register(Tags.compatibility)
def services_check(**_: Any) -> list[CheckMessage]:
    """Database, broker and cache belong together, and the broker is not the cache."""
    found: list[CheckMessage] = []
    given = {"REDIS_URL": settings.REDIS_URL, "CACHE_URL": settings.CACHE_URL}
    missing = [name for name, url in given.items() if url == settings.DPE_NOWHERE]
    if missing and not settings.DPE_EMBEDDED:
        words = f"DATABASE_URL names a database of yours, and {' and '.join(missing)} nothing."
        hint = "Set all three, or none to use the embedded services."
        found.append(Warning(words, hint=hint, id="recommender.W002"))
    if not missing and settings.REDIS_URL == settings.CACHE_URL:
        hint = "Give the cache a database number or a server of its own: it may evict, the broker never."
        found.append(
            Warning(
                "REDIS_URL and CACHE_URL are the same: clearing one empties both.", hint=hint, id="recommender.W003"
            )
        )
    return found


@register(Tags.security)
def secret_check(**_: Any) -> list[CheckMessage]:
    """Seeds of pages come from a secret."""
    if settings.DPE_SECRET:
        return []
    hint = "Set DPE_SECRET to 50 random characters."
    return [Error("DPE_SECRET is empty: anybody could foretell what is explored.", hint=hint, id="recommender.E007")]


@register(Tags.security, deploy=True)
def deployment_check(**_: Any) -> list[CheckMessage]:
    """What matters once strangers come."""
    found: list[CheckMessage] = []
    if len(settings.DPE_SECRET) < SHORT_SECRET:
        hint = "Set DPE_SECRET to 50 random characters."
        found.append(
            Warning(f"DPE_SECRET is shorter than {SHORT_SECRET} characters.", hint=hint, id="recommender.W004")
        )
    if settings.DPE_PROXIES == 0 and settings.SECURE_PROXY_SSL_HEADER:
        words = "A proxy speaks TLS for us, and DPE_PROXIES is 0: all visitors share the proxy's address."
        hint = "Set DPE_PROXIES to the number of proxies in front, so that limits count visitors one by one."
        found.append(Info(words, hint=hint, id="recommender.I001"))
    return found
