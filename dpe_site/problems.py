"""Errors of the API as problem details (RFC 9457), each wrong field with a JSON pointer."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_exception_handler

from catalog.problems import CONTENT_TYPE, problem


def wants_problem(request: HttpRequest) -> bool:
    """Whether the caller is a program: the API, or anyone who does not accept HTML."""
    return request.path.startswith("/api/") or not request.accepts("text/html")


def problem_response(status: int, title: str, detail: str, **extensions: Any) -> HttpResponse:
    """A problem document as an answer outside REST framework."""
    return JsonResponse(problem(status, title, detail, **extensions), status=status, content_type=CONTENT_TYPE)


def field_errors(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Leaves of a REST framework error tree, each with the pointer to the field it is about."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from field_errors(inner, pointer + step)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from field_errors(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": f"#{pointer}", "detail": str(detail), "code": getattr(detail, "code", "invalid")}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler, answering with a problem document whose errors point into the request."""
    response = rest_exception_handler(error, context)
    if response is None:
        return None
    status, body = response.status_code, response.data
    if isinstance(body, dict) and set(body) == {"detail"}:
        detail = str(body["detail"])
        code = error.get_codes() if isinstance(error, APIException) else "not_found"
        errors = [{"pointer": "#", "detail": detail, "code": str(code)}]
    else:
        detail, errors = "Some fields were not accepted.", list(field_errors(body))
    response.data = problem(status, HTTPStatus(status).phrase, detail, errors=errors)
    response.content_type = CONTENT_TYPE
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 in the caller's form."""
    if wants_problem(request):
        return problem_response(400, "Bad Request", "The request could not be read.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 in the caller's form."""
    if wants_problem(request):
        return problem_response(403, "Forbidden", "You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 in the caller's form."""
    if wants_problem(request):
        return problem_response(404, "Not Found", f"Nothing lives at {request.path}.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 in the caller's form; touches no database."""
    if wants_problem(request):
        return problem_response(500, "Internal Server Error", "This is our fault and has been logged.")
    return defaults.server_error(request)
