"""What is given back for lines of an order: exactly what they cost. No I/O.

Each line has its own share of the tip, by what all lines cost when they were ordered: in whichever
order lines are called off, together they give back what was paid, to the cent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from quickserve.contracts.ordering import BasketLineId, PricedLine, TaxLine
from quickserve.kernel.money import Money
from quickserve.ordering import pricing
from quickserve.ordering.model import Included, Order, Piece, live_lines


@dataclass(frozen=True, slots=True)
class Back:
    amount: Money
    whole: bool
    parts: Mapping[BasketLineId, int]
    taxes: list[TaxLine]


def worth(order: Order, line_ids: Collection[BasketLineId]) -> Back:
    """Of lines that are not cancelled. With the last ones goes all that is left, the fee too."""
    currency = order.totals.total.currency
    tips = pricing.shares(order.totals.tip.minor, [line.total.minor for line in order.lines])
    parts = {
        line.id: line.total.minor + tip
        for line, tip in zip(order.lines, tips, strict=True)
        if line.id in line_ids and not line.cancelled
    }
    rest = [line for line in live_lines(order.lines) if line.id not in parts]
    amount = sum(parts.values())
    if not rest:
        left = order.totals.total.minor - order.refunded_minor
        last = next(reversed(parts))
        parts[last] += left - amount
        amount = left
    return Back(Money(amount, currency), not rest, parts, _taxes(order, rest))


def cancelled(lines: Sequence[PricedLine], line_ids: Collection[BasketLineId]) -> list[PricedLine]:
    return [
        line.model_copy(update={"cancelled": True}) if line.id in line_ids else line
        for line in lines
    ]


def saved(
    work: Sequence[Piece], lines: Sequence[PricedLine], line_ids: Collection[BasketLineId]
) -> list[Piece]:
    """Of the work of an order what is not made any more: the latest first."""
    left = pricing.work_of(line for line in live_lines(lines) if line.id in line_ids)
    pieces: list[Piece] = []
    for piece in sorted(work, key=lambda piece: piece.starts_at, reverse=True):
        seconds = min(piece.seconds, left.get(piece.station, 0))
        if seconds:
            left[piece.station] -= seconds
            pieces.append(Piece(piece.station, piece.starts_at, seconds))
    return pieces


def unused(
    taken: Sequence[tuple[Included, Collection[object]]], lines: Sequence[PricedLine],
    line_ids: Collection[BasketLineId],
) -> list[Included]:  # fmt: skip
    """Of what the ticket gave for it: with each the items that it may be."""
    counts = {one.entitlement_id: Included(one.entitlement_id, 0, one.most) for one, _ in taken}
    left = {one.entitlement_id: one.quantity for one, _ in taken}
    for line in live_lines(lines):
        open_count = line.included if line.id in line_ids else 0
        for one, items in taken:
            if line.item_id in items and open_count:
                count = min(open_count, left[one.entitlement_id])
                left[one.entitlement_id] -= count
                open_count -= count
                so_far = counts[one.entitlement_id].quantity + count
                counts[one.entitlement_id] = Included(one.entitlement_id, so_far, one.most)
    return [one for one in counts.values() if one.quantity]


def _taxes(order: Order, rest: Sequence[PricedLine]) -> list[TaxLine]:
    """What was contained, less what stays contained in the rest: added up it is what was paid."""
    before = _contained(order, live_lines(order.lines))
    after = _contained(order, rest)
    currency = order.totals.total.currency
    found: list[TaxLine] = []
    for rate, (gross, tax) in sorted(before.items()):
        gross_left, tax_left = after.get(rate, (0, 0))
        if gross != gross_left:
            found.append(
                TaxLine(
                    rate_bp=rate, gross=Money(gross - gross_left, currency),
                    tax=Money(tax - tax_left, currency),
                )
            )  # fmt: skip
    return found


def _contained(order: Order, lines: Sequence[PricedLine]) -> dict[int, tuple[int, int]]:
    """Gross and tax by rate. The fee bears the rate that it had, as long as anything is left."""
    gross = dict[int, int]()
    for line in lines:
        gross[line.tax_rate_bp] = gross.get(line.tax_rate_bp, 0) + line.total.minor
    fee = order.totals.fee.minor
    if fee and lines:
        dearest = max(order.lines, key=lambda line: line.total.minor)
        gross[dearest.tax_rate_bp] = gross.get(dearest.tax_rate_bp, 0) + fee
    return {
        rate: (sum_, pricing.tax_in(sum_, rate)) for rate, sum_ in gross.items() if rate and sum_
    }
