"""Whether a basket may be ordered, but for the kitchen's time."""

from math import asin, cos, radians, sin, sqrt

from quickserve.contracts.ordering_problems import (
    ItemSoldOut,
    LineNotAllowed,
    OrderCodeNotValid,
    OutOfReach,
    StandClosed,
    StandPaused,
)
from quickserve.kernel.errors import Problem
from quickserve.kernel.service import Context
from quickserve.ordering import hours, pricing
from quickserve.ordering.model import Basket, Entitlement, Priced, Stand, Voucher
from quickserve.ordering.store import benefits

_EARTH_M = 6_371_000


async def price_basket(ctx: Context, basket: Basket, stand: Stand) -> Priced:
    """At the stand's prices, with what its ticket includes and its codes take off."""
    entitlements: list[Entitlement] = []
    vouchers: list[Voucher] = []
    codes = sorted({code.upper() for code in basket.draft.codes})
    if basket.ticket is not None or codes:
        async with ctx.db.read() as tx:
            if basket.ticket is not None:
                entitlements = await benefits.entitlements_of_ticket(
                    tx, stand.organiser_id, basket.ticket
                )
            if codes:
                vouchers = await benefits.vouchers(
                    tx, stand.organiser_id, codes, stand.draft.currency
                )
    at = basket.draft.slot or stand.now
    priced = pricing.price(basket, stand, entitlements=entitlements, vouchers=vouchers, at=at)
    for code in sorted(set(codes) - {one.code for one in vouchers}):
        priced.problems.append((OrderCodeNotValid.code, f"{code} is not valid here."))
    return priced


def check(basket: Basket, stand: Stand, priced: Priced) -> None:
    """Raises what `_PLACING` of the routes lists, but for money and the kitchen."""
    if problem := stand_problem(basket, stand):
        raise problem
    out = [line for line in priced.lines if any("sold-out" in p.code for p in line.problems)]
    if out:
        names = ", ".join(line.name for line in out)
        raise ItemSoldOut(f"Sold out: {names}.", lines=[str(line.id) for line in out])
    wrong = [
        {"line": str(line.id), "code": p.code, "detail": p.detail}
        for line in priced.lines
        for p in line.problems
    ]
    wrong += [{"line": "", "code": code, "detail": detail} for code, detail in priced.problems]
    if wrong:
        kind = OrderCodeNotValid if wrong[0]["code"] == OrderCodeNotValid.code else LineNotAllowed
        raise kind(wrong[0]["detail"], lines=wrong)
    if problem := reach_problem(basket, stand):
        raise problem


def stand_problem(basket: Basket, stand: Stand) -> Problem | None:
    """Whether it takes orders for then."""
    at = max(basket.draft.slot or stand.now, stand.now)
    if not hours.open_at(stand.draft, stand.dates, at):
        opens = hours.next_opening(stand.draft, stand.dates, at)
        return StandClosed(opens_at=opens.isoformat() if opens else None)
    if stand.gate.paused_until is not None and stand.gate.paused_until > stand.now:
        return StandPaused(until=stand.gate.paused_until.isoformat())
    return None


def reach_problem(basket: Basket, stand: Stand) -> Problem | None:
    address, area = basket.draft.destination.address, stand.draft.delivery
    if basket.draft.destination.fulfilment != "delivery" or address is None or area is None:
        return None
    if stand.draft.latitude is None or stand.draft.longitude is None:
        return None
    here = (stand.draft.latitude, stand.draft.longitude)
    metres = round(_metres(here, (address.latitude, address.longitude)))
    return OutOfReach(distance_m=metres, radius_m=area.radius_m) if metres > area.radius_m else None


def _metres(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Along a great circle."""
    lat1, lon1, lat2, lon2 = map(radians, (*here, *there))
    a = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * asin(sqrt(a))
