"""What a basket costs, exact to the minor unit, and what is wrong with it. No I/O."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from quickserve.contracts.menus import Allergen, Fulfilment
from quickserve.contracts.ordering import (
    LineProblem,
    NewLine,
    PricedLine,
    PricedModifier,
    TaxLine,
    Totals,
)
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.money import Money
from quickserve.ordering.hours import served_at
from quickserve.ordering.model import (
    Basket,
    Choice,
    Entitlement,
    Included,
    Priced,
    Stand,
    Voucher,
    live_lines,
)


def price(
    basket: Basket,
    stand: Stand,
    *,
    entitlements: Sequence[Entitlement] = (),
    vouchers: Sequence[Voucher] = (),
    at: datetime,
) -> Priced:
    """Lines that cannot be ordered are priced as far as they are known, and say why.

    What a ticket includes is taken off the item's own price; its modifiers are paid. Vouchers come
    after it, percentages first, over the items alone.
    """
    lines = [
        _price_line(line, stand, basket.draft.destination.fulfilment, at) for line in basket.lines
    ]
    included = _include(lines, entitlements, stand.draft.currency)
    reduced = _reduce(lines, vouchers)
    fulfilment = basket.draft.destination.fulfilment
    totals = total(lines, stand, fulfilment, basket.draft.tip)
    problems = _whole_problems(basket, stand, lines, totals)
    given = {one.entitlement_id for one in included}
    names = [one.name for one in entitlements if one.id in given]
    return Priced(lines, totals, included, names, reduced, problems)


def total(
    lines: Sequence[PricedLine], stand: Stand, fulfilment: Fulfilment, tip: Money | None
) -> Totals:
    """Of lines that are not cancelled. The fee bears the rate of the dearest line; tips none."""
    currency = stand.draft.currency
    live = live_lines(lines)
    items = sum(line.total.minor for line in live)
    reduced = sum(line.reduced.minor for line in live)
    area = stand.draft.delivery
    fee = area.fee.minor if fulfilment == "delivery" and area and live else 0
    tipped = tip.minor if tip and live else 0
    gross = Counter[int]()
    for line in live:
        gross[line.tax_rate_bp] += line.total.minor
    if fee:
        dearest = max(live, key=lambda line: line.total.minor)
        gross[dearest.tax_rate_bp] += fee
    return Totals(
        items=Money(items + reduced, currency),
        reduced=Money(reduced, currency),
        fee=Money(fee, currency),
        tip=Money(tipped, currency),
        total=Money(items + fee + tipped, currency),
        taxes=[
            TaxLine(
                rate_bp=rate, gross=Money(sum_, currency), tax=Money(tax_in(sum_, rate), currency)
            )
            for rate, sum_ in sorted(gross.items())
            if rate and sum_
        ],
    )


def work_of(lines: Iterable[PricedLine]) -> dict[str, int]:
    """Make-seconds by station."""
    work = Counter[str]()
    for line in lines:
        if line.station and line.ready_seconds and not line.cancelled:
            work[line.station] += line.quantity * line.ready_seconds
    return dict(work)


def longest_of(lines: Iterable[PricedLine]) -> int:
    return max((line.ready_seconds for line in lines if line.station), default=0)


def tax_in(gross: int, rate_bp: int) -> int:
    """Contained in `gross`; half a unit is rounded up."""
    return (2 * gross * rate_bp + 10_000 + rate_bp) // (2 * (10_000 + rate_bp))


def _price_line(line: NewLine, stand: Stand, fulfilment: Fulfilment, at: datetime) -> PricedLine:
    assert stand.menu is not None, "who prices has a menu"
    currency = stand.draft.currency
    choice = stand.menu.items.get(line.item_id)
    if choice is None:
        return _unknown(line, currency)
    item = choice.item
    chosen = [
        (choice.by_modifier[one.modifier_id][1], one.quantity)
        for one in line.modifiers
        if one.modifier_id in choice.by_modifier
    ]
    unit = item.price.minor + sum(mod.price.minor * count for mod, count in chosen)
    unit = min(max(0, unit), PAYMENT_MAX_MINOR)  # more cannot be paid; sums must fit
    allergens: list[Allergen] = list(
        dict.fromkeys([*item.allergens, *(a for mod, _ in chosen for a in mod.allergens)])
    )
    return PricedLine(
        id=line.id, item_id=line.item_id, name=item.name, quantity=line.quantity,
        modifiers=[
            PricedModifier(modifier_id=mod.id, name=mod.name, quantity=count, price=mod.price)
            for mod, count in chosen
        ],
        note=line.note, guest=line.guest, unit_price=Money(unit, currency), included=0,
        reduced=Money(0, currency), total=Money(unit * line.quantity, currency),
        tax_rate_bp=item.tax_rates_bp.get(fulfilment, item.tax_rate_bp), allergens=allergens,
        age_min=item.age_min, station=item.station,
        ready_seconds=item.ready_seconds + sum(m.ready_seconds * count for m, count in chosen),
        problems=_line_problems(line, choice, stand, fulfilment, at),
    )  # fmt: skip


def _unknown(line: NewLine, currency: str) -> PricedLine:
    nothing = Money(0, currency)
    gone = LineProblem(code="item-unknown", detail="It is no longer on the menu.")
    return PricedLine(
        id=line.id, item_id=line.item_id, name="", quantity=line.quantity, modifiers=[],
        note=line.note, guest=line.guest, unit_price=nothing, included=0, reduced=nothing,
        total=nothing, tax_rate_bp=0, allergens=[], age_min=None, station=None, ready_seconds=0,
        problems=[gone],
    )  # fmt: skip


def _line_problems(
    line: NewLine, choice: Choice, stand: Stand, fulfilment: Fulfilment, at: datetime
) -> list[LineProblem]:
    item = choice.item
    found: list[LineProblem] = []
    if item.id in stand.out:
        found.append(LineProblem(code="item-sold-out", detail=f"{item.name} is sold out."))
    if not served_at(item.served, stand.draft.zone, at):
        hours = f"{item.served.opens:%H:%M}–{item.served.until:%H:%M}" if item.served else ""
        found.append(
            LineProblem(code="item-not-served", detail=f"{item.name} is served {hours} only.")
        )
    if item.fulfilments is not None and fulfilment not in item.fulfilments:
        found.append(
            LineProblem(code="item-not-brought", detail=f"{item.name} is not offered this way.")
        )
    return found + _modifier_problems(line, choice, stand.out)


def _modifier_problems(line: NewLine, choice: Choice, out: Collection[UUID]) -> list[LineProblem]:
    found: list[LineProblem] = []
    counts: dict[UUID, int] = {}
    for one in line.modifiers:
        if one.modifier_id not in choice.by_modifier:
            found.append(
                LineProblem(code="modifier-unknown", detail="A choice is no longer on the menu.")
            )
            continue
        group, modifier = choice.by_modifier[one.modifier_id]
        counts[group.id] = counts.get(group.id, 0) + one.quantity
        if modifier.id in out:
            found.append(
                LineProblem(code="modifier-sold-out", detail=f"{modifier.name} is sold out.")
            )
        if one.quantity > group.repeat_max:
            found.append(
                LineProblem(
                    code="modifier-too-often",
                    detail=f"{modifier.name}: at most {group.repeat_max} times.",
                )
            )
    for group in choice.groups:
        count = counts.get(group.id, 0)
        if count < group.min:
            detail = f"{group.name}: choose at least {group.min}."
            found.append(LineProblem(code="modifiers-too-few", detail=detail))
        if count > group.max:
            detail = f"{group.name}: choose at most {group.max}."
            found.append(LineProblem(code="modifiers-too-many", detail=detail))
    if len({one.modifier_id for one in line.modifiers}) != len(line.modifiers):
        found.append(
            LineProblem(code="modifier-twice", detail="Name each choice once, with its quantity.")
        )
    return found


def _include(
    lines: list[PricedLine], entitlements: Sequence[Entitlement], currency: str
) -> list[Included]:
    """Gives the dearest items first; what stays open stays with the ticket."""
    taken: list[Included] = []
    for one in entitlements:
        left = one.left
        for line in sorted(lines, key=lambda line: -_own_price(line)):
            count = min(left, line.quantity - line.included)
            if line.item_id not in one.item_ids or count <= 0 or line.problems:
                continue
            off = count * _own_price(line)
            line.included += count
            line.reduced = Money(line.reduced.minor + off, currency)
            line.total = Money(line.total.minor - off, currency)
            left -= count
        if left < one.left:
            taken.append(Included(one.id, one.left - left, one.most))
    return taken


def _own_price(line: PricedLine) -> int:
    """Of the item alone."""
    extras = sum(mod.price.minor * mod.quantity for mod in line.modifiers)
    return max(0, min(line.unit_price.minor, line.unit_price.minor - extras))


def _reduce(lines: list[PricedLine], vouchers: Sequence[Voucher]) -> list[str]:
    for voucher in sorted(vouchers, key=lambda v: (v.percent is None, v.code)):
        sums = [line.total.minor for line in lines]
        whole = sum(sums)
        off = whole * voucher.percent // 100 if voucher.percent else voucher.amount_minor or 0
        for line, part in zip(lines, shares(min(off, whole), sums), strict=True):
            currency = line.total.currency
            line.reduced = Money(line.reduced.minor + part, currency)
            line.total = Money(line.total.minor - part, currency)
    return [voucher.code for voucher in vouchers]


def shares(amount: int, parts: Sequence[int]) -> list[int]:
    """The amount over the parts as exactly as whole units allow: the largest remainders first."""
    whole = sum(parts)
    if not whole:
        return [0] * len(parts)
    shares = [amount * part // whole for part in parts]
    rest = sorted(range(len(parts)), key=lambda i: -(amount * parts[i] % whole))
    for i in rest[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def _whole_problems(
    basket: Basket, stand: Stand, lines: Sequence[PricedLine], totals: Totals
) -> list[tuple[str, str]]:
    draft, destination = stand.draft, basket.draft.destination
    found: list[tuple[str, str]] = []
    if not lines:
        found.append(("basket-empty", "Nothing is in the basket."))
    if destination.fulfilment not in draft.fulfilments:
        found.append(("fulfilment-not-offered", "This stand does not offer it this way."))
    if destination.fulfilment == "seat" and not destination.seat:
        found.append(("seat-missing", "Tell the seat it is brought to."))
    if destination.fulfilment == "table" and not destination.table:
        found.append(("table-missing", "Tell the table it is brought to."))
    if destination.fulfilment == "delivery" and destination.address is None:
        found.append(("address-missing", "Tell the address it is brought to."))
    area = draft.delivery
    if destination.fulfilment == "delivery" and area is not None and lines:
        short = area.order_min.minor - totals.items.minor
        if short > 0:
            found.append(("below-minimum", f"Deliveries begin at {area.order_min}."))
    if basket.draft.tip is not None and basket.draft.tip.currency != draft.currency:
        found.append(("wrong-currency", f"This stand counts in {draft.currency}."))
    return found


def oldest(lines: Iterable[PricedLine]) -> int | None:
    """The age that whoever receives it must have."""
    return max((line.age_min for line in lines if line.age_min), default=None)


def by_guest(lines: Iterable[PricedLine]) -> Mapping[str, int]:
    """Minor units each guest of a group pays for their lines."""
    shares = Counter[str]()
    for line in live_lines(list(lines)):
        shares[line.guest] += line.total.minor
    return shares
