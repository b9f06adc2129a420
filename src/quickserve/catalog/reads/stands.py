"""Stands and menus for everybody; all of an organiser's for who works there."""

from quickserve.catalog.store import stands as store
from quickserve.catalog.store.stands import StandRow
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import SoldOutList, StandDraft, StandId, StandList, StandView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_STANDS_MAX = 500


def _view(row: StandRow) -> StandView:
    return StandView(
        id=row.id, slug=row.slug, version=row.version, draft=StandDraft.model_validate(row.draft),
        organiser_name=row.organiser_name, menu_version=row.menu_version or None, items=row.items,
        sold_out=row.sold_out,
    )  # fmt: skip


async def stand(ctx: Context, stand_id: StandId) -> StandView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        return _found(await store.find_stand(tx, stand_id))


async def stand_by_slug(ctx: Context, slug: str) -> StandView:
    """Raises NotFound."""
    async with ctx.db.read() as tx:
        return _found(await store.find_by_slug(tx, slug))


def _found(row: StandRow | None) -> StandView:
    if row is None or row.version == 0:
        raise NotFound("There is no such stand.")
    return _view(row)


async def of_event(ctx: Context, event_id: EventId) -> StandList:
    async with ctx.db.read() as tx:
        rows = await store.of_event(tx, event_id, _STANDS_MAX)
    return StandList(stands=[_view(row) for row in rows])


async def shops(ctx: Context) -> StandList:
    async with ctx.db.read() as tx:
        rows = await store.shops(tx, _STANDS_MAX)
    return StandList(stands=[_view(row) for row in rows])


async def of_organiser(ctx: Context, organiser_id: OrganiserId) -> StandList:
    ctx.principal.require(organiser_id, Role.KITCHEN, Role.RUNNER)
    async with ctx.db.read() as tx:
        rows = await store.of_organiser(tx, organiser_id, _STANDS_MAX)
    return StandList(stands=[_view(row) for row in rows if row.version])


async def menu(ctx: Context, stand_id: StandId, version: int | None) -> bytes:
    """A Menu in JSON, the latest without a version. Raises NotFound."""
    async with ctx.db.read() as tx:
        content = (
            await store.find_latest_menu(tx, stand_id)
            if version is None
            else await store.find_menu(tx, stand_id, version)
        )
    if content is None:
        raise NotFound("There is no such menu.")
    return content.encode()


async def sold_out(ctx: Context, stand_id: StandId) -> SoldOutList:
    async with ctx.db.read() as tx:
        row = await store.find_stand(tx, stand_id)
        entries = await store.sold_out(tx, stand_id)
    if row is None:
        raise NotFound("There is no such stand.")
    return SoldOutList(version=row.out_version, entries=entries)
