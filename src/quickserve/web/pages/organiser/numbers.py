"""Figures as people type them."""

from decimal import Decimal, InvalidOperation
from typing import Final

from quickserve.kernel.money import AmountError, Money

CAPACITY_MAX: Final = 1_000_000  # of one quota, by booking's contract
_WHOLE_BP: Final = 10_000


def amount(text: str, currency: str) -> Money | None:
    """None for what is no price; 0 is free."""
    try:
        found = Money.parse(text, currency)
    except AmountError:
        return None
    return found if found.minor >= 0 else None


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
