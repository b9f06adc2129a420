"""Money in minor units of an ISO 4217 currency. No floats, ever."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Strict

# ISO 4217 list one: active currencies, funds and metals left out. Two decimals unless named below.
_ACTIVE = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW
    ZWG
    """.split()  # noqa: SIM905 - a table reads better as words
)
_WITHOUT_DECIMALS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
    "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_SCALES = {**dict.fromkeys(_WITHOUT_DECIMALS, 0), **dict.fromkeys(_THREE_DECIMALS, 3)}
# Digits, in groups of three or not, and a decimal mark: no exponents, no other digits than 0 to 9.
_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\s[0-9]{3})+|[0-9]{1,16})(?:[.,][0-9]{1,4})?")
# Far above PAYMENT_MAX_MINOR, so that sums fit, and below 2**53, which JSON readers keep exactly.
MAX_MINOR = 10**15


class UnknownCurrencyError(ValueError):
    """The code is no active ISO 4217 currency."""


class AmountError(ValueError):
    """The text is no amount of that currency."""


def known_currency(code: str) -> bool:
    return code in _ACTIVE


def scale(currency: str) -> int:
    """Decimal places of the currency's minor unit, from ISO 4217."""
    if currency not in _ACTIVE:
        raise UnknownCurrencyError("not an active ISO 4217 currency code, such as EUR")
    return _SCALES.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: `minor` counts the currency's smallest unit (cents for EUR)."""

    minor: Annotated[int, Strict()]  # 12.0 in JSON is refused, too
    currency: str

    def __post_init__(self) -> None:
        assert type(self.minor) is int, "money counts whole minor units"
        scale(self.currency)
        if abs(self.minor) > MAX_MINOR:
            raise AmountError("amount out of range")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """From what a person types: "18", "18.50", "18,50", "1 234,50". Raises AmountError."""
        places = scale(currency)
        typed = text.strip()
        if not _AMOUNT.fullmatch(typed):
            raise AmountError(f"{text[:40]!r} is not an amount: write it like 18 or 18.50")
        minor = Decimal("".join(typed.split()).replace(",", ".")).scaleb(places)
        if minor != minor.to_integral_value() or abs(minor) > MAX_MINOR:
            raise AmountError(f"{text[:40]!r} is not an amount of {currency}")
        return cls(int(minor), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in the currency's major unit, exact."""
        return Decimal(self.minor).scaleb(-scale(self.currency))

    def __add__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "adding two currencies"
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        assert self.currency == other.currency, "subtracting two currencies"
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
