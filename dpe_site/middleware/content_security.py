"""Content security policy: everything from ourselves, nothing inline, from the first page on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_SHOP = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def _policy(**changes: str) -> str:
    directives = _SHOP | {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


STRICT = _policy()

# The admin theme's Alpine evaluates expressions; the API page's viewer styles itself inline; a picture may do nothing.
RELAXED = (
    ("/admin/", _policy(script_src="'self' 'unsafe-eval' 'unsafe-inline'", style_src="'self' 'unsafe-inline'")),
    ("/api/docs/", _policy(style_src="'self' 'unsafe-inline'")),
    ("/media/", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
)


class ContentSecurityMiddleware:
    """Sends the policy of the requested part of the site, and a permissions policy that asks for nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap ``get_response``."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers added; a view that set its own policy keeps it."""
        response = self.get_response(request)
        policy = next((policy for prefix, policy in RELAXED if request.path.startswith(prefix)), STRICT)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
