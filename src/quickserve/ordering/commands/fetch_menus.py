"""Menus of new versions are fetched from catalog."""

from quickserve.contracts.menus import Menu
from quickserve.contracts.menus_client import MenusClient
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context
from quickserve.ordering.resources import tell_stand
from quickserve.ordering.store import stands

_BATCH = 50


async def fetch_menus(ctx: Context) -> None:
    """All that are missing. Until the new one is here, orders are taken from the old one."""
    async with ctx.db.read() as tx:
        missing = await stands.missing_menus(tx, _BATCH)
    for one in missing:
        try:
            menu: Menu = await MenusClient(ctx.client("catalog")).menu(one.stand_id, one.version)
        except NotFound:
            continue
        async with ctx.db.transaction() as tx:
            await stands.keep_menu(tx, menu, menu.model_dump_json())
        await tell_stand(ctx, one.stand_id)
