"""The waiting list: joining, offers, leaving; the organiser's list and rules."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from quickserve.booking.commands.answer_offer import accept_offer, leave_waiting_list
from quickserve.booking.commands.join_waiting_list import join_waiting_list
from quickserve.booking.commands.put_first import put_first
from quickserve.booking.commands.put_list_rules import put_list_rules
from quickserve.booking.commands.stop_gathering import stop_gathering
from quickserve.booking.reads import waiting_list
from quickserve.contracts.booking import (
    MixedCurrencies,
    NotOnSale,
    QuantityNotAllowed,
    UnknownTicketType,
)
from quickserve.contracts.booking_rules import (
    CodeNotValid,
    CodeRequired,
    MissingCompanion,
    PerPersonExceeded,
)
from quickserve.contracts.catalog import EventId
from quickserve.contracts.waiting_list import (
    AlreadyWaiting,
    EntryId,
    EntryKey,
    EntryList,
    EntryView,
    ListClosed,
    ListRules,
    NeverSoMany,
    NewEntry,
    NoOffer,
    PlacesLeft,
)
from quickserve.kernel.auth import anyone, signed_in
from quickserve.kernel.errors import (
    Forbidden,
    IdReused,
    Malformed,
    NotFound,
    Unauthenticated,
    errors,
)
from quickserve.kernel.service import Ctx

router = APIRouter()
_STAFF = (Unauthenticated, Forbidden, NotFound)


@router.put(
    "/waiting-list/{entry_id}",
    dependencies=[anyone],
    responses=errors(
        NotFound, NotOnSale, UnknownTicketType, MixedCurrencies, QuantityNotAllowed, CodeRequired,
        CodeNotValid, MissingCompanion, PerPersonExceeded, PlacesLeft, ListClosed, AlreadyWaiting,
        NeverSoMany, IdReused, Malformed,
    ),
)  # fmt: skip
async def put_entry(entry_id: EntryId, body: NewEntry, ctx: Ctx) -> EntryView:
    return await waiting_list.show_entry(ctx, await join_waiting_list(ctx, entry_id, body))


@router.get("/waiting-list/{entry_id}", dependencies=[anyone], responses=errors(NotFound))
async def get_entry(
    entry_id: EntryId, key: Annotated[str, Query(max_length=100)], ctx: Ctx
) -> EntryView:
    return await waiting_list.entry(ctx, entry_id, key)


@router.put(
    "/waiting-list/{entry_id}/acceptance",
    dependencies=[anyone],
    responses=errors(NotFound, NoOffer),
)
async def put_acceptance(entry_id: EntryId, body: EntryKey, ctx: Ctx) -> EntryView:
    return await waiting_list.show_entry(ctx, await accept_offer(ctx, entry_id, body.key))


@router.put("/waiting-list/{entry_id}/leaving", dependencies=[anyone], responses=errors(NotFound))
async def put_leaving(entry_id: EntryId, body: EntryKey, ctx: Ctx) -> EntryView:
    return await waiting_list.show_entry(ctx, await leave_waiting_list(ctx, entry_id, body.key))


@router.put(
    "/waiting-list/{entry_id}/precedence",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def put_precedence(entry_id: EntryId, ctx: Ctx) -> Response:
    await put_first(ctx, entry_id)
    return Response(status_code=204)


@router.put(
    "/waiting-list/{entry_id}/gathering-end",
    status_code=204,
    dependencies=[signed_in],
    responses=errors(*_STAFF),
)
async def put_gathering_end(entry_id: EntryId, ctx: Ctx) -> Response:
    await stop_gathering(ctx, entry_id)
    return Response(status_code=204)


@router.get("/events/{event_id}/waiting-list", dependencies=[signed_in], responses=errors(*_STAFF))
async def get_entries(event_id: EventId, ctx: Ctx) -> EntryList:
    return await waiting_list.entries(ctx, event_id)


@router.put("/events/{event_id}/waiting-list", dependencies=[signed_in], responses=errors(*_STAFF))
async def put_rules(event_id: EventId, body: ListRules, ctx: Ctx) -> ListRules:
    return await put_list_rules(ctx, event_id, body)
