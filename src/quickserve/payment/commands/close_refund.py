"""Makes sure that a refund never happens any more, however late its request comes."""

from quickserve.kernel.errors import Conflict, NotFound
from quickserve.kernel.service import Context
from quickserve.payment import store
from quickserve.payment.commands.refund import GiveRefund
from quickserve.payment.model import Refund, check_amount


async def close_refund(ctx: Context, cmd: GiveRefund) -> None:
    """Repeating changes nothing. Raises NotFound, and Conflict when it is given or under way."""
    amount = cmd.refund.amount
    check_amount(amount)
    closed = Refund(
        cmd.refund_id, cmd.intent_id, amount.minor, amount.currency, cmd.refund.reason, "refused"
    )
    async with ctx.db.transaction() as tx:
        if await store.lock_intent(tx, cmd.intent_id) is None:
            raise NotFound
        if await store.insert_refund(tx, closed):
            return
        found = await store.find_refund(tx, cmd.refund_id)
    if found is None or found.state != "refused":
        raise Conflict("This refund is given, or on its way.")
