"""Forgets one person at once: who ordered, and who worked at the stand."""

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context
from quickserve.ordering.store import people


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Of ended orders. What is made at this moment still has to reach somebody: `under_way`."""
    async with ctx.db.transaction() as tx:
        baskets = await people.delete_baskets(tx, cmd.order_ids, cmd.ticket_ids)
        orders = await people.erase_contacts(tx, cmd.order_ids)
        steps = await people.erase_staff(tx, cmd.person_id) if cmd.person_id else 0
        under_way = await people.count_open(tx, cmd.email, cmd.ticket_ids)
    return Erased(
        counts={"orders": orders, "baskets": baskets, "order_steps": steps}, under_way=under_way
    )
