"""What ended a month ago is no longer of interest, neither to operators nor to repeats."""

from quickserve.checkout.sagas import queue
from quickserve.checkout.store import orders
from quickserve.kernel.service import Context

_BATCH = 1000


async def clean_sagas(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await queue.clean(tx)
    touched = _BATCH
    while touched >= _BATCH:
        async with ctx.db.transaction() as tx:
            touched = await orders.forget_contents(tx, _BATCH)
