"""JSON of an event batch, read so that one bad number spoils one event and not the batch."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_LONGEST_INTEGER = 20


class BodyTooLarge(APIException):
    """More bytes than one request may carry."""

    status_code = 413
    default_code = "too_large"

    def __init__(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
        super().__init__(f"A batch has at most {limit:,} KiB: split it and send it again. Nothing was taken.")


class EventJSONParser(BaseParser):
    """``application/json`` where NaN, Infinity and endless integers come through as numbers that are not finite.

    Such a number is then refused where it stands, with a pointer, like any other wrong field.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded body.

        Raises:
            BodyTooLarge: more bytes than ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
            ParseError: not JSON; the message says where it stops being JSON.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            return json.loads(body.decode("utf-8"), parse_int=_integer)
        except json.JSONDecodeError as error:
            raise ParseError(f"Line {error.lineno}, column {error.colno} is not JSON: {error.msg}.") from error
        except UnicodeDecodeError as error:
            raise ParseError(f"Byte {error.start} is not UTF-8.") from error
        except RecursionError as error:
            raise ParseError("This is nested too deeply.") from error


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else math.inf
