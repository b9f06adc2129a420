"""A theatre on sale with its seats, for journeys that choose them."""

from dataclasses import dataclass, replace

from quickserve import laptop
from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.contracts.booking_seats import BookingSeatsClient
from quickserve.contracts.catalog import EventSeating, TicketTypeDraft, TicketTypeId
from quickserve.contracts.seating import (
    Seat,
    SeatCategory,
    SeatingPlanDraft,
    SeatKind,
    SeatRow,
    Section,
    Shape,
)
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from tests.journeys.shows import House, Show, until

_KINDS: dict[str, SeatKind] = {"A": "accessible", "c": "companion"}


@dataclass(frozen=True)
class Theatre:
    """`show` sells its stalls; a second category is on the plan and not on sale."""

    show: Show
    path: str


def a_theatre() -> SeatingPlanDraft:
    """A stalls of 84 seats in arcs with an aisle, and a balcony."""
    stage = Shape(kind="rectangle", x=100, y=20, width=200, height=40, text="SCÈNE")
    stalls = _section("Parterre", [14] * 6, "Carré or", 130)
    return SeatingPlanDraft(
        base_version=0, name="Théâtre", width=600, height=600,
        categories=[
            SeatCategory(name="Carré or", color="#C2371A"),
            SeatCategory(name="Balcon", color="#1F5FA8"),
        ],
        sections=[
            stalls.model_copy(update={"shapes": [stage]}),
            _section("Balcon", [18, 18, 18], "Balcon", 390),
        ],
    )  # fmt: skip


def _section(name: str, rows: list[int], category: str, y: float) -> Section:
    made: list[SeatRow] = []
    for at, count in enumerate(rows):
        letter = "ABCDEFGHIJ"[at]
        seats = [
            Seat(
                id=f"{name[0]}-{letter}-{n + 1}", number=str(n + 1), category=category,
                x=30 + 25 * n + (25 if n >= count // 2 else 0),
                y=y + 30 * at - abs(n - count / 2) * 2,
                kind=_KINDS.get("cA"[n] if at == len(rows) - 1 and n < 2 else "", "standard"),
            )
            for n in range(count)
        ]  # fmt: skip
        made.append(SeatRow(name=letter, seats=seats, gap_after=[count // 2 - 1]))
    return Section(id=name, name=name, rows=made)


async def put_on_seated(
    house: House, title: str, plan: SeatingPlanDraft, *, price: str = "18", reduced: str = ""
) -> Theatre:
    """“Plein tarif” is for the plan's first category; so is “Tarif réduit”, at what it costs."""
    show = await house.put_on(title, price=price, capacity=60_000)
    kinds = [show.ticket_type_id]
    if reduced:
        kinds.append(TicketTypeId(new_uuid()))
        cheap = TicketTypeDraft(
            name="Tarif réduit", price=Money.parse(reduced, "EUR"), tax_rate_bp=550, position=1
        )
        await house.catalog.put_ticket_type(show.event_id, kinds[1], cheap)
    plan_id = new_uuid()
    async with laptop.clients(house.product.home) as client:
        path = f"/organisers/{show.organiser_id}/seating-plans/{plan_id}"
        await client("catalog").call("PUT", path, body=plan)
        seating = {
            "dates": [{"date_id": show.date_id, "plan_id": plan_id, "plan_version": 1}],
            "ticket_types": [
                {"ticket_type_id": kind, "seat_category": plan.categories[0].name} for kind in kinds
            ],
        }
        await house.catalog.put_seating(show.event_id, EventSeating.model_validate(seating))
        looks = BookingSeatsClient(client("booking"))
        await until(lambda: _there(looks, show))
    free = sum(
        seat.category == plan.categories[0].name and not seat.blocked
        for section in plan.sections for row in section.rows for seat in row.seats
    )  # fmt: skip
    return Theatre(replace(show, capacity=free), f"/events/{show.event_id}?date={show.date_id}")


async def _there(looks: BookingSeatsClient, show: Show) -> bool:
    try:
        await looks.seats(show.date_id)
    except NotFound:
        return False
    return True


async def somebody_takes(house: House, theatre: Theatre, *seats: str) -> HoldId:
    show = theatre.show
    items = [Item(ticket_type_id=show.ticket_type_id, quantity=len(seats), seats=list(seats))]
    hold_id = HoldId(new_uuid())
    await house.booking.put_hold(hold_id, NewHold(date_id=show.date_id, items=items))
    return hold_id
