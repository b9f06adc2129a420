"""What is left, and what is set aside."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from quickserve.booking.model import Hold, Pool, places_together
from quickserve.booking.resources import resources
from quickserve.booking.store import offers, reports, stock
from quickserve.contracts.booking import (
    Availability,
    HoldId,
    HoldView,
    QuotaList,
    TicketTypeAvailability,
)  # fmt: skip
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

PLACES_SECONDS = 1.0


async def availability(ctx: Context, date_ids: Sequence[DateId]) -> bytes:
    """An AvailabilityList, up to PLACES_SECONDS old, without dates that nothing is known of."""
    known = await places(ctx, date_ids)
    return b'{"dates":[' + b",".join(known.values()) + b"]}"


async def places(ctx: Context, date_ids: Sequence[DateId]) -> dict[DateId, bytes]:
    """An Availability of each date that is known.

    However many look at a date, and whether or not Redis is there, its quotas' rows, which a rush
    fights for, are read once a second at most by each process.
    """
    keys = {f"booking:places:{date_id}": date_id for date_id in date_ids}

    async def make(wanted: Sequence[str]) -> dict[str, bytes]:
        found = await _find_availability(ctx, [keys[key] for key in wanted])
        known = {date.date_id: date.model_dump_json().encode() for date in found}
        return {key: known.get(keys[key], b"") for key in wanted}

    kept = await ctx.cache.jsons(Availability, list(keys), PLACES_SECONDS, make)
    return {keys[key]: found for key, found in kept.items() if found}


async def _find_availability(ctx: Context, date_ids: Sequence[DateId]) -> list[Availability]:
    async with ctx.db.read() as tx:
        known = set(await reports.known_dates(tx, date_ids))
        types = await reports.sellable_types(tx, date_ids)
        quotas = await reports.quotas_of_dates(tx, date_ids)
    pools: dict[DateId, list[Pool]] = defaultdict(list)
    left: dict[tuple[DateId, TicketTypeId], int] = {}
    for quota in quotas:
        pools[quota.date_id].append(quota.left)
        for type_id in quota.ticket_type_ids:
            known_left = left.get((quota.date_id, type_id), quota.left.size)
            left[quota.date_id, type_id] = min(known_left, quota.left.size)
    ruled = {kind.date_id for kind in types if kind.ruled}
    with_codes = {kind.date_id for kind in types if kind.codes}
    offered: dict[DateId, list[TicketTypeAvailability]] = defaultdict(list)
    for kind in types:
        offered[kind.date_id].append(
            TicketTypeAvailability(
                ticket_type_id=kind.ticket_type_id,
                available=_of_bundle(kind, left)
                if kind.parts
                else left.get((kind.date_id, kind.ticket_type_id), 0),
                on_sale=kind.on_sale,
                hidden=kind.hidden,
            )
        )
    rooms = {date_id: resources(ctx).rooms.at(date_id) for date_id in known}
    return [
        Availability(
            date_id=date_id,
            places_left=places_together(pools[date_id]),
            on_sale=any(kind.on_sale for kind in offered[date_id]),
            ruled=date_id in ruled,
            codes=date_id in with_codes,
            room=room.state if (room := rooms[date_id]) else "off",
            room_opens_at=room.opens_at if room else None,
            ticket_types=offered[date_id],
        )
        for date_id in date_ids
        if date_id in known
    ]


def _of_bundle(kind: reports.SellableType, left: Mapping[tuple[DateId, TicketTypeId], int]) -> int:
    """As many as all of its parts, and its own quota where it has one, allow."""
    bounds = [
        left.get((kind.date_id, TicketTypeId(UUID(part["ticket_type_id"]))), 0) // part["quantity"]
        for part in kind.parts
    ]
    own = left.get((kind.date_id, kind.ticket_type_id))
    return min(bounds if own is None else [*bounds, own])


async def quotas(ctx: Context, event_id: EventId) -> QuotaList:
    async with ctx.db.read() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        return QuotaList(quotas=await reports.quotas_of_event(tx, event_id))


async def hold(ctx: Context, hold_id: HoldId) -> HoldView:
    """Whoever knows the id may see it. Errors: NotFound."""
    async with ctx.db.read() as tx:
        found = await stock.find_hold(tx, hold_id)
    if found is None:
        raise NotFound("There is no such hold.")
    return show_hold(found)


def show_hold(found: Hold) -> HoldView:
    # What was made here need not be validated again: thousands ask in the same second.
    return HoldView.model_construct(
        id=found.id, state=found.state, expires_at=found.expires_at,
        server_now=found.server_now, date=found.date, items=found.items, total=found.total,
    )  # fmt: skip
