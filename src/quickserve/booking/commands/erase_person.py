"""Forgets one person at once, before the time that the columns' comments name."""

from quickserve.booking.store import desk, retention, waiting_list
from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Buyer and holders of these bookings, and the person at the door.

    What was sold stays, and tickets open the door as before. A pending booking keeps its buyer.
    """
    async with ctx.db.transaction() as tx:
        bookings, tickets = await retention.erase_buyer(tx, cmd.booking_ids, cmd.email)
        tickets += await retention.erase_holder(tx, cmd.email)
        scans = await retention.erase_scanner(tx, cmd.person_id) if cmd.person_id else 0
        if cmd.person_id:
            scans += await desk.erase_seller(tx, cmd.person_id)
        waiting = await waiting_list.erase_person(tx, cmd.email)
        await waiting_list.look_again(tx, waiting)
        under_way = await retention.count_pending(tx, cmd.email)
    return Erased(
        counts={
            "bookings": bookings,
            "tickets": tickets,
            "scans": scans,
            "waiting_list": len(waiting),
        },
        under_way=under_way,
    )
