"""Most of a rush of browsers waits in the web's own process: booking is told, and opens a room."""

from contextlib import ExitStack

from tests.web.house import House, Show, Visitor, until

from quickserve.contracts.waiting_room import RoomView, WaitingRoomClient
from quickserve.kernel.errors import NotFound
from quickserve.web.demand import Crowd, crowd_of


def crowd(house: House) -> Crowd:
    return crowd_of(house.platform.platforms["web"].runtimes["web"])


async def room_of(house: House, show: Show) -> RoomView | None:
    try:
        rooms = WaitingRoomClient(house.platform.clients_for("cli")["booking"])
        return await rooms.room(show.date_id)
    except NotFound:
        return None


async def test_so_many_visitors_who_wait_here_open_the_waiting_room(house: House) -> None:
    show, calm = await house.put_on(), await house.put_on()

    async def opened() -> bool:
        return await room_of(house, show) is not None

    with ExitStack() as pages:
        for _ in range(450):
            pages.enter_context(crowd(house).waits_for(show.date_id))
        pages.enter_context(crowd(house).waits_for(calm.date_id))
        await until(opened)
    room = await room_of(house, show)
    assert room is not None
    assert room.auto
    assert await room_of(house, calm) is None


async def test_a_visitor_who_takes_places_counts_while_booking_is_asked(
    house: House, visitor: Visitor
) -> None:
    show = await house.put_on(capacity=50)
    seen: set[int] = set()

    async def counted() -> bool:
        await visitor.choose(show, 1)  # the figure is taken, and told, once a second
        seen.add(crowd(house).take_most().get(show.date_id, 0))
        return 1 in seen

    await until(counted)
    assert seen <= {0, 1}
    assert show.date_id not in crowd(house).take_most(), "who got an answer waits no more"
