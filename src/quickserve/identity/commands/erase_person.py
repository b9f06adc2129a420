"""Forgets one person who worked here: account, roles and sessions."""

from quickserve.contracts.erasure import Erased, Erasure
from quickserve.identity import store
from quickserve.kernel.service import Context


async def erase_person(ctx: Context, cmd: Erasure) -> Erased:
    """Access tokens that were issued before live ten minutes at most."""
    async with ctx.db.transaction() as tx:
        sessions, memberships = await store.count_traces(tx, cmd.email)
        people = await store.delete_person(tx, cmd.email)
    return Erased(counts={"people": people, "memberships": memberships, "sessions": sessions})
