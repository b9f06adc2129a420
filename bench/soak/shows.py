"""What is on sale during a soak: dates with overlapping quotas, far fewer places than wishes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.journeys import until
from quickserve.contracts.booking import QuotaChange, QuotaChanges, QuotaId
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import (
    CatalogClient,
    DateDraft,
    DateId,
    EventDraft,
    EventId,
    TicketTypeDraft,
    TicketTypeId,
)
from quickserve.contracts.identity import IdentityClient, NewOrganiser
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.client import Client, network
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings

DATES = 12
CAPACITY = 150
CHILDREN = 60  # of these at most


@dataclass(frozen=True)
class Date:
    """`capacity`: of everybody together. `children` take a place of a second quota as well."""

    id: UUID
    capacity: int
    everybody: UUID
    children: UUID


async def put_on(port: int, settings: Settings) -> list[Date]:
    token = ServiceIdentity(settings, "cli").token
    async with network() as transport:

        def client(name: str) -> Client:
            return Client(
                name, f"http://127.0.0.1:{port}/api/{name}", transport, token, caller="cli"
            )

        return await _put_on(client)


async def _put_on(client: Callable[[str], Client]) -> list[Date]:
    catalog, booking = CatalogClient(client("catalog")), BookingClient(client("booking"))
    organiser_id, event_id = OrganiserId(new_uuid()), EventId(new_uuid())
    everybody, children = TicketTypeId(new_uuid()), TicketTypeId(new_uuid())
    await IdentityClient(client("identity")).put_organiser(organiser_id, NewOrganiser(name="Soak"))

    async def known() -> bool:
        try:
            await catalog.events(organiser_id)
        except NotFound:
            return False
        return True

    await until(known)
    starts_at = datetime.now(UTC) + timedelta(days=30)
    dates = [
        DateDraft(
            id=DateId(new_uuid()), starts_at=starts_at + timedelta(days=n),
            ends_at=starts_at + timedelta(days=n, hours=2), zone="Europe/Paris",
        )
        for n in range(DATES)
    ]  # fmt: skip
    draft = EventDraft(organiser_id=organiser_id, title="Nuit des fanfares", dates=dates)
    await catalog.put_event(event_id, draft)
    for type_id, name in ((everybody, "Plein tarif"), (children, "Enfant")):
        ticket = TicketTypeDraft(name=name, price=Money(0, "EUR"), tax_rate_bp=550)
        await catalog.put_ticket_type(event_id, type_id, ticket)
    quotas = [
        QuotaChange(
            id=QuotaId(new_uuid()), organiser_id=organiser_id, date_id=date.id, capacity=capacity,
            ticket_type_ids=types,
        )
        for date in dates
        for capacity, types in ((CAPACITY, [everybody, children]), (CHILDREN, [children]))
    ]  # fmt: skip
    await booking.put_quotas(organiser_id, QuotaChanges(quotas=quotas))
    await catalog.publish(event_id)
    ids = [date.id for date in dates]

    async def on_sale() -> bool:
        found = (await booking.availability(ids)).dates
        return len(found) == len(ids) and all(date.on_sale for date in found)

    await until(on_sale)
    return [Date(i, CAPACITY, everybody, children) for i in ids]
