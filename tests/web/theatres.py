"""Dates with seats: a small theatre with stalls and a balcony, put on like any other show."""

from dataclasses import dataclass, field

from tests.web.house import House, Show, until

from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.contracts.booking_seats import BookingSeatsClient
from quickserve.contracts.catalog import DateSeating, EventSeating, TicketTypeSeating
from quickserve.contracts.seating import (
    PlanId,
    Seat,
    SeatCategory,
    SeatingPlanDraft,
    SeatRow,
    Section,
    Shape,
)
from quickserve.kernel.client import Client
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid

_STALLS = ["oooooooo", "oooo oooo", "oooo oooo", "cAcooooo"]
_BALCONY = ["oooooo", "oooooo"]


@dataclass
class Theatre:
    show: Show
    plan_id: PlanId
    seats: BookingSeatsClient
    categories: dict[str, str] = field(default_factory=dict)


def a_plan() -> SeatingPlanDraft:
    stage = Shape(kind="rectangle", x=40, y=-70, width=160, height=30, text="SCÈNE")
    return SeatingPlanDraft(
        base_version=0, name="Petit théâtre", width=600, height=500,
        categories=[
            SeatCategory(name="Carré or", color="#C2371A"),
            SeatCategory(name="Balcon", color="#0B6B52"),
        ],
        sections=[
            _section("Parterre", "P", _STALLS, "Carré or", 0).model_copy(
                update={"shapes": [stage]}
            ),
            _section("Balcon", "B", _BALCONY, "Balcon", 200),
        ],
    )  # fmt: skip


def _section(name: str, letter: str, rows: list[str], category: str, y: float) -> Section:
    made: list[SeatRow] = []
    for at, word in enumerate(rows):
        row = "ABCDEFGH"[at]
        seats: list[Seat] = []
        gaps: list[int] = []
        for x, sign in enumerate(word):
            if sign == " ":
                gaps.append(len(seats) - 1)
                continue
            kind = {"A": "accessible", "c": "companion"}.get(sign, "standard")
            number = str(len(seats) + 1)
            seats.append(
                Seat.model_validate(
                    {
                        "id": f"{letter}-{row}-{number}",
                        "number": number,
                        "category": category,
                        "x": 25 * x,
                        "y": y + 30 * at,
                        "kind": kind,
                    }
                )
            )
        made.append(SeatRow(name=row, seats=seats, gap_after=gaps))
    return Section(id=name, name=name, rows=made)


async def put_on_seated(
    house: House, plan: SeatingPlanDraft | None = None, *, reduced: bool = False
) -> Theatre:
    """`reduced`: seats of the stalls are sold at two prices."""
    show = await house.put_on("Le Cid", capacity=500, publish=False)
    await house.add_ticket(show, "Balcon", 900, 500)
    kinds = {"Plein tarif": "Carré or", "Balcon": "Balcon"}
    if reduced:
        await house.add_ticket(show, "Tarif réduit", 1200, 500, position=1)
        kinds["Tarif réduit"] = "Carré or"
    catalog = house.platform.clients_for("cli")["catalog"]
    booking = house.platform.clients_for("cli")["booking"]
    plan_id = await save_plan(catalog, show, plan or a_plan())
    await house.catalog.put_seating(
        show.event_id,
        EventSeating(
            dates=[DateSeating(date_id=show.date_id, plan_id=plan_id, plan_version=1)],
            ticket_types=[
                TicketTypeSeating(ticket_type_id=show.tickets[name], seat_category=category)
                for name, category in kinds.items()
            ],
        ),
    )
    await house.catalog.publish(show.event_id)
    theatre = Theatre(show, plan_id, BookingSeatsClient(booking), kinds)
    await until(lambda: _ready(house, theatre))
    return theatre


async def save_plan(catalog: Client, show: Show, plan: SeatingPlanDraft) -> PlanId:
    plan_id = PlanId(new_uuid())
    path = f"/organisers/{show.organiser_id}/seating-plans/{plan_id}"
    await catalog.call("PUT", path, body=plan)
    return plan_id


async def _ready(house: House, theatre: Theatre) -> bool:
    try:
        await theatre.seats.seats(theatre.show.date_id)
    except NotFound:
        return False
    found = (await house.booking.availability([theatre.show.date_id])).dates
    return bool(found) and found[0].places_left > 0


async def somebody_takes(house: House, theatre: Theatre, *seats: str) -> HoldId:
    kind = theatre.show.tickets["Plein tarif"]
    items = [Item(ticket_type_id=kind, quantity=len(seats), seats=list(seats))]
    hold_id = HoldId(new_uuid())
    await house.booking.put_hold(hold_id, NewHold(date_id=theatre.show.date_id, items=items))
    return hold_id
