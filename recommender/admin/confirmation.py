"""Buttons that change something: a page that says what will happen, and a form that does it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from recommender.data.types import ArtifactMismatch, DataError


def confirmed(
    request: HttpRequest,
    *,
    title: str,
    consequence: str,
    button: str,
    back: str,
    do: Callable[[], str],
    details: list[tuple[str, Any]] | None = None,
    warnings: Sequence[str] = (),
    trial: str = "",
) -> HttpResponse:
    """Ask on GET, act on POST (which carries the CSRF token), and go ``back`` with a message.

    Args:
        request: of a member of staff.
        title: what is about to happen, in a few words.
        consequence: one sentence on what follows from it.
        button: the word on the button, "" where nothing can be done.
        back: address to return to.
        do: acts and returns the sentence that says so; a ``DataError`` is shown as it is.
        details: name and value pairs that help to decide.
        warnings: sentences to read before pressing the button.
        trial: address of a fragment that says what would have moved, "" for none.
    """
    if request.method == "POST":
        try:
            messages.success(request, do())
        except (DataError, ArtifactMismatch) as error:
            messages.error(request, _("Nothing was changed: %(cause)s") % {"cause": error})
        return HttpResponseRedirect(back)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "consequence": consequence,
        "button": button,
        "back": back,
        "details": details or [],
        "warnings": warnings,
        "trial": trial,
    }
    return render(request, "operator/confirm.html", context)
