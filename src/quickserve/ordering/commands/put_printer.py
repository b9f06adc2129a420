"""A stand's printers: organisers set them up, cooks print a ticket again."""

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.printing import (
    PRINTERS_MAX,
    PrinterDraft,
    PrinterId,
    PrinterList,
    PrinterNotAllowed,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context
from quickserve.ordering import printers
from quickserve.ordering.resources import resources
from quickserve.ordering.store import orders, printing
from quickserve.ordering.store.printing import PrinterRow


async def list_printers(ctx: Context, stand_id: StandId) -> PrinterList:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    await _own_stand(ctx, stand_id, Role.KITCHEN)
    async with ctx.db.read() as tx:
        found = await printing.of_stand(tx, stand_id)
    return PrinterList(printers=[row.view for row in found])


async def put_printer(
    ctx: Context, stand_id: StandId, printer_id: PrinterId, draft: PrinterDraft
) -> None:
    """Errors: NotFound, Unauthenticated, Forbidden, PrinterNotAllowed, IdReused."""
    await _own_stand(ctx, stand_id, Role.ORGANISER)
    if not printers.port_allowed(ctx.settings, draft.port):
        raise PrinterNotAllowed(reason="port")
    address = printers.literal(draft.host)
    if address is not None and not printers.address_allowed(ctx.settings, address):
        raise PrinterNotAllowed(reason="address")
    async with ctx.db.transaction() as tx:
        there = await printing.of_stand(tx, stand_id)
        if len(there) >= PRINTERS_MAX and all(row.id != printer_id for row in there):
            raise PrinterNotAllowed(reason="too-many")
        if not await printing.put(tx, printer_id, stand_id, draft):
            raise IdReused


async def delete_printer(ctx: Context, stand_id: StandId, printer_id: PrinterId) -> None:
    """What waits for it is not printed. A repeat changes nothing."""
    await _own_stand(ctx, stand_id, Role.ORGANISER)
    async with ctx.db.transaction() as tx:
        row = await printing.find(tx, printer_id)
        if row is not None and row.stand_id == stand_id:
            await printing.delete(tx, printer_id)


async def test_printer(ctx: Context, stand_id: StandId, printer_id: PrinterId) -> None:
    """Errors: NotFound, Unauthenticated, Forbidden."""
    await _own_stand(ctx, stand_id, Role.KITCHEN)
    async with ctx.db.transaction() as tx:
        row: PrinterRow | None = await printing.find(tx, printer_id)
        if row is None or row.stand_id != stand_id:
            raise NotFound("There is no such printer.")
        await printing.queue_test(tx, printer_id)
        await printing.hurry(tx, printer_id)


async def print_again(ctx: Context, order_id: OrderId) -> None:
    """On all printers of its stand. Errors: NotFound, Unauthenticated, Forbidden."""
    async with ctx.db.read() as tx:
        order = await orders.find(tx, order_id)
    if order is None:
        raise NotFound("There is no such order.")
    ctx.principal.require(order.organiser_id, Role.KITCHEN)
    async with ctx.db.transaction() as tx:
        await printing.queue(tx, [order_id], "again")


async def _own_stand(ctx: Context, stand_id: StandId, role: Role) -> None:
    stand = await resources(ctx).shelf.stand(stand_id)
    if stand is None:
        raise NotFound("There is no such stand.")
    ctx.principal.require(stand.organiser_id, role)
