"""Whoever looks at a house sees which seats are taken, a second later at most."""

import asyncio
from dataclasses import replace

import pytest

from quickserve.contracts import notices
from quickserve.contracts.booking import HoldId, Item, NewHold, SeatTaken
from quickserve.contracts.booking_seats import BookingSeatsClient, DateSeats, is_taken
from quickserve.contracts.seating import SeatingPlan
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from tests.booking.conftest import Box, Gala, some_event
from tests.booking.seating.houses import house, section


class Theatre(Gala):
    """A gala whose “Seat” is for the seats of a small house."""

    plan: SeatingPlan

    @property
    def looks(self) -> BookingSeatsClient:
        return BookingSeatsClient(self.box.platform.client("booking", "web"))

    async def choose(self, *seats: str) -> HoldId:
        items = [Item(ticket_type_id=self.seat, quantity=len(seats), seats=list(seats))]
        hold_id = HoldId(new_uuid())
        await self.box.checkout.put_hold(hold_id, NewHold(date_id=self.date_id, items=items))
        return hold_id


@pytest.fixture
async def theatre(box: Box) -> Theatre:
    event = some_event(OrganiserId(new_uuid()))
    plan = house(section("P", ["oooo oooo", "oooooooo", "cAcooxoo"]))
    await box.sql(
        "INSERT INTO seating_plans (id, version, plan) VALUES (%s, 1, %s::jsonb)",
        (plan.id, plan.model_dump_json()),
    )
    event = replace(
        event,
        dates=[replace(event.dates[0], plan_id=plan.id, plan_version=1)],
        ticket_types=[replace(event.ticket_types[0], seat_category="Or"), event.ticket_types[1]],
    )
    made = Theatre(box, event.organiser_id, event)
    made.plan = plan
    await box.offer(event)
    for _ in range(200):
        if (await box.checkout.availability([made.date_id])).dates[0].on_sale:
            break
        await asyncio.sleep(0.05)
    return made


async def ready(theatre: Theatre) -> DateSeats:
    for _ in range(100):
        try:
            return await theatre.looks.seats(theatre.date_id)
        except NotFound:
            await asyncio.sleep(0.1)
    raise AssertionError("its seats were never ready")


async def test_what_is_taken_is_seen_and_what_changed_is_told(theatre: Theatre) -> None:
    before = await ready(theatre)
    assert before.free == 23
    assert is_taken(before.bits(), 21)  # never for sale
    hold_id = await theatre.choose("P-A-4", "P-A-5")
    await asyncio.sleep(1.1)
    after = await theatre.looks.seats(theatre.date_id)
    assert [n for n in range(24) if is_taken(after.bits(), n)] == [3, 4, 21]
    changed = await theatre.looks.seats_since(theatre.date_id, before.version)
    assert (sorted(changed.now_taken), changed.now_free) == (["P-A-4", "P-A-5"], [])
    await theatre.box.checkout.release_hold(hold_id)
    await asyncio.sleep(1.1)
    changed = await theatre.looks.seats_since(theatre.date_id, after.version)
    assert (changed.now_taken, sorted(changed.now_free)) == ([], ["P-A-4", "P-A-5"])
    assert (await theatre.looks.seats(theatre.date_id)).free == 23


async def test_the_best_are_shown_before_anything_is_set_aside(theatre: Theatre) -> None:
    await ready(theatre)
    best = await theatre.looks.best(theatre.date_id, "Or", 2)
    assert all(seat.startswith("P-A") for seat in best)
    assert await theatre.looks.best(theatre.date_id, "Or", 2) == best
    assert await theatre.looks.best(theatre.date_id, "Or", 90) == []
    wheelchair = await theatre.looks.best(theatre.date_id, "Or", 2, accessible=True)
    assert wheelchair[0] == "P-C-2"


async def test_a_seat_is_had_by_one(theatre: Theatre) -> None:
    await ready(theatre)
    await theatre.choose("P-B-1")
    with pytest.raises(SeatTaken) as refused:
        await theatre.choose("P-B-1", "P-B-2")
    assert refused.value.extra == {"seats": ["P-B-1"]}
    await theatre.choose("P-B-2")


async def test_whoever_looks_is_told(theatre: Theatre) -> None:
    await ready(theatre)
    fanout = theatre.box.platform.runtimes["booking"].shared.fanout
    async with fanout.subscribe([notices.seats(theatre.date_id)]) as told:
        await theatre.choose("P-B-3")
        async with asyncio.timeout(5):
            async for notice in told:
                if notice is None:
                    continue
                seen = DateSeats.model_validate_json(notice.data)
                if is_taken(seen.bits(), 10):
                    break


async def test_a_date_without_seats_says_so(gala: Gala) -> None:
    with pytest.raises(NotFound):
        await BookingSeatsClient(gala.box.platform.client("booking", "web")).seats(gala.date_id)
