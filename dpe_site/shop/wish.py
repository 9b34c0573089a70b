"""What the address of a department's page asks for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

SORTS = (
    ("for_you", _("For you")),
    ("newest", _("Newest")),
    ("price", _("Lowest price")),
    ("price_down", _("Highest price")),
    ("rating", _("Best rated")),
)


class IdsField(forms.MultipleChoiceField):
    """Ids of ticked boxes; what is no id is ignored, as an old link may carry one."""

    def clean(self, value: Any) -> frozenset[int]:
        """The ids."""
        return frozenset(int(text) for text in value or () if text.isascii() and text.isdigit() and len(text) < 19)


class FilterForm(forms.Form):
    """What the address of a department's page asks for."""

    category = IdsField(required=False)
    brand = IdsField(required=False)
    tag = IdsField(required=False)
    price_from = forms.DecimalField(min_value=0, max_digits=12, required=False)
    price_to = forms.DecimalField(min_value=0, max_digits=12, required=False)
    deals = forms.BooleanField(required=False)
    in_stock = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=SORTS, required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


@dataclass(frozen=True)
class Wish:
    """A readable filter; unreadable parts are as if not given."""

    categories: frozenset[int]
    brands: frozenset[int]
    tags: frozenset[int]
    price_from: Decimal | None
    price_to: Decimal | None
    deals: bool
    in_stock: bool
    sort: str
    page: int

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered."""
        prices = self.price_from is not None or self.price_to is not None
        return bool(self.categories or self.brands or self.tags or self.deals or self.in_stock or prices)


def wish_read(query: QueryDict) -> Wish:
    """The filter of an address."""
    form = FilterForm(query)
    form.is_valid()
    said = form.cleaned_data
    return Wish(
        categories=said.get("category", frozenset()),
        brands=said.get("brand", frozenset()),
        tags=said.get("tag", frozenset()),
        price_from=said.get("price_from"),
        price_to=said.get("price_to"),
        deals=said.get("deals", False),
        in_stock=said.get("in_stock", False),
        sort=said.get("sort") or "for_you",
        page=said.get("page") or 1,
    )
