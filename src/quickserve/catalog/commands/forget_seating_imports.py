"""What was read and never saved is dropped after a day."""

from quickserve.catalog.store import seating_imports as store
from quickserve.kernel.service import Context


async def forget_seating_imports(ctx: Context) -> None:
    async with ctx.db.transaction() as tx:
        await store.forget_imports(tx)
