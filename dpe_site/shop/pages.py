"""Decided pages as the templates lay them out."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from dpe_site.shop.visitor import visitor_of
from recommender.data.types import Section
from recommender.homepage import homepage_page
from recommender.page import Page, PageSection
from recommender.staff_api import trace_asked

GRIDS = frozenset({Section.NEW_FOR_YOU, Section.DEPARTMENT_TREND, Section.RESULTS})
BANDS = frozenset({Section.DEALS, Section.KEEP_BROWSING})
LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class Row:
    """A section and the form it takes on the page."""

    section: PageSection
    form: str  # row, grid or band


def page_of(request: HttpRequest, surface: str, **wanted: Any) -> Page:
    """The page of this visitor on a surface; ``wanted`` are further arguments of ``homepage_page``."""
    visitor = visitor_of(request)
    return homepage_page(
        shop=visitor.shop,
        shopper=visitor.shopper,
        surface=surface,
        session=visitor.visit,
        language=get_language() or "en",
        now=timezone.now(),
        trace=trace_asked(request),
        **wanted,
    )


def cursor_of(request: HttpRequest) -> str:
    """The cursor in the address; "" where it is longer than that of the last page there can be."""
    cursor = request.GET.get("cursor", "")
    return cursor if len(cursor) <= LONGEST_CURSOR else ""


def rows_of(page: Page) -> list[Row]:
    """Sections with their forms: rows and grids alternate, deals stand on a band of their own."""
    return [Row(section, _form(section.code, index)) for index, section in enumerate(page.sections)]


def _form(code: str, index: int) -> str:
    if index == 0:
        return "row"
    if code in BANDS:
        return "band"
    return "grid" if code in GRIDS else "row"
