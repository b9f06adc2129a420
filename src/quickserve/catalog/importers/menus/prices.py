"""Prices as people and programs write them: 12,00 €, $7.49, 1.234,50, 1195 cents."""

import re
from decimal import Decimal
from typing import Any

from quickserve.catalog.importers.menus.model import Price
from quickserve.catalog.importers.model import EntryError
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.money import Money, known_currency, scale

_FREE = frozenset(("free", "gratuit", "offert", "gratis", "kostenlos"))
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "zł": "PLN", "₩": "KRW", "₺": "TRY"}
_DOLLARS = frozenset(("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"))
# What Square's sample catalogue has in place of a currency, and what others leave in.
_NO_CURRENCY = frozenset(("", "CURRENCY", "XXX", "NONE", "NULL"))
_SPLIT_CENTS = re.compile(r"(\d+)\s*€\s*(\d{2})$")  # 12€50
_TEXT_MAX = 60


def money(price: Price, currency: str) -> Money:
    """In `currency`, that of the stand. Raises EntryError: code, and what would be right."""
    value, written = _written(price.value, currency)
    named = _currency(price.currency) or written
    if named is not None and named != currency:
        raise EntryError("wrong-currency", f"The price is in {named[:20]}.")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise EntryError("price-unreadable", f"{str(price.value)[:40]!r} is no price.")
    if not Decimal(value).is_finite() or abs(value) > PAYMENT_MAX_MINOR:
        raise EntryError("price-too-large", "No payment is that large.")
    minor = Decimal(value) if price.minor else Decimal(value).scaleb(scale(currency))
    if minor != minor.to_integral_value():
        raise EntryError("price-too-fine", f"{currency} has no such fraction.")
    if abs(minor) > PAYMENT_MAX_MINOR:
        raise EntryError("price-too-large", "No payment is that large.")
    return Money(int(minor), currency)


def _currency(named: Any) -> str | None:
    if not isinstance(named, str) or named.strip().upper() in _NO_CURRENCY:
        return None
    code = named.strip().upper()
    code = _SIGNS.get(named.strip(), code)
    if not known_currency(code):
        raise EntryError("unknown-currency", f"{named.strip()[:20]!r} is no currency of ISO 4217.")
    return code


def _written(value: Any, currency: str) -> tuple[Any, str | None]:
    """The number in a text, and the currency that stands beside it."""
    if not isinstance(value, str):
        return value, None
    text = " ".join(value.replace("\u2212", "-").split())
    if not text:
        raise EntryError("missing-price", "It has no price.")
    if text.casefold() in _FREE:
        return 0, None
    if len(text) > _TEXT_MAX:
        raise EntryError("price-unreadable", f"{text[:40]!r} is no price.")
    if match := _SPLIT_CENTS.search(text):
        text = f"{text[: match.start()]}{match[1]},{match[2]} €"
    named: str | None = None
    for sign, code in _SIGNS.items():
        if sign in text:
            text, named = text.replace(sign, ""), code
    if "$" in text:
        text, named = text.replace("$", ""), currency if currency in _DOLLARS else "USD"
    if match := re.search(r"[A-Za-z]{2,5}\.?", text):
        text, named = text.replace(match[0], ""), _by_word(match[0], value)
    return _number("".join(text.split()).replace("'", "").replace("’", "")), named


def _by_word(said: str, value: str) -> str:
    word = said.rstrip(".").upper()
    word = {"EURO": "EUR", "EUROS": "EUR", "US": "USD", "FR": "CHF", "SFR": "CHF"}.get(word, word)
    if not known_currency(word):
        raise EntryError("price-unreadable", f"{value[:40]!r} is no price.")
    return word


def _number(text: str) -> Decimal | None:
    """Of the last mark with one or two digits behind it the fraction follows."""
    text = text.removesuffix(",-").removesuffix(".-")
    if not re.fullmatch(r"[+-]?[0-9][0-9.,]{0,20}|[+-]?[.,][0-9]{1,4}", text):
        return None
    mark = max(text.rfind(","), text.rfind("."))
    if mark < 0:
        return Decimal(text)
    whole, fraction = text[:mark], text[mark + 1 :]
    grouped = re.fullmatch(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})+", text)
    marks = text.count(",") + text.count(".")
    both = "," in text and "." in text
    if grouped and not both and (marks > 1 or not re.match(r"[+-]?0", text)):
        return Decimal(re.sub("[.,]", "", text))
    if marks > 1 and not re.fullmatch(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{3})*", whole):
        return None
    return Decimal(f"{re.sub('[.,]', '', whole) or '0'}.{fraction or '0'}".replace("-.", "-0."))
