"""What a load does over and over, and what it buys: complete bookings, as pages make them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench.load import Connection
from bench.server import dump
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
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.laptop import Home, clients

_SECTION, _ROW = 2500, 50  # seats
CONTACT = {"email": "amina@example.org", "name": "Amina Diallo", "language": "fr"}


def free(date_id: UUID, ticket_type_id: UUID) -> Callable[[Connection], Awaitable[None]]:
    body = free_body(date_id, ticket_type_id).encode()

    async def journey(connection: Connection) -> None:
        path = f"/api/booking/free-bookings/{new_uuid()}"
        status, answer = await connection.send("PUT", path, body)
        assert status == 200, answer
        assert b'"confirmed"' in answer

    return journey


def paid(date_id: UUID, ticket_type_id: UUID) -> Callable[[Connection], Awaitable[None]]:
    """Hold, checkout, and the answer that the saga is through: what a page does."""
    hold = dump({"date_id": str(date_id), "items": _two(ticket_type_id)})

    async def journey(connection: Connection) -> None:
        hold_id, checkout_id = new_uuid(), new_uuid()
        status, answer = await connection.send("PUT", f"/api/booking/holds/{hold_id}", hold)
        assert status == 200, answer
        checkout = {"hold_id": str(hold_id), "contact": CONTACT, "method": "sandbox-success"}
        path = f"/api/checkout/checkouts/{checkout_id}"
        status, answer = await connection.send("PUT", path, dump(checkout))
        assert status in (200, 202), answer
        while json.loads(answer)["state"] != "confirmed":
            status, answer = await connection.send("GET", f"{path}?wait_ms=10000")
            assert status == 200, answer
            assert json.loads(answer)["state"] != "failed", answer

    return journey


def hold_body(date_id: UUID, ticket_type_id: UUID, quantity: int = 1) -> str:
    items = [{"ticket_type_id": str(ticket_type_id), "quantity": quantity}]
    return json.dumps({"date_id": str(date_id), "items": items})


def free_body(date_id: UUID, ticket_type_id: UUID) -> str:
    items = _two(ticket_type_id)
    return json.dumps({"date_id": str(date_id), "items": items, "contact": CONTACT})


def echo() -> Callable[[Connection], Awaitable[None]]:
    body = dump({"items": _two(new_uuid()), "contact": CONTACT})

    async def journey(connection: Connection) -> None:
        status, _ = await connection.send("PUT", f"/echo/{new_uuid()}", body)
        assert status == 200

    return journey


def _two(ticket_type_id: UUID) -> list[dict[str, object]]:
    return [{"ticket_type_id": str(ticket_type_id), "quantity": 2}]


async def on_sale(folder: Path) -> tuple[tuple[UUID, UUID], tuple[UUID, UUID]]:
    """A free and a paid event with a million places each: (date, ticket type) of both."""
    async with clients(Home(folder)) as client:
        catalog, booking = CatalogClient(client("catalog")), BookingClient(client("booking"))
        organiser_id = OrganiserId(new_uuid())
        await IdentityClient(client("identity")).put_organiser(
            organiser_id, NewOrganiser(name="Benchmark")
        )
        free = await _event(catalog, booking, organiser_id, 0)
        paid = await _event(catalog, booking, organiser_id, 1800)
        await until(lambda: _offered(booking, [DateId(free[0]), DateId(paid[0])]))
    return free, paid


async def a_house(folder: Path, seats: int) -> tuple[UUID, UUID]:
    """A date whose ticket type is for all `seats` of a house: sections of 50 rows of 50."""
    plan_id = PlanId(new_uuid())
    draft = SeatingPlanDraft(
        base_version=0, name="Arena", width=2000, height=2000,
        categories=[SeatCategory(name="Place", color="#0D3B34")],
        sections=[_section(number) for number in range(seats // _SECTION)],
    )  # fmt: skip
    async with clients(Home(folder)) as client:
        catalog, booking = CatalogClient(client("catalog")), BookingClient(client("booking"))
        organiser_id = OrganiserId(new_uuid())
        await IdentityClient(client("identity")).put_organiser(
            organiser_id, NewOrganiser(name=f"Arena {plan_id}")
        )
        await SeatingClient(client("catalog")).put_plan(organiser_id, plan_id, draft)
        date_id, type_id = await _event(catalog, booking, organiser_id, 1800, plan_id=plan_id)

        async def ready() -> bool:
            dates = (await booking.availability([DateId(date_id)])).dates
            return bool(dates) and dates[0].ticket_types[0].available == seats

        await until(ready)
    return date_id, type_id


def _section(number: int) -> Section:
    left, front = number % 5 * 400, number // 5 * 400
    rows = [
        SeatRow(
            name=str(row + 1),
            seats=[
                Seat(
                    id=f"{number}-{row}-{n}", number=str(n + 1), category="Place",
                    x=left + n * 7, y=front + row * 7,
                )
                for n in range(_ROW)
            ],
        )
        for row in range(_SECTION // _ROW)
    ]  # fmt: skip
    return Section(id=str(number), name=f"Bloc {number + 1}", rows=rows)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(200):
        if await true():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("an event did not reach its service")


async def _offered(booking: BookingClient, date_ids: list[DateId]) -> bool:
    return len((await booking.availability(date_ids)).dates) == len(date_ids)


async def _event(
    catalog: CatalogClient, booking: BookingClient, organiser_id: OrganiserId, cents: int,
    *, plan_id: PlanId | None = None,
) -> tuple[UUID, UUID]:  # fmt: skip
    event_id, date_id = EventId(new_uuid()), DateId(new_uuid())
    ticket_type_id = TicketTypeId(new_uuid())
    starts_at = datetime.now(UTC) + timedelta(days=30)
    date = DateDraft(
        id=date_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), zone="Europe/Paris"
    )
    draft = EventDraft(organiser_id=organiser_id, title="Nuit des fanfares", dates=[date])
    await catalog.put_event(event_id, draft)
    ticket_type = TicketTypeDraft(name="Plein tarif", price=Money(cents, "EUR"), tax_rate_bp=550)
    await catalog.put_ticket_type(event_id, ticket_type_id, ticket_type)
    quota = QuotaChange(
        id=QuotaId(new_uuid()), organiser_id=organiser_id, date_id=date_id, capacity=1_000_000,
        ticket_type_ids=[ticket_type_id],
    )  # fmt: skip
    if plan_id is None:
        await booking.put_quotas(organiser_id, QuotaChanges(quotas=[quota]))
    else:
        await catalog.put_seating(event_id, _seating(date_id, ticket_type_id, plan_id))
    await catalog.publish(event_id)
    return date_id, ticket_type_id


def _seating(date_id: DateId, ticket_type_id: TicketTypeId, plan_id: PlanId) -> EventSeating:
    return EventSeating(
        dates=[DateSeating(date_id=date_id, plan_id=plan_id, plan_version=1)],
        ticket_types=[TicketTypeSeating(ticket_type_id=ticket_type_id, seat_category="Place")],
    )
