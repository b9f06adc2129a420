"""Seats of a house: chosen or best, one holder each at every instant, given back and sold."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.app import Platform, load
from quickserve.contracts.booking import (
    FreeBooking,
    HoldId,
    Item,
    NewBooking,
    NewHold,
    SeatTaken,
    SoldOut,
    UnknownSeat,
)
from quickserve.contracts.box_office import (
    BoxOfficeClient,
    DeskContact,
    NewDeskSale,
    NewReservation,
)
from quickserve.contracts.seating import (
    PlanId,
    Seat,
    SeatCategory,
    SeatingPlan,
    SeatRow,
    Section,
)
from quickserve.kernel.errors import IdReused, Malformed
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race
from tests.booking.conftest import AMINA, Gala, some_event

ROWS, WIDTH = 4, 10


def a_plan(rows: int = ROWS, width: int = WIDTH) -> SeatingPlan:
    """Front rows in category A, back rows in B; the last seats of B are for wheelchairs."""
    made = []
    for r in range(rows):
        seats = [
            Seat(
                id=f"{r + 1}-{n + 1}", number=str(n + 1), category="A" if r < rows / 2 else "B",
                x=n * 30, y=r * 30, blocked=(r == 0 and n == 0),
                kind="accessible" if r == rows - 1 and n == width - 1 else
                "companion" if r == rows - 1 and n == width - 2 else "standard",
            )
            for n in range(width)
        ]  # fmt: skip
        made.append(SeatRow(name=chr(ord("A") + r), seats=seats))
    return SeatingPlan(
        id=PlanId(new_uuid()), version=1, name="Salle", width=400, height=200,
        categories=[SeatCategory(name=name, color="#0D3B34") for name in "AB"],
        sections=[Section(id="p", name="Parterre", rows=made)],
    )  # fmt: skip


async def seated(box, price: int = 1800, plan: SeatingPlan | None = None) -> Gala:
    """A gala whose first ticket is for the front, the second for the back."""
    plan = plan or a_plan()
    await box.sql(
        "INSERT INTO seating_plans (id, version, plan) VALUES (%s, %s, %s::jsonb)",
        (plan.id, plan.version, plan.model_dump_json()),
    )
    event = some_event(price=price)
    date = replace(event.dates[0], plan_id=plan.id, plan_version=plan.version)
    types = [
        replace(kind, seat_category=category)
        for kind, category in zip(event.ticket_types, "AB", strict=True)
    ]
    gala = Gala(box, event.organiser_id, replace(event, dates=[date], ticket_types=types))
    await box.offer(gala.event)

    async def ready():
        rows = await box.sql("SELECT ready FROM seated_dates WHERE date_id = %s", (date.id,))
        return rows == [(True,)]

    await eventually(ready)
    return gala


async def eventually(true, seconds=5):
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - asked from outside, nobody tells
            await asyncio.sleep(0.05)


async def hold(gala, count=1, seats=(), *, kind=None, hold_id=None, accessible=False):
    item = Item(ticket_type_id=kind or gala.seat, quantity=count, seats=list(seats))
    new = NewHold(date_id=gala.date_id, items=[item], accessible=accessible)
    return await gala.box.checkout.put_hold(hold_id or HoldId(new_uuid()), new)


def ids(held):
    return [seat.id for item in held.items for seat in item.seats]


async def figures(gala):
    """(category, capacity, held, sold) of each, and the seats by their state."""
    quotas = await gala.box.sql(
        "SELECT name, capacity, held, sold FROM quotas WHERE date_id = %s ORDER BY name",
        (gala.date_id,),
    )
    states = await gala.box.sql(
        "SELECT state, count(*) FROM seats WHERE date_id = %s GROUP BY state", (gala.date_id,)
    )
    return quotas, dict(states)


async def test_a_plan_gives_every_category_its_places(box):
    gala = await seated(box)
    quotas, states = await figures(gala)
    assert quotas == [("A", 19, 0, 0), ("B", 20, 0, 0)]
    assert states == {}
    known = await gala.availability()
    assert [kind.available for kind in known.ticket_types] == [19, 20]


async def test_the_best_seats_are_side_by_side_in_the_middle_in_front(box):
    gala = await seated(box)
    first = await hold(gala, 2)
    assert ids(first) == ["1-5", "1-6"]
    assert [seat.label for seat in first.items[0].seats] == ["Parterre · A · 5", "Parterre · A · 6"]
    assert ids(await hold(gala, 2, kind=gala.child)) == ["3-5", "3-6"]


async def test_chosen_seats_are_held_and_nobody_else_gets_them(box):
    gala = await seated(box)
    mine = HoldId(new_uuid())
    held = await hold(gala, 2, ["2-1", "2-2"], hold_id=mine)
    assert ids(held) == ["2-1", "2-2"]
    assert await hold(gala, 2, ["2-1", "2-2"], hold_id=mine) == replace_now(held, gala)
    with pytest.raises(SeatTaken) as taken:
        await hold(gala, 2, ["2-2", "2-3"])
    assert taken.value.extra["seats"] == ["2-2"]
    with pytest.raises(IdReused):
        await hold(gala, 2, ["2-3", "2-4"], hold_id=mine)
    for strange in (["9-9"], ["3-1"], ["1-1x"]):
        with pytest.raises(UnknownSeat):
            await hold(gala, 1, strange)
    with pytest.raises(SeatTaken):  # blocked by the plan
        await hold(gala, 1, ["1-1"])
    with pytest.raises(Malformed):
        await hold(gala, 2, ["2-5", "2-5"])
    assert (await figures(gala))[1] == {"held": 2}


def replace_now(held, _gala):
    """A repeat differs in its time of answer only."""

    class SameHold:
        def __eq__(self, other):
            return other.model_copy(update={"server_now": held.server_now}) == held

        __hash__ = None

    return SameHold()


async def test_seats_come_back_when_a_hold_is_released_or_over(box):
    gala = await seated(box)
    released, over = await hold(gala, 2), await hold(gala, 3)
    await gala.box.checkout.release_hold(released.id)
    await gala.box.expire(over.id)

    async def back():
        return not (await figures(gala))[1].get("held")

    await eventually(back, seconds=1.5)
    quotas, _ = await figures(gala)
    assert quotas[0] == ("A", 19, 0, 0)
    assert ids(await hold(gala, 2)) == ids(released)


async def test_tickets_carry_their_seats_and_a_withdrawal_gives_them_back(box):
    gala = await seated(box)
    held = await hold(gala, 2)
    booking_id = new_uuid()
    await box.checkout.put_booking(booking_id, NewBooking(hold_id=held.id, contact=AMINA))
    await box.checkout.withdraw(booking_id)
    assert (await figures(gala))[1] == {"free": 2}
    held, other = await hold(gala, 2), new_uuid()
    await box.checkout.put_booking(other, NewBooking(hold_id=held.id, contact=AMINA))
    booking = await box.checkout.confirm(other)
    assert [ticket.seat for ticket in booking.tickets] == ["Parterre · A · 5", "Parterre · A · 6"]
    quotas, states = await figures(gala)
    assert (quotas[0], states) == (("A", 19, 0, 2), {"sold": 2})
    holders = await box.sql(
        "SELECT DISTINCT taken_by FROM seats WHERE date_id = %s AND state = 'sold'",
        (gala.date_id,),
    )
    assert holders == [(other,)]


async def test_free_seats_are_booked_in_one_call_and_again_the_same(box):
    gala = await seated(box, price=0)
    item = Item(ticket_type_id=gala.seat, quantity=2)
    new = FreeBooking(date_id=gala.date_id, items=[item], contact=AMINA)
    booking_id = new_uuid()
    first, again = [await box.checkout.book_free(booking_id, new) for _ in range(2)]
    assert [ticket.seat for ticket in first.tickets] == ["Parterre · A · 5", "Parterre · A · 6"]
    assert [ticket.id for ticket in again.tickets] == [ticket.id for ticket in first.tickets]
    assert (await figures(gala))[1] == {"sold": 2}


@pytest.mark.parametrize("kind", ["sale", "reservation"])
async def test_staff_find_a_place_for_a_wheelchair_too(box, kind):
    gala = await seated(box)
    desk = BoxOfficeClient(box.checkout._client)
    what = {
        "date_id": gala.date_id, "accessible": True,
        "items": [Item(ticket_type_id=gala.child, quantity=2)],
    }  # fmt: skip
    if kind == "sale":
        sale = NewDeskSale(kind="cash", contact=DeskContact(name="Fatou Sow"), **what)
        booking = await desk.sell(new_uuid(), sale, gala.token)
        assert ids(booking) == ["4-10", "4-9"]
    else:
        until = datetime.now(UTC) + timedelta(hours=1)
        wanted = NewReservation(name="Fatou Sow", until=until, **what)
        assert ids(await desk.reserve(new_uuid(), wanted, gala.token)) == ["4-10", "4-9"]


async def test_a_wheelchair_and_who_comes_along(box):
    gala = await seated(box)
    assert ids(await hold(gala, 2, kind=gala.child, accessible=True)) == ["4-10", "4-9"]
    with pytest.raises(SoldOut):
        await hold(gala, 1, kind=gala.child, accessible=True)
    everyone = [await hold(gala, 6, kind=gala.child) for _ in range(3)]
    assert not {"4-9", "4-10"} & {seat for one in everyone for seat in ids(one)}


async def test_two_processes_give_every_seat_to_one_person(box):
    gala = await seated(box, plan=a_plan(rows=10, width=20))
    other = Platform(box.platform.settings, [load("booking")], fetch_keys=box.issuer.keys)
    async with other.running():
        clients = [box.http, box.http_to(other)]

        async def take(position: int):
            item = Item(ticket_type_id=gala.seat, quantity=1 + position % 3)
            new = NewHold(date_id=gala.date_id, items=[item])
            answer = await clients[position % 2].put(
                f"/holds/{new_uuid()}", json=new.model_dump(mode="json")
            )
            if answer.status_code != 200:
                return []
            return [seat["id"] for one in answer.json()["items"] for seat in one["seats"]]

        found = await asyncio.gather(*(take(n) for n in range(120)))
        await clients[1].aclose()
    given = [seat for one in found for seat in one]
    assert len(given) == len(set(given)) == 99
    quotas, states = await figures(gala)
    assert quotas[0] == ("A", 99, 99, 0)
    assert states == {"held": 99}


async def test_fifty_people_want_the_same_two_seats(box):
    gala = await seated(box)
    outcomes = await race(*(hold(gala, 2, ["2-5", "2-6"]) for _ in range(50)))
    assert outcomes.kinds[SeatTaken] == 49
    assert (await figures(gala))[1] == {"held": 2}


async def test_a_new_version_of_the_plan_takes_nothing_from_who_has_a_seat(box):
    gala = await seated(box)
    held = await hold(gala, 2)
    smaller = a_plan().model_copy(update={"id": gala.event.dates[0].plan_id, "version": 2})
    smaller.sections[0].rows[0].seats.clear()
    await box.sql(
        "INSERT INTO seating_plans (id, version, plan) VALUES (%s, 2, %s::jsonb)",
        (smaller.id, smaller.model_dump_json()),
    )
    date = replace(gala.event.dates[0], plan_version=2)
    await box.offer(replace(gala.event, version=2, dates=[date]))

    async def smaller_now():
        return (await figures(gala))[0][0][1] == 10

    await eventually(smaller_now)
    booking_id = new_uuid()
    await box.checkout.put_booking(booking_id, NewBooking(hold_id=held.id, contact=AMINA))
    booking = await box.checkout.confirm(booking_id)
    assert [ticket.seat for ticket in booking.tickets] == ["Parterre · A · 5", "Parterre · A · 6"]
    assert ids(await hold(gala, 2)) == ["2-5", "2-6"]
