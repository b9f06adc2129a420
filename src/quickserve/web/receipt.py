"""A purchase as a receipt shows it: lines, and the tax that the prices contain."""

from collections.abc import Sequence
from dataclasses import dataclass

from quickserve.contracts.booking import HeldItem
from quickserve.kernel.money import Money

_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Tax:
    rate_bp: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    lines: list[Line]
    taxes: list[Tax]
    total: Money

    @property
    def places(self) -> int:
        return sum(line.quantity for line in self.lines)


def receipt(items: Sequence[HeldItem], total: Money) -> Receipt:
    """The tax of a rate is taken out of the sum of its lines and rounded once, half up."""
    lines = [Line(item.name, item.quantity, item.unit_price * item.quantity) for item in items]
    by_rate: dict[int, int] = {}
    for item, line in zip(items, lines, strict=True):
        by_rate[item.tax_rate_bp] = by_rate.get(item.tax_rate_bp, 0) + line.amount.minor
    taxes = [
        Tax(rate, Money(_contained(gross, rate), total.currency))
        for rate, gross in sorted(by_rate.items())
        if rate and gross
    ]
    return Receipt(lines, taxes, total)


def _contained(gross: int, rate_bp: int) -> int:
    """Minor units of tax within `gross`, half up."""
    whole = _WHOLE_BP + rate_bp
    return (2 * gross * rate_bp + whole) // (2 * whole)
