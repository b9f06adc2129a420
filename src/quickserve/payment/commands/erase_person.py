"""Forgets one person: accounts stay, without means of payment and the way to the tickets."""

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.kernel.service import Context
from quickserve.payment import store


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Of payments for these bookings, orders and tabs. Amounts, the ledger and refunds need
    neither; a payment whose provider still has to be asked needs both.
    """
    references = [*cmd.booking_ids, *cmd.order_ids, *cmd.tab_ids]
    async with ctx.db.transaction() as tx:
        payments = await store.erase_methods(tx, references)
        under_way = await store.count_open(tx, references)
    return Erased(counts={"payments": payments}, under_way=under_way)
