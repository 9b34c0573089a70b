"""How a button's post is answered: a changed piece of the page, or the way back with a sentence."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def is_live(request: HttpRequest) -> bool:
    """Whether htmx asks, so that a piece of the page is enough."""
    return request.headers.get("HX-Request") == "true"


def next_address(request: HttpRequest, otherwise: str = "/") -> str:
    """Where the shopper came from, if that is one of our own pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    secure = request.is_secure()
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=secure) else otherwise


def back(request: HttpRequest, sentence: str = "", undo: str = "") -> HttpResponse:
    """Back to where the shopper was, saying what happened; ``undo`` is ``code:item-position``."""
    if sentence:
        messages.success(request, sentence, extra_tags=undo)
    return HttpResponseRedirect(next_address(request))
