"""The printers of a stand."""

from fastapi import APIRouter, Response

from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.printing import (
    PrinterDraft,
    PrinterId,
    PrinterList,
    PrinterNotAllowed,
)
from quickserve.kernel.auth import signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.service import Ctx
from quickserve.ordering.commands import put_printer as commands

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden)


@router.get("/stands/{stand_id}/printers", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_printers(stand_id: StandId, ctx: Ctx) -> PrinterList:
    return await commands.list_printers(ctx, stand_id)


@router.put(
    "/stands/{stand_id}/printers/{printer_id}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF, PrinterNotAllowed, IdReused, Malformed),
)
async def put_one_printer(
    stand_id: StandId, printer_id: PrinterId, body: PrinterDraft, ctx: Ctx
) -> Response:
    await commands.put_printer(ctx, stand_id, printer_id, body)
    return Response(status_code=204)


@router.delete(
    "/stands/{stand_id}/printers/{printer_id}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def delete_one_printer(stand_id: StandId, printer_id: PrinterId, ctx: Ctx) -> Response:
    await commands.delete_printer(ctx, stand_id, printer_id)
    return Response(status_code=204)


@router.post(
    "/stands/{stand_id}/printers/{printer_id}/test-page",
    status_code=202,
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def post_test_page(stand_id: StandId, printer_id: PrinterId, ctx: Ctx) -> Response:
    await commands.test_printer(ctx, stand_id, printer_id)
    return Response(status_code=202)


@router.post(
    "/orders/{order_id}/prints",
    status_code=202,
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def post_print(order_id: OrderId, ctx: Ctx) -> Response:
    await commands.print_again(ctx, order_id)
    return Response(status_code=202)
