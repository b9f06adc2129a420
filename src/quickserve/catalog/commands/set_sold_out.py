"""86: something is out, and comes back by hand or by itself."""

from dataclasses import dataclass
from uuid import UUID

from quickserve.catalog.commands.announce_stands import announce_sold_out
from quickserve.catalog.menu_rules import ids_of
from quickserve.catalog.store import stands as store
from quickserve.contracts.menus import Menu, SoldOutChange, StandId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SetSoldOut:
    stand_id: StandId
    target_id: UUID
    change: SoldOutChange


async def set_sold_out(ctx: Context, cmd: SetSoldOut) -> None:
    """A repeat changes nothing. Errors: NotFound, Unauthenticated, Forbidden."""
    async with ctx.db.transaction() as tx:
        row = await store.lock_stand(tx, cmd.stand_id)
        if row is None:
            raise NotFound("There is no such stand.")
        ctx.principal.require(row.organiser_id, Role.KITCHEN)
        entry = {one.id: one for one in await store.sold_out(tx, cmd.stand_id)}.get(cmd.target_id)
        if not cmd.change.out:
            if entry is None:
                return
            await store.put_back(tx, cmd.stand_id, [cmd.target_id])
        else:
            if entry is not None and entry.until == cmd.change.until:
                return
            content = await store.find_latest_menu(tx, cmd.stand_id)
            menu = Menu.model_validate_json(content) if content else None
            if menu is None or cmd.target_id not in ids_of(menu):
                raise NotFound("The menu has no such item or modifier.")
            await store.put_sold_out(tx, cmd.stand_id, cmd.target_id, cmd.change.until)
        await announce_sold_out(tx, cmd.stand_id)


async def put_back_due(ctx: Context) -> None:
    """What was out until a time that has come."""
    async with ctx.db.read() as tx:
        due = await store.due_back(tx, _BATCH)
    for one in due:
        async with ctx.db.transaction() as tx:
            await store.lock_stand(tx, one.stand_id)
            await store.put_back(tx, one.stand_id, one.target_ids)
            await announce_sold_out(tx, one.stand_id)
