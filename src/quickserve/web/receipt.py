"""A purchase as a receipt shows it: lines, what is taken off, the tax that the prices contain."""

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
class Off:
    """A discount or a voucher, and what it takes off in all."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """`lines` less what is `off` is the total; `places` are tickets, of which a bundle has more."""

    lines: list[Line]
    off: list[Off]
    taxes: list[Tax]
    total: Money
    places: int


def receipt(items: Sequence[HeldItem], total: Money) -> Receipt:
    """The tax of a rate is taken out of what is paid at it, and rounded once, half up."""
    listed: dict[tuple[str, str, int], Money] = {}
    quantities: dict[tuple[str, str, int], int] = {}
    off: dict[tuple[str, str], Money] = {}
    by_rate: dict[int, int] = {}
    for item in items:
        price = item.list_price or item.unit_price
        # The lines of a type, or of a bundle, differ by what is taken off only.
        line = (
            (str(item.bundle.ticket_type_id), item.bundle.name, 0)
            if item.bundle
            else (str(item.ticket_type_id), item.name, price.minor)
        )
        listed[line] = listed.get(line, Money.zero(total.currency)) + price * item.quantity
        quantities[line] = (
            item.bundle.quantity if item.bundle else quantities.get(line, 0) + item.quantity
        )
        for one in item.reductions:
            which = (str(one.id), one.name)
            saved = one.amount * item.quantity
            off[which] = off.get(which, Money.zero(total.currency)) + saved
        paid = item.unit_price.minor * item.quantity
        by_rate[item.tax_rate_bp] = by_rate.get(item.tax_rate_bp, 0) + paid
    taxes = [
        Tax(rate, Money(_contained(gross, rate), total.currency))
        for rate, gross in sorted(by_rate.items())
        if rate and gross
    ]
    lines = [Line(key[1], quantities[key], amount) for key, amount in listed.items()]
    taken_off = [Off(name, amount) for (_, name), amount in off.items()]
    return Receipt(lines, taken_off, taxes, total, sum(item.quantity for item in items))


def _contained(gross: int, rate_bp: int) -> int:
    """Minor units of tax within `gross`, half up."""
    whole = _WHOLE_BP + rate_bp
    return (2 * gross * rate_bp + whole) // (2 * whole)
