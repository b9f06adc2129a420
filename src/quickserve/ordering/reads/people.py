"""What is kept of one person."""

from quickserve.contracts.erasure import ORDERS_MAX, PersonalData, Whose
from quickserve.kernel.service import Context
from quickserve.ordering.store import people


async def personal_data(ctx: Context, whose: Whose) -> PersonalData:
    """Ended orders by the address or with the tickets, and how many are under way."""
    async with ctx.db.read() as tx:
        order_ids = await people.orders_of(tx, whose.email, whose.ticket_ids, ORDERS_MAX)
        return PersonalData(
            order_ids=order_ids,
            tab_ids=await people.tabs_of(tx, order_ids),
            under_way=await people.count_open(tx, whose.email, whose.ticket_ids),
        )
