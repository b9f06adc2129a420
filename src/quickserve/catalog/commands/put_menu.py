"""A menu is saved: the first of a stand, or its next version."""

from dataclasses import dataclass
from hashlib import sha256

from quickserve.catalog import menu_rules
from quickserve.catalog.commands.announce_stands import announce_sold_out, announce_stands
from quickserve.catalog.store import stands as store
from quickserve.contracts.menus import (
    Menu,
    MenuHasDefects,
    NewMenu,
    StandChanged,
    StandDraft,
    StandId,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class PutMenu:
    stand_id: StandId
    menu: NewMenu


async def put_menu(ctx: Context, cmd: PutMenu) -> int:
    """The version that has this content now; the same again is no change.

    Errors: NotFound, Unauthenticated, Forbidden, MenuHasDefects, StandChanged.
    """
    content = cmd.menu.model_dump(exclude={"base_version"})
    digest = sha256(cmd.menu.model_dump_json(exclude={"base_version"}).encode()).digest()
    async with ctx.db.transaction() as tx:
        row = await store.lock_stand(tx, cmd.stand_id)
        if row is None or row.version == 0:
            raise NotFound("There is no such stand.")
        ctx.principal.require(row.organiser_id, Role.ORGANISER)
        stand = StandDraft.model_validate(row.draft)
        if found := menu_rules.defects(cmd.menu, stand):
            raise MenuHasDefects(
                f"{len(found)} to mend, first: {found[0].item}: {found[0].detail}",
                defects=[one.model_dump() for one in found],
            )
        if await store.menu_hash(tx, cmd.stand_id, row.menu_version) == digest:
            return row.menu_version
        base = cmd.menu.base_version
        if base is not None and base != row.menu_version:
            raise StandChanged(
                f"The latest version is {row.menu_version}, this was made from {base}.",
                version=row.menu_version,
            )
        version = row.menu_version + 1
        menu = Menu(**content, stand_id=cmd.stand_id, version=version, currency=stand.currency)
        items = sum(len(section.items) for section in menu.sections)
        await store.insert_menu(tx, cmd.stand_id, version, menu.model_dump_json(), digest, items)
        await announce_stands(tx, [cmd.stand_id])
        if await store.put_back_others(tx, cmd.stand_id, menu_rules.ids_of(menu)):
            await announce_sold_out(tx, cmd.stand_id)
    return version
