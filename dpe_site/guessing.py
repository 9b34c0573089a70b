"""Passwords cannot be guessed by trying: too many wrong ones, and the next is not looked at for a while.

Wherever a password is checked, Django asks the authentication backends and tells of each failure; both happen here, so
the shop's form, the admin's form and the apps' tokens share one count. It is kept in the cache; without the cache
nobody is held up.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled
from rest_framework.throttling import BaseThrottle

from dpe_site.problems import problem_response, wants_problem

WINDOW_SECONDS = 600
FAILURES_PER_LOGIN = 10  # of one address for one username
FAILURES_PER_ADDRESS = 100  # of one address for all usernames: a household or an office shares one


class TooManyFailures(Throttled):
    """Too many wrong passwords lately."""

    default_detail = _("Too many wrong passwords.")
    wait: int  # seconds


class GuessLimit:
    """The first authentication backend: knows nobody, but ends the attempt of who has failed too often."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, **_credentials: Any) -> None:
        """Let the next backend look at the password.

        Raises:
            TooManyFailures: before anybody does; ``wait`` says for how many seconds.
        """
        if request is None or username is None:
            return
        counts = cache.get_many([key for key, _limit in _counters(request, username)])
        if any(counts.get(key, 0) >= limit for key, limit in _counters(request, username)):
            raise TooManyFailures(wait=WINDOW_SECONDS - time.time() % WINDOW_SECONDS)


@receiver(user_login_failed)
def _failure_count(credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    if request is None:
        return
    for key, _limit in _counters(request, credentials.get("username") or ""):
        cache.add(key, 0, WINDOW_SECONDS)
        try:
            cache.incr(key)
        except ValueError:  # the cache is away
            return


def _counters(request: HttpRequest, username: str) -> Iterator[tuple[str, int]]:
    """Cache keys of this attempt in the current window, each with its limit; names and addresses are hashed."""
    address = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # it reads META alone
    window = int(time.time() // WINDOW_SECONDS)
    for parts, limit in (((address, username.casefold()), FAILURES_PER_LOGIN), ((address,), FAILURES_PER_ADDRESS)):
        yield f"guesses:{window}:{hashlib.sha256(repr(parts).encode()).hexdigest()}", limit


class TooManyFailuresMiddleware:
    """Answers a form with 429 and how long to wait; REST framework does the same for tokens by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page for people, a problem for programs."""
        if not isinstance(exception, TooManyFailures):
            return None
        if wants_problem(request):
            response = problem_response(429, "Too Many Requests", str(exception.detail))
        else:
            response = render(None, "429.html", {"minutes": math.ceil(exception.wait / 60)}, status=429)
        response.headers["Retry-After"] = str(exception.wait)
        response.headers["Cache-Control"] = "no-store"
        return response
