"""What a request for places comes to: the rules of sale applied, and places that look free."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from quickserve.booking import model
from quickserve.booking.commands.return_expired_holds import return_expired_holds
from quickserve.booking.model import Basket, Offer
from quickserve.booking.resources import resources
from quickserve.contracts.booking import SoldOut
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
    known: Callable[[], Awaitable[bytes | None]], *, fresh: bool,
) -> tuple[Offer, Basket] | Repeat:  # fmt: skip
    """Out of a look that others share; only a new one refuses, after asking whether it is `known`.

    Without locks: a rush on what is gone never queues for the quota's row. Where the quotas look
    full, holds past their time are given back first. Whether there is room is decided when the
    places are taken. Errors: those of `model.choose`, SoldOut.
    """
    shelf = resources(ctx).shelf
    if not fresh:
        try:
            return _choose(await shelf.offer(date_id), quantities)
        except Problem:
            pass  # perhaps no longer so
    try:
        return _choose(await shelf.fresh_offer(date_id), quantities)
    except Problem as refusal:
        if (body_hash := await known()) is not None:
            return Repeat(body_hash)
        if not isinstance(refusal, SoldOut) or not await return_expired_holds(ctx, date_id):
            raise
    return _choose(await shelf.fresh_offer(date_id), quantities)


def _choose(offer: Offer | None, quantities: Mapping[TicketTypeId, int]) -> tuple[Offer, Basket]:
    """Who wants the same of one look gets the same basket."""
    if offer is None:
        raise NotFound("There is no such date.")
    wish = tuple(quantities.items())
    if (known := offer.chosen.get(wish)) is not None:
        return offer, known
    basket = model.choose(offer, quantities)
    if short := model.shortage(offer, quantities):
        raise SoldOut(ticket_type_id=str(short.ticket_type_id), available=short.available)
    if len(offer.chosen) < _KEPT_MAX:
        offer.chosen[wish] = basket
    return offer, basket
