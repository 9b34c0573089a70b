"""Money as people read it."""

from decimal import Decimal

from django.utils.formats import number_format

SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}
WITHOUT_MINOR = frozenset({"JPY", "KRW", "VND", "CLP", "ISK"})
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def decimals_of(currency: str) -> int:
    """How many decimals amounts of an ISO 4217 currency have."""
    if currency in WITHOUT_MINOR:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def money_text(minor: int, currency: str) -> str:
    """``129900, "GBP"`` → ``£1,299.00`` in the active language's digits and separators."""
    decimals = decimals_of(currency)
    amount = number_format(
        abs(Decimal(minor)).scaleb(-decimals), decimal_pos=decimals, use_l10n=True, force_grouping=True
    )
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{'−' if minor < 0 else ''}{sign}{amount}"
