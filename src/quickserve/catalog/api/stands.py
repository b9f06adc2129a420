"""Stands, menus, and what is out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from quickserve.catalog.commands.import_menu import ImportMenu, import_menu
from quickserve.catalog.commands.put_menu import PutMenu, put_menu
from quickserve.catalog.commands.put_stand import PutStand, put_stand
from quickserve.catalog.commands.set_sold_out import SetSoldOut, set_sold_out
from quickserve.catalog.reads import stands
from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import (
    Menu,
    MenuHasDefects,
    MenuImport,
    MenuRefused,
    NewMenu,
    SoldOutChange,
    SoldOutList,
    StandChanged,
    StandDraft,
    StandId,
    StandList,
    StandView,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    errors,
)
from quickserve.kernel.http import json_answer
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()
_STAFF = (NotFound, Unauthenticated, Forbidden)


@router.put(
    "/stands/{stand_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, Conflict, Malformed),
)
async def put_one_stand(stand_id: StandId, body: StandDraft, ctx: Ctx) -> StandView:
    await put_stand(ctx, PutStand(stand_id, body))
    return await stands.stand(ctx, stand_id)


@router.get("/stands/{stand_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_stand(stand_id: StandId, ctx: Ctx) -> StandView:
    return await stands.stand(ctx, stand_id)


@router.get("/stands", dependencies=[anyone], responses=errors(NotFound, Malformed))
async def get_stand_by_slug(
    slug: Annotated[str, Query(min_length=1, max_length=200)], ctx: Ctx
) -> StandView:
    return await stands.stand_by_slug(ctx, slug)


@router.get("/events/{event_id}/stands", dependencies=[anyone], responses=errors(Malformed))
async def get_stands_of_event(event_id: EventId, ctx: Ctx) -> StandList:
    return await stands.of_event(ctx, event_id)


@router.get("/shops", dependencies=[anyone])
async def get_shops(ctx: Ctx) -> StandList:
    """Shops and restaurants that belong to no event and are open to visitors."""
    return await stands.shops(ctx)


@router.get(
    "/organisers/{organiser_id}/stands",
    dependencies=[signed_in],
    responses=errors(Unauthenticated, Forbidden),
)
async def get_stands_of_organiser(organiser_id: OrganiserId, ctx: Ctx) -> StandList:
    return await stands.of_organiser(ctx, organiser_id)


@router.put(
    "/stands/{stand_id}/menu",
    response_model=Menu,
    dependencies=[signed_in],
    responses=errors(*_STAFF, MenuHasDefects, StandChanged, Malformed),
)
async def put_stand_menu(stand_id: StandId, body: NewMenu, ctx: Ctx) -> Response:
    version = await put_menu(ctx, PutMenu(stand_id, body))
    return json_answer(await stands.menu(ctx, stand_id, version))


@router.get(
    "/stands/{stand_id}/menu",
    response_model=Menu,
    dependencies=[anyone],
    responses=errors(NotFound),
)
async def get_latest_menu(stand_id: StandId, ctx: Ctx) -> Response:
    return json_answer(await stands.menu(ctx, stand_id, None))


@router.get(
    "/stands/{stand_id}/menus/{version}",
    response_model=Menu,
    dependencies=[anyone],
    responses=errors(NotFound, Malformed),
)
async def get_menu(
    stand_id: StandId, version: Annotated[int, Path(ge=1, le=2**31 - 1)], ctx: Ctx
) -> Response:
    return json_answer(await stands.menu(ctx, stand_id, version))


@router.post(
    "/stands/{stand_id}/menu-imports",
    dependencies=[signed_in],
    responses=errors(*_STAFF, MenuHasDefects, MenuRefused, StandChanged, TooLarge, Malformed),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    },
)
async def post_menu_import(
    stand_id: StandId, request: Request, ctx: Ctx,
    filename: Annotated[str, Query(min_length=1, max_length=255)] = "menu",
    leave_out: Annotated[bool, Query(description="What has a defect.")] = False,
    check: Annotated[bool, Query(description="Only look, change nothing.")] = False,
    tax_rate_bp: Annotated[int | None, Query(ge=0, le=10_000)] = None,
) -> MenuImport:  # fmt: skip
    """The body is the file, as it is; it replaces the menu. The same file again is no change."""
    content = await request.body()
    cmd = ImportMenu(stand_id, filename, content, leave_out, check, tax_rate_bp)
    return await import_menu(ctx, cmd)


@router.put(
    "/stands/{stand_id}/sold-out/{target_id}",
    dependencies=[signed_in],
    responses=errors(*_STAFF, Malformed),
)
async def put_sold_out(
    stand_id: StandId, target_id: UUID, body: SoldOutChange, ctx: Ctx
) -> SoldOutList:
    await set_sold_out(ctx, SetSoldOut(stand_id, target_id, body))
    return await stands.sold_out(ctx, stand_id)


@router.get("/stands/{stand_id}/sold-out", dependencies=[anyone], responses=errors(NotFound))
async def get_sold_out(stand_id: StandId, ctx: Ctx) -> SoldOutList:
    return await stands.sold_out(ctx, stand_id)
