"""An amount of money as people type it; the form has it in minor units."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from catalog.money import decimals_of


class MoneyField(forms.DecimalField):
    """A price in a currency's own decimals: ``12.50`` cleans to 1250 of GBP, ``1250`` to 1250 of JPY."""

    def __init__(self, currency: str, **options: Any) -> None:
        """A field that takes nothing below zero."""
        self.decimals = decimals_of(currency)
        step = str(Decimal(1).scaleb(-self.decimals))
        widget = UnfoldAdminDecimalFieldWidget(attrs={"step": step})
        super().__init__(min_value=0, max_digits=12, decimal_places=self.decimals, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        """What was kept, in whole units; what was typed, as it was typed."""
        return Decimal(value).scaleb(-self.decimals) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Minor units, None where nothing was typed."""
        amount = super().clean(value)
        return None if amount is None else int(amount.scaleb(self.decimals))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another amount was typed."""
        return super().has_changed(self.prepare_value(initial), data)
