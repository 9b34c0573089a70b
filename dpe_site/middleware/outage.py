"""What a shopper gets while Postgres is away: the last page that suits everybody, or an honest 503."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_from_request

from dpe_site.problems import problem_response, wants_problem

logger = logging.getLogger(__name__)

KEEP_SECONDS = 60
RETRY_SECONDS = 5
_MARK = "_dpe_database_away"
_FORM_TOKEN = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])")


def _exception_mark(*, request: HttpRequest | None = None, **_: Any) -> None:
    """Note on the request that the exception just raised means an unreachable database."""
    if request is not None and isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        setattr(request, _MARK, True)


got_request_exception.connect(_exception_mark, dispatch_uid="dpe-outage")


class OutageMiddleware:
    """Outermost middleware; answers within a second when the database does not, and heals by itself.

    Homepages shown to visitors without any cookie carry nothing personal; one per language is kept on local disk,
    at most once a minute, with its form tokens blanked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap ``get_response``; kept pages live under DPE_HOME."""
        self.get_response = get_response
        self.folder = Path(settings.DPE_HOME) / "last_pages"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through, keep a copy worth keeping, or stand in."""
        response = self.get_response(request)
        if getattr(request, _MARK, False):
            return self._stand_in(request)
        if self._is_for_everybody(request, response):
            self._keep(self._file(request), response.content)
        return response

    def _file(self, request: HttpRequest) -> Path:
        return self.folder / f"{get_language_from_request(request)}.html"

    @staticmethod
    def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
        return (
            request.method == "GET"
            and request.get_full_path() == "/"
            and not request.COOKIES
            and response.status_code == 200
            and not response.streaming
            and response.headers.get("Content-Type", "").startswith("text/html")
        )

    @staticmethod
    def _keep(file: Path, content: bytes) -> None:
        try:
            if file.exists() and time.time() - file.stat().st_mtime < KEEP_SECONDS:
                return
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(_FORM_TOKEN.sub(b"", content))
            fresh.replace(file)
        except OSError as error:
            logger.warning("Could not keep the last page in %s: %s", file, error)

    def _stand_in(self, request: HttpRequest) -> HttpResponse:
        file = self._file(request)
        if request.method == "GET" and request.path == "/" and file.exists():
            response = HttpResponse(file.read_bytes())
        elif wants_problem(request):
            response = problem_response(503, "The shop's memory is away for a moment", "Please try again shortly.")
        else:
            response = render(None, "503.html", status=503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-DPE-Degraded"] = "postgres"
        return response
