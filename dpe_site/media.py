"""Pictures from DPE_HOME, for installations without a file server of their own."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.static import serve

MAX_AGE_SECONDS = 86_400


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """One stored file, cacheable for a day."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response
