"""What a request for places comes to: the rules of sale applied, and places that look free."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from quickserve.booking import selling
from quickserve.booking.commands.return_expired_holds import return_expired_holds
from quickserve.booking.model import Basket, Offer
from quickserve.booking.pricing import Voucher
from quickserve.booking.resources import resources
from quickserve.booking.store import rules
from quickserve.contracts.booking import SoldOut
from quickserve.contracts.booking_rules import CodeNotValid
from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.service import Context

# Between looking and taking, others may take; each lost race means that somebody else won it.
TRIES = 5
_KEPT_MAX = 1000  # baskets of one look


@dataclass(frozen=True, slots=True)
class Repeat:
    """The hold or booking is there already; `body_hash` is empty for a tombstone."""

    body_hash: bytes


async def choose_places(
    ctx: Context, date_id: DateId, quantities: Mapping[TicketTypeId, int],
    known: Callable[[], Awaitable[bytes | None]], *, fresh: bool, codes: Sequence[str] = (),
) -> tuple[Offer, Basket] | Repeat:  # fmt: skip
    """Out of a look that others share; only a new one refuses, after asking whether it is `known`.

    Without locks: a rush on what is gone never queues for the quota's row. Where the quotas look
    full, holds past their time are given back first. Whether there is room is decided when the
    places are taken. Errors: those of `selling.choose`, SoldOut.
    """
    shelf = resources(ctx).shelf
    if not fresh:
        try:
            return await _weigh(ctx, await shelf.offer(date_id), quantities, codes)
        except Problem:
            pass  # perhaps no longer so
    try:
        return await _weigh(ctx, await shelf.fresh_offer(date_id), quantities, codes)
    except Problem as refusal:
        if (body_hash := await known()) is not None:
            return Repeat(body_hash)
        scarce = isinstance(refusal, SoldOut | CodeNotValid)
        if not scarce or not await return_expired_holds(ctx, date_id):
            raise
    return await _weigh(ctx, await shelf.fresh_offer(date_id), quantities, codes)


async def _weigh(
    ctx: Context, offer: Offer | None, quantities: Mapping[TicketTypeId, int],
    codes: Sequence[str],
) -> tuple[Offer, Basket]:  # fmt: skip
    if offer is None:
        raise NotFound("There is no such date.")
    if not codes:
        return _choose(offer, quantities)
    vouchers = await look_up(ctx, offer, codes)
    basket = selling.choose(offer, quantities, vouchers)
    if short := selling.shortage(offer, quantities, vouchers, basket.draws):
        raise SoldOut(ticket_type_id=str(short.ticket_type_id), available=short.available)
    return offer, basket


async def look_up(ctx: Context, offer: Offer, codes: Sequence[str]) -> list[Voucher]:
    """Raises CodeNotValid for one that the organiser never gave out."""
    keys = {selling.code_key(offer.date.organiser_id, code): code for code in codes}
    async with ctx.db.read() as tx:
        found = await rules.find_vouchers(tx, offer.date.organiser_id, list(keys))
    known = {selling.code_key(offer.date.organiser_id, voucher.code) for voucher in found}
    for key, code in keys.items():
        if key not in known:
            raise CodeNotValid(code=code, reason="unknown", left=0)
    return found


def _choose(offer: Offer, quantities: Mapping[TicketTypeId, int]) -> tuple[Offer, Basket]:
    """Who wants the same of one look gets the same basket."""
    wish = tuple(quantities.items())
    if (known := offer.chosen.get(wish)) is not None:
        return offer, known
    basket = selling.choose(offer, quantities)
    if short := selling.shortage(offer, quantities):
        raise SoldOut(ticket_type_id=str(short.ticket_type_id), available=short.available)
    if len(offer.chosen) < _KEPT_MAX:
        offer.chosen[wish] = basket
    return offer, basket
