"""Two questions an operator's balancer asks: is the process alive, and may it be sent shoppers.

Answered before anything else looks at the request, because a balancer knows neither our host names nor TLS.
"""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers


class HealthMiddleware:
    """Answers ``/healthz`` and ``/readyz``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the two paths, pass everything else on."""
        answer = {"/healthz": alive, "/readyz": ready}.get(request.path)
        if answer is None:
            return self.get_response(request)
        response = answer()
        add_never_cache_headers(response)
        return response


def alive() -> HttpResponse:
    """200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready() -> HttpResponse:
    """200 when Postgres answers, else 503; the cache and the broker are not needed to serve."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        connection.close()
        return JsonResponse({"postgres": "away"}, status=503)
    return JsonResponse({"postgres": "ok"})
