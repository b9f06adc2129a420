"""What a door needs to know."""

from quickserve.booking.store import keys, offers, reports, scans
from quickserve.contracts.booking import (
    Admissions,
    DoorDates,
    TicketKeys,
)  # fmt: skip
from quickserve.contracts.catalog import DateId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context

_DOOR_DATES_MAX = 60


async def ticket_keys(ctx: Context, organiser_id: OrganiserId) -> TicketKeys:
    """All keys, retired ones too, and the revoked tickets of dates that a door may still see."""
    ctx.principal.require(organiser_id, Role.DOOR)
    async with ctx.db.read() as tx:
        return TicketKeys(
            organiser_id=organiser_id,
            keys=await keys.keys_of_organiser(tx, organiser_id),
            revoked_ticket_ids=await scans.revoked_tickets(tx, organiser_id),
        )


async def door_dates(ctx: Context, organiser_id: OrganiserId, text: str) -> DoorDates:
    ctx.principal.require(organiser_id, Role.DOOR)
    async with ctx.db.read() as tx:
        found = await reports.door_dates(tx, organiser_id, text.split()[:10], _DOOR_DATES_MAX)
    return DoorDates(dates=found)


async def admissions(ctx: Context, date_id: DateId) -> Admissions:
    async with ctx.db.read() as tx:
        date = await offers.find_date_facts(tx, date_id)
        if date is None:
            raise NotFound("There is no such date.")
        ctx.principal.require(date.organiser_id, Role.DOOR)
        return await scans.count_admissions(tx, date)
