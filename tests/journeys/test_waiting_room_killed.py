"""The program is killed while people wait: their order stays, and nobody gets in past it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.contracts.waiting_room import (
    AdmissionRequired,
    RoomSettings,
    VisitorId,
    WaitingRoomClient,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import new_uuid
from tests.journeys.product import folder, start
from tests.journeys.shows import House, Show, house_of, until

EARLY, LATE = 60, 140


def rooms_of(house: House) -> WaitingRoomClient:
    return WaitingRoomClient(house.booking._client)


async def enter(house: House, show: Show, visitors: list[VisitorId]) -> dict[VisitorId, int | None]:
    found = await asyncio.gather(*(rooms_of(house).enter(show.date_id, one) for one in visitors))
    return {one: place.number for one, place in zip(visitors, found, strict=True)}


async def try_without_admission(house: House, show: Show) -> None:
    items = [Item(ticket_type_id=show.ticket_type_id, quantity=1)]
    new = NewHold(date_id=show.date_id, items=items)
    with pytest.raises(AdmissionRequired):
        await house.booking.put_hold(HoldId(new_uuid()), new)


async def test_kill_before_the_draw_and_again_while_the_line_moves():
    early = [VisitorId(new_uuid()) for _ in range(EARLY)]
    late = [VisitorId(new_uuid()) for _ in range(LATE)]
    with folder() as data:
        first = start(data, "--no-demo")
        async with house_of(first) as house:
            show = await house.put_on("Coupure", capacity=1000)
            token = (await house.session(await house.hire(show, Role.ORGANISER))).access_token
            opens_at = datetime.now(UTC) + timedelta(seconds=25)
            settings = RoomSettings(open=True, opens_at=opens_at, fail_open=False)
            made = await rooms_of(house).put_room(show.date_id, settings, token)
            assert set((await enter(house, show, early)).values()) == {None}
            first.process.kill()
            first.process.wait()
        first.end_of_output()
        second = start(data, "--no-demo")
        async with house_of(second) as house:
            await try_without_admission(house, show)
            assert (await rooms_of(house).room(show.date_id)).seed_hash == made.seed_hash

            async def open_now() -> bool:
                return (await rooms_of(house).room(show.date_id)).state == "open"

            await until(open_now, 40)
            numbers = await enter(house, show, late)
            before = await rooms_of(house).room(show.date_id)
            second.process.kill()
            second.process.wait()
        second.end_of_output()
        third = start(data, "--no-demo")
        try:
            async with house_of(third) as house:
                await try_without_admission(house, show)
                await everybody_keeps_the_place(house, show, early, numbers, before.admitted)
        finally:
            third.end()


async def everybody_keeps_the_place(
    house: House, show: Show, early: list[VisitorId], numbers: dict[VisitorId, int | None],
    admitted: int,
) -> None:  # fmt: skip
    """Who has one, has it again; who did not hear of it yet, has that of the draw."""
    drawn = await enter(house, show, early)
    assert sorted(drawn.values()) == list(range(1, EARLY + 1))
    draw = await rooms_of(house).draw(show.date_id)
    assert len(draw.keys) == EARLY
    assert await enter(house, show, list(numbers)) == numbers
    assert sorted(numbers.values()) == list(range(EARLY + 1, EARLY + LATE + 1))
    assert (await rooms_of(house).room(show.date_id)).admitted >= admitted

    async def all_let_in() -> bool:
        return (await rooms_of(house).room(show.date_id)).waiting == 0

    await until(all_let_in, 40)
    assert (await rooms_of(house).room(show.date_id)).admitted == EARLY + LATE
