"""Figures as people type them, and the rules they are told."""

from decimal import Decimal, InvalidOperation
from typing import Final

from babel.numbers import get_decimal_symbol

from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.money import AmountError, Money
from quickserve.web.format import money, number
from quickserve.web.i18n import Locale

CAPACITY_MAX: Final = 1_000_000  # of one quota, by booking's contract
_WHOLE_BP: Final = 10_000


def amount(text: str, currency: str) -> Money | None:
    """None for what is no price; 0 is free."""
    try:
        found = Money.parse(text, currency)
    except AmountError:
        return None
    return found if 0 <= found.minor <= PAYMENT_MAX_MINOR else None


def amount_rule(currency: str, locale: Locale) -> str:
    most = money(Money(PAYMENT_MAX_MINOR, currency), locale=locale)
    return locale.gettext("Enter a price such as 18 or 18.50, at most %(most)s; 0 is free.") % {
        "most": most
    }


def typed(figure: Decimal, locale: Locale) -> str:
    """As one types it in this language: `12,50`."""
    return f"{figure:f}".replace(".", get_decimal_symbol(locale.babel))


def rate(text: str) -> int | None:
    """Percent as typed ("5,5", "20 %") in basis points; "" is none at all."""
    plain = text.replace(",", ".").removesuffix("%").strip() or "0"
    if not plain.isascii() or len(plain) > len("100.00"):
        return None
    try:
        points = Decimal(plain) * 100
    except InvalidOperation:
        return None
    fine = points.is_finite() and 0 <= points <= _WHOLE_BP and points == points.to_integral_value()
    return int(points) if fine else None


def count(text: str, least: int, most: int) -> int | None:
    """A whole number within the bounds, thousands perhaps set apart."""
    plain = "".join(text.split())
    fine = plain.isascii() and plain.isdigit() and len(plain) <= len(str(most))
    return int(plain) if fine and least <= int(plain) <= most else None


def count_rule(least: int, most: int, locale: Locale) -> str:
    bounds = {"least": number(least, locale=locale), "most": number(most, locale=locale)}
    return locale.gettext("Enter a whole number from %(least)s to %(most)s.") % bounds
