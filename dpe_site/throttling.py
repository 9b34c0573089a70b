"""How often one caller may ask: a count per minute in the cache; without the cache nobody is held up."""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # REST framework's views import the throttles of the settings
    from rest_framework.views import APIView

WINDOW_SECONDS = 60


class MinuteThrottle(BaseThrottle):
    """Counts requests of a login or an address to a view's ``throttle_scope``, minute by minute."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Whether the caller is within the limit of ``settings.DPE_REQUESTS_PER_MINUTE``."""
        scope = getattr(view, "throttle_scope", "")
        limit = settings.DPE_REQUESTS_PER_MINUTE.get(scope)
        if limit is None:
            return True
        caller = f"user{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)
        key = f"throttle:{scope}:{caller}:{int(time.time() // WINDOW_SECONDS)}"
        cache.add(key, 0, WINDOW_SECONDS)
        try:
            return cache.incr(key) <= limit
        except ValueError:  # the cache is away
            return True

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS
