"""An operator does not want to wait for a stuck saga's next attempt."""

from dataclasses import dataclass
from uuid import UUID

from quickserve.checkout.sagas import queue
from quickserve.kernel.errors import Conflict, Forbidden, NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True)
class RetrySaga:
    saga_id: UUID


async def retry_saga(ctx: Context, cmd: RetrySaga) -> None:
    """Raises Forbidden, NotFound, and Conflict when no attempt is waiting for its time."""
    if not ctx.principal.admin:
        raise Forbidden("Only administrators retry sagas.")
    async with ctx.db.transaction() as tx:
        if await queue.status(tx, cmd.saga_id) is None:
            raise NotFound
        if not await queue.retry(tx, cmd.saga_id):
            raise Conflict("It is not waiting for another attempt: it runs, waits or has ended.")
