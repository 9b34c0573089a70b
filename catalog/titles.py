"""What items are called in a language."""

from collections.abc import Iterable

from django.utils.translation import get_language

from catalog.models import ItemText


def titles_read(item_ids: Iterable[int], language: str | None = None) -> dict[int, str]:
    """Titles by item, as cards choose them: in the language, else in English, else in the first one by code.

    Args:
        item_ids: those without any text are left out.
        language: of the reader; that of the page where it is not given.
    """
    wanted = language or get_language() or "en"
    texts = ItemText.objects.filter(item__in=set(item_ids)).order_by("-language")
    rows = texts.values_list("item", "language", "title")
    best_last = sorted(rows, key=lambda row: (row[1] == wanted, row[1] == "en"))
    return {item: title for item, _language, title in best_last}
