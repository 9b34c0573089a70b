"""Ask a tiny shop for pages, and find one's way about them."""

from recommender.data.types import Section
from recommender.homepage import homepage_page
from recommender.page import Card, Page
from tests.fixtures.tiny_shop import NOW, TinyShop
from users.models import Shopper


def page_for(tiny: TinyShop, shopper: Shopper | None = None, **asked: object) -> Page:
    """What the shopper, or a stranger, is shown at ``NOW`` in the session ``s``, unless asked otherwise."""
    return homepage_page(**{"shop": tiny.shop, "shopper": shopper, "session": "s", "now": NOW, **asked})  # type: ignore[arg-type]


def codes(page: Page) -> list[str]:
    """Of the sections, in their order."""
    return [section.code for section in page.sections]


def cards_in(page: Page, section: Section) -> tuple[Card, ...]:
    """Cards of the first section of a kind."""
    return page.sections[codes(page).index(section)].cards
