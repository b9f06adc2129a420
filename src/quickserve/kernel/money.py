"""Money in minor units of an ISO 4217 currency. No floats, ever."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

# ISO 4217 list one: active currencies, funds and metals left out. Two decimals unless named below.
_ACTIVE = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
    KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)
_SCALES = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
MAX_MINOR = 10**12  # a bound that no ticket, order or payout reaches; keeps sums inside bigint


class UnknownCurrencyError(ValueError):
    """The code is no active ISO 4217 currency."""


class AmountError(ValueError):
    """The text is no amount of that currency."""


def known_currency(code: str) -> bool:
    return code in _ACTIVE


def scale(currency: str) -> int:
    """Decimal places of the currency's minor unit, from ISO 4217."""
    if currency not in _ACTIVE:
        raise UnknownCurrencyError(currency)
    return _SCALES.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: `minor` counts the currency's smallest unit (cents for EUR)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        scale(self.currency)
        if abs(self.minor) > MAX_MINOR:
            raise AmountError("amount out of range")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """From what a person types: "18", "18.50", "18,50", "1 234,50". Raises AmountError."""
        cleaned = "".join(text.split()).replace(",", ".")
        try:
            amount = Decimal(cleaned)
        except InvalidOperation:
            raise AmountError(f"{text!r} is not an amount") from None
        minor = amount.scaleb(scale(currency)) if amount.is_finite() else None
        if minor is None or minor != minor.to_integral_value() or abs(minor) > MAX_MINOR:
            raise AmountError(f"{text!r} is not an amount of {currency}")
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
