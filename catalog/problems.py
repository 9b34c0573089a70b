"""Problem documents (RFC 9457): what every refusal of the API looks like."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


def problem(status: int, title: str, detail: str, **extensions: Any) -> dict[str, Any]:
    """Members of a problem document; ``extensions`` are added as they are."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, **extensions}


def problem_answer(status: int, detail: str, members: Mapping[str, Any]) -> Response:
    """A problem document with members of its own, as the answer of a REST view."""
    body = problem(status, HTTPStatus(status).phrase, detail, **members)
    return Response(body, status=status, content_type=CONTENT_TYPE)
