"""HTTP in, command or read out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from quickserve.catalog.commands.cancel_event import cancel_event
from quickserve.catalog.commands.offer_in_bulk import OfferInBulk, offer_in_bulk
from quickserve.catalog.commands.publish_event import publish_event
from quickserve.catalog.commands.put_event import PutEvent, put_event
from quickserve.catalog.commands.put_ticket_type import PutTicketType, put_ticket_type
from quickserve.catalog.commands.remove_ticket_type import RemoveTicketType, remove_ticket_type
from quickserve.catalog.commands.start_import import StartImport, start_import
from quickserve.catalog.reads import events as reads
from quickserve.contracts.catalog import (
    BulkOffer,
    CardPage,
    EndBeforeStart,
    EventCancelledError,
    EventDraft,
    EventId,
    EventList,
    EventState,
    EventView,
    ImportId,
    ImportList,
    ImportRefusedError,
    ImportView,
    NothingToSell,
    OfferedList,
    TicketTypeDraft,
    TicketTypeId,
    TicketTypeInUse,
    TicketTypeView,
    UnknownZone,
    When,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    errors,
)  # fmt: skip
from quickserve.kernel.http import json_answer
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Ctx

router = APIRouter()

Text = Annotated[str, Query(max_length=200)]
After = Annotated[str | None, Query(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=100)]
Zone = Annotated[str, Query(max_length=64)]


@router.get(
    "/cards",
    response_model=CardPage,
    dependencies=[anyone],
    responses=errors(UnknownZone, Malformed),
)
async def get_cards(
    ctx: Ctx, when: When = When.ALL, text: Text = "", free: bool = False,
    zone: Zone = "Europe/Paris", after: After = None, limit: Limit = 24,
) -> Response:  # fmt: skip
    page = await reads.cards(
        ctx, when=when, text=text, free=free, zone=zone, after=after, limit=limit
    )
    return json_answer(page)


@router.get(
    "/events/{event_id}",
    response_model=EventView,
    dependencies=[anyone],
    responses=errors(NotFound, Malformed),
)
async def get_event(event_id: EventId, ctx: Ctx) -> Response:
    return json_answer(await reads.event(ctx, event_id))


@router.put(
    "/events/{event_id}",
    dependencies=[signed_in],
    responses=errors(
        EndBeforeStart, UnknownZone, Malformed, EventCancelledError, IdReused,
        Unauthenticated, Forbidden,
    ),
)  # fmt: skip
async def put_event_(event_id: EventId, body: EventDraft, ctx: Ctx) -> EventView:
    await put_event(ctx, PutEvent(event_id, body))
    return await reads.event_of(ctx, event_id)


@router.put(
    "/events/{event_id}/publication",
    dependencies=[signed_in],
    responses=errors(NothingToSell, EventCancelledError, NotFound, Unauthenticated, Forbidden),
)
async def put_publication(event_id: EventId, ctx: Ctx) -> EventView:
    await publish_event(ctx, event_id)
    return await reads.event_of(ctx, event_id)


@router.put(
    "/events/{event_id}/cancellation",
    dependencies=[signed_in],
    responses=errors(NotFound, Unauthenticated, Forbidden),
)
async def put_cancellation(event_id: EventId, ctx: Ctx) -> EventView:
    await cancel_event(ctx, event_id)
    return await reads.event_of(ctx, event_id)


@router.put(
    "/events/{event_id}/ticket-types/{ticket_type_id}",
    dependencies=[signed_in],
    responses=errors(
        Malformed, EventCancelledError, IdReused, NotFound, Unauthenticated, Forbidden
    ),
)
async def put_ticket_type_(
    event_id: EventId, ticket_type_id: TicketTypeId, body: TicketTypeDraft, ctx: Ctx
) -> TicketTypeView:
    row = await put_ticket_type(ctx, PutTicketType(event_id, ticket_type_id, body))
    return reads.ticket_type(row)


@router.delete(
    "/events/{event_id}/ticket-types/{ticket_type_id}",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(TicketTypeInUse, EventCancelledError, NotFound, Unauthenticated, Forbidden),
)
async def delete_ticket_type(event_id: EventId, ticket_type_id: TicketTypeId, ctx: Ctx) -> None:
    await remove_ticket_type(ctx, RemoveTicketType(event_id, ticket_type_id))


@router.get(
    "/organisers/{organiser_id}/events",
    dependencies=[signed_in],
    responses=errors(Malformed, Unauthenticated, Forbidden),
)
async def get_events(
    organiser_id: OrganiserId, ctx: Ctx, state: EventState | None = None, text: Text = "",
    after: After = None, limit: Limit = 50,
) -> EventList:  # fmt: skip
    return await reads.events_of_organiser(
        ctx, organiser_id, state=state, text=text, after=after, limit=limit
    )


@router.post(
    "/organisers/{organiser_id}/offers",
    dependencies=[signed_in],
    responses=errors(Malformed, EventCancelledError, NotFound, Unauthenticated, Forbidden),
)
async def post_offers(organiser_id: OrganiserId, body: BulkOffer, ctx: Ctx) -> OfferedList:
    return OfferedList(offers=await offer_in_bulk(ctx, OfferInBulk(organiser_id, body)))


@router.put(
    "/imports/{import_id}",
    status_code=202,
    dependencies=[signed_in],
    responses=errors(
        ImportRefusedError, UnknownZone, Malformed, IdReused, TooLarge, Unauthenticated, Forbidden
    ),
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {}}}}
    },
)
async def put_import(
    import_id: ImportId, organiser_id: OrganiserId, request: Request, ctx: Ctx,
    filename: Annotated[str, Query(min_length=1, max_length=255)], zone: Zone = "Europe/Paris",
) -> ImportView:  # fmt: skip
    """The body is the file, as it is."""
    content = await request.body()
    await start_import(ctx, StartImport(import_id, organiser_id, filename, zone, content))
    return await reads.import_(ctx, import_id)


@router.get(
    "/imports/{import_id}",
    dependencies=[signed_in],
    responses=errors(NotFound, Malformed, Unauthenticated, Forbidden),
)
async def get_import(import_id: ImportId, ctx: Ctx) -> ImportView:
    return await reads.import_(ctx, import_id)


@router.get(
    "/organisers/{organiser_id}/imports",
    dependencies=[signed_in],
    responses=errors(Malformed, Unauthenticated, Forbidden),
)
async def get_imports(organiser_id: OrganiserId, ctx: Ctx) -> ImportList:
    return await reads.imports_of_organiser(ctx, organiser_id)
