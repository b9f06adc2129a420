"""A sale may have needed the place of a returned ticket: then its seller gets the money."""

from quickserve.booking.store import changes
from quickserve.contracts.booking import BookingConfirmed
from quickserve.contracts.booking_changes import ResaleSold
from quickserve.kernel import outbox
from quickserve.kernel.db import Transaction


async def match_resales(tx: Transaction, event: BookingConfirmed) -> None:
    """Of one date, oldest first: as many as could not be taken back any more.

    While every returned ticket could still be made valid again, nobody's place was needed: the
    house's own places are sold first, and what is held may come back. Of a ticket with a seat it is
    the seat that counts.
    """
    resales = await changes.lock_open_resales(tx, event.date_id)
    if not resales:
        return
    by_seat = await changes.resales_by_seat(tx, event.date_id)
    short = {left.id: -left.unsold for left in await changes.unsold_of_date(tx, event.date_id)}
    for resale in resales:
        for quota_id, places in zip(resale.quota_ids, resale.quota_places, strict=True):
            short[quota_id] = short.get(quota_id, 0) + places
    for resale in resales:
        needed = any(short[quota_id] > 0 for quota_id in resale.quota_ids)
        if not by_seat.get(resale.id, needed):
            continue
        for quota_id, places in zip(resale.quota_ids, resale.quota_places, strict=True):
            short[quota_id] -= places
        await changes.set_amendment_state(tx, resale.id, "sold")
        await outbox.append(tx, ResaleSold(resale.id, resale.booking_id))
