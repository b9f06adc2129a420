"""What is on sale during a soak, far fewer places than wishes: overlapping quotas, and seats."""

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
    DateSeating,
    EventDraft,
    EventId,
    EventSeating,
    TicketTypeDraft,
    TicketTypeId,
    TicketTypeSeating,
)
from quickserve.contracts.identity import IdentityClient, NewOrganiser
from quickserve.contracts.seating import (
    PlanId,
    Seat,
    SeatCategory,
    SeatingPlanDraft,
    SeatRow,
    Section,
)
from quickserve.contracts.seating_client import SeatingClient
from quickserve.kernel.auth import ServiceIdentity
from quickserve.kernel.client import Client, network
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings

DATES, HOUSES = 12, 6
CAPACITY = 150
CHILDREN = 60  # of these at most
ROWS, WIDTH = 10, 18  # of a house; the front half is for everybody, the back half for children


@dataclass(frozen=True)
class Date:
    """`capacity`: of everybody together. Without seats, `children` take a place of a second quota.

    `rows`: the seats of everybody, those of each row side by side.
    """

    id: UUID
    capacity: int
    everybody: UUID
    children: UUID
    rows: tuple[tuple[str, ...], ...] = ()


async def put_on(port: int, settings: Settings) -> list[Date]:
    token = ServiceIdentity(settings, "cli").token
    async with network() as transport:

        def client(name: str) -> Client:
            address = f"http://127.0.0.1:{port}/api/{name}"
            return Client(name, address, transport, token, caller="cli")

        organiser_id = OrganiserId(new_uuid())
        organiser = NewOrganiser(name="Soak")
        await IdentityClient(client("identity")).put_organiser(organiser_id, organiser)
        show = _Show(
            CatalogClient(client("catalog")), SeatingClient(client("catalog")),
            BookingClient(client("booking")), organiser_id,
        )  # fmt: skip
        await until(show.known)
        return [*await show.concert(), *await show.theatre()]


@dataclass(frozen=True)
class _Show:
    catalog: CatalogClient
    seating: SeatingClient
    booking: BookingClient
    organiser_id: OrganiserId

    async def known(self) -> bool:
        try:
            await self.catalog.events(self.organiser_id)
        except NotFound:
            return False
        return True

    async def concert(self) -> list[Date]:
        event_id, dates, (everybody, children) = await self._event(DATES)
        quotas = [
            QuotaChange(
                id=QuotaId(new_uuid()), organiser_id=self.organiser_id, date_id=date_id,
                capacity=capacity, ticket_type_ids=types,
            )
            for date_id in dates
            for capacity, types in ((CAPACITY, [everybody, children]), (CHILDREN, [children]))
        ]  # fmt: skip
        await self.booking.put_quotas(self.organiser_id, QuotaChanges(quotas=quotas))
        await self.catalog.publish(event_id)
        await until(lambda: self._on_sale(dates, CAPACITY))
        return [Date(i, CAPACITY, everybody, children) for i in dates]

    async def theatre(self) -> list[Date]:
        event_id, dates, (everybody, children) = await self._event(HOUSES)
        plan_id, plan = PlanId(new_uuid()), _house()
        await self.seating.put_plan(self.organiser_id, plan_id, plan)
        seating = EventSeating(
            dates=[DateSeating(date_id=i, plan_id=plan_id, plan_version=1) for i in dates],
            ticket_types=[
                TicketTypeSeating(ticket_type_id=everybody, seat_category="A"),
                TicketTypeSeating(ticket_type_id=children, seat_category="B"),
            ],
        )
        await self.catalog.put_seating(event_id, seating)
        await self.catalog.publish(event_id)
        await until(lambda: self._on_sale(dates, ROWS * WIDTH))
        rows = tuple(
            tuple(seat.id for seat in row.seats) for row in plan.sections[0].rows[: ROWS // 2]
        )
        return [Date(i, ROWS * WIDTH, everybody, children, rows) for i in dates]

    async def _event(
        self, count: int
    ) -> tuple[EventId, list[DateId], tuple[TicketTypeId, TicketTypeId]]:
        event_id = EventId(new_uuid())
        types = TicketTypeId(new_uuid()), TicketTypeId(new_uuid())
        starts_at = datetime.now(UTC) + timedelta(days=30)
        dates = [
            DateDraft(
                id=DateId(new_uuid()), starts_at=starts_at + timedelta(days=n),
                ends_at=starts_at + timedelta(days=n, hours=2), zone="Europe/Paris",
            )
            for n in range(count)
        ]  # fmt: skip
        draft = EventDraft(organiser_id=self.organiser_id, title="Nuit des fanfares", dates=dates)
        await self.catalog.put_event(event_id, draft)
        for type_id, name in zip(types, ("Plein tarif", "Enfant"), strict=True):
            ticket = TicketTypeDraft(name=name, price=Money(0, "EUR"), tax_rate_bp=550)
            await self.catalog.put_ticket_type(event_id, type_id, ticket)
        return event_id, [date.id for date in dates], types

    async def _on_sale(self, ids: list[DateId], places: int) -> bool:
        found = (await self.booking.availability(ids)).dates
        ready = [date for date in found if date.on_sale and date.places_left == places]
        return len(ready) == len(ids)


def _house() -> SeatingPlanDraft:
    rows = [
        SeatRow(
            name=str(r + 1),
            seats=[
                Seat(
                    id=f"{r + 1}-{n + 1}", number=str(n + 1), x=n * 30.0, y=r * 30.0,
                    category="A" if r < ROWS // 2 else "B",
                )
                for n in range(WIDTH)
            ],
            gap_after=[WIDTH // 2 - 1],
        )
        for r in range(ROWS)
    ]  # fmt: skip
    return SeatingPlanDraft(
        base_version=0, name="Théâtre", width=600, height=400,
        categories=[SeatCategory(name=name, color="#1F5FA8") for name in "AB"],
        sections=[Section(id="p", name="Parterre", rows=rows)],
    )  # fmt: skip
