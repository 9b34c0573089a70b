"""Two questions an operator's balancer asks: is the process alive, and may it be sent shoppers."""

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache


@never_cache
def alive(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when Postgres answers, else 503; the cache and the broker are not needed to serve."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return JsonResponse({"postgres": "away"}, status=503)
    return JsonResponse({"postgres": "ok"})
