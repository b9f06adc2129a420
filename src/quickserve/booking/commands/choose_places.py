"""What a request for places comes to: the rules of sale applied, and places that look free."""

from collections.abc import Sequence
from dataclasses import dataclass

from quickserve.booking import model
from quickserve.booking.commands.return_expired_holds import return_expired_holds
from quickserve.booking.model import Basket, Offer
from quickserve.booking.store import offers
from quickserve.contracts.booking import BookingId, HoldId, Item, SoldOut
from quickserve.contracts.catalog import DateId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

# Between looking and taking, others may take; each lost race means that somebody else won it.
TRIES = 5


@dataclass(frozen=True, slots=True)
class Repeat:
    """The hold or booking is there already; `body_hash` is empty for a tombstone."""

    body_hash: bytes


async def choose_places(
    ctx: Context, date_id: DateId, items: Sequence[Item],
    *, hold_id: HoldId | None = None, booking_id: BookingId | None = None,
) -> tuple[Offer, Basket] | Repeat:  # fmt: skip
    """Reads only, unless the quotas look full: then holds past their time are given back first.

    Without locks: a rush on what is gone never queues for the quota's row. The quotas' constraint
    has the last word when the places are taken. Errors: those of `model.choose`, SoldOut.
    """
    quantities = model.wanted(items)
    for reclaimed in (False, True):
        async with ctx.db.read() as tx:
            found = await offers.find_offer(
                tx, date_id, list(quantities), hold_id=hold_id, booking_id=booking_id
            )
        if found is None:
            raise NotFound("There is no such date.")
        offer, known = found
        if known is not None:
            return Repeat(known)
        basket = model.choose(offer, quantities)
        short = model.shortage(offer, quantities)
        if short is None:
            return offer, basket
        if reclaimed or not await return_expired_holds(ctx, date_id):
            raise SoldOut(ticket_type_id=str(short.ticket_type_id), available=short.available)
    raise AssertionError("unreachable")
