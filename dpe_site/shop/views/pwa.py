"""The page for when there is no connection, and the script that keeps it at hand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """One sentence and one way on."""
    return render(request, "shop/offline.html")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker's script, at the root so that it may answer for every page."""
    return render(request, "shop/service-worker.js", content_type="text/javascript")
