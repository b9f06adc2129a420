"""What ended a month ago is no longer of interest to operators."""

from quickserve.checkout.sagas import queue
from quickserve.kernel.service import Context


async def clean_sagas(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await queue.clean(tx)
